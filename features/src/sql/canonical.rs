//! A view's hash: over what it computes, not how it is written.

use std::fmt::Write;

use super::{Scope, scalar};
use crate::kernel::KERNEL_VERSION;
use crate::plan::{Column, Expr, Frame, HalfLife, Node, View, ViewHash, Window, WindowFunction};
use crate::schema::{EventTime, Explode, Origin, Schema, Stream};
use crate::timestamp::TimeFormat;
use crate::value::Value;

/// The parts of a view that its hash covers.
pub(super) struct Plan<'a> {
    pub(super) name: &'a str,
    pub(super) stream: &'a Stream,
    pub(super) columns: &'a [Column],
    pub(super) filter: Option<&'a Expr>,
    pub(super) windows: &'a [Window],
    pub(super) calls: &'a [crate::plan::Call],
}

/// Covers the plan, the stream's rules and the kernel's version.
pub(super) fn hash(plan: &Plan<'_>) -> ViewHash {
    let hash = blake3::hash(render(plan).as_bytes()).to_hex();
    ViewHash(hash.as_str()[..32].to_owned())
}

/// The rendering of an existing view; what its hash is taken of.
pub fn canonical(view: &View) -> String {
    render(&Plan {
        name: &view.name,
        stream: &view.stream,
        columns: &view.columns,
        filter: view.filter.as_ref(),
        windows: &view.windows,
        calls: &view.calls,
    })
}

fn render(plan: &Plan<'_>) -> String {
    let schema = &plan.stream.schema;
    let mut text = String::new();
    let mut line = |words: String| {
        text.push_str(&words);
        text.push('\n');
    };
    line(format!("kernel {KERNEL_VERSION}"));
    for rule in rules(plan.stream) {
        line(rule);
    }
    line(format!("view {:?}", plan.name));
    if let Some(filter) = plan.filter {
        line(format!("filter {}", expression(filter, schema)));
    }
    for window in plan.windows {
        let frame = match window.frame {
            Frame::Rows(n) => format!("rows {n}"),
            Frame::Range(width) => format!("range {width}"),
            Frame::Unbounded => "unbounded".to_owned(),
        };
        let exclusion = if window.exclude_current { " exclude-current" } else { "" };
        line(format!("window {frame}{exclusion}{}", list(&window.partition, schema)));
    }
    for call in plan.calls {
        let function = match call.function {
            WindowFunction::Count => "count".to_owned(),
            WindowFunction::Sum => "sum".to_owned(),
            WindowFunction::Avg => "avg".to_owned(),
            WindowFunction::Min => "min".to_owned(),
            WindowFunction::Max => "max".to_owned(),
            WindowFunction::Lag { offset } => format!("lag {offset}"),
            WindowFunction::FirstValue => "first_value".to_owned(),
            WindowFunction::LastValue => "last_value".to_owned(),
            WindowFunction::NthValue { n } => format!("nth_value {n}"),
            WindowFunction::VarSamp => "var_samp".to_owned(),
            WindowFunction::StddevSamp => "stddev_samp".to_owned(),
            WindowFunction::Ewma { half_life: HalfLife::Rows(n) } => format!("ewma {n} rows"),
            WindowFunction::Ewma { half_life: HalfLife::Time(length) } => format!("ewma {length}"),
            WindowFunction::CountDistinct { cap } => format!("count_distinct {cap}"),
        };
        let argument = call.argument.as_ref().map_or_else(|| "*".to_owned(), |e| expression(e, schema));
        let filter = call.filter.as_ref().map_or_else(String::new, |e| format!(" where {}", expression(e, schema)));
        line(format!("call {function} over {} of {argument}{filter} -> {}", call.window, call.ty));
    }
    for column in plan.columns {
        line(format!("column {:?} {} {}", column.name, column.ty, expression(&column.expr, schema)));
    }
    text
}

/// What decides which events are folded, and in which order.
fn rules(stream: &Stream) -> Vec<String> {
    let schema = &stream.schema;
    let named = |indices: &[usize]| -> String { indices.iter().map(|&i| format!(" {}", field(schema, i))).collect() };
    let scalar_of = |text: &str| match scalar(text, &Scope::fields(schema)) {
        Ok(compiled) => expression(&compiled.expr, schema),
        Err(_) => format!("{text:?}"),
    };
    let mut rules = vec![
        format!("stream {:?}", stream.name),
        format!("key{}", named(&stream.key)),
        format!("id{}", named(&stream.id)),
        match &stream.event_time {
            EventTime::Time { text, .. } => format!("event-time {}", scalar_of(text)),
            EventTime::Order { field: index } => format!("order {}", field(schema, *index)),
        },
        format!("lateness {} dedupe {} max-ahead {}", stream.lateness, stream.dedupe, stream.max_ahead),
        stream.retention.map_or_else(|| "retention none".to_owned(), |r| format!("retention {r}")),
    ];
    if let Some(explode) = &stream.explode {
        rules.push(exploded(stream, explode));
    }
    // A field that a view does not name still decides which events are valid.
    let mut fields: Vec<String> = Vec::new();
    for (index, declared) in schema.fields.iter().enumerate() {
        if declared.required {
            fields.push(format!("required {}", field(schema, index)));
        }
        if let Some(check) = &declared.check {
            fields.push(format!("check {}", scalar_of(&check.text)));
        }
    }
    fields.sort_unstable();
    rules.extend(fields);
    rules
}

/// Which elements are events, and what each of its fields is.
fn exploded(stream: &Stream, explode: &Explode) -> String {
    let parent = &explode.parent.schema;
    let mut fields: Vec<String> = (explode.origins.iter().enumerate())
        .map(|(index, origin)| match origin {
            Origin::Element => field(&stream.schema, index),
            Origin::Parent(of) => format!("{} from {}", field(&stream.schema, index), field(parent, *of)),
            Origin::Index => format!("{} from index", field(&stream.schema, index)),
            Origin::Name => format!("{} from name", field(&stream.schema, index)),
        })
        .collect();
    fields.sort_unstable();
    format!("explode {:?} of {:?}: {}", explode.list, explode.parent.name, fields.join(" "))
}

/// A field by what it is, not where it is declared.
fn field(schema: &Schema, index: usize) -> String {
    let field = &schema.fields[index];
    let mut text = format!("({:?} {}", field.name, field.ty);
    // Writing into a String cannot fail.
    if let Some(path) = &field.path {
        let _ = write!(text, " at {path:?}");
    }
    if field.format != TimeFormat::Usual {
        let _ = write!(text, " format {:?}", field.format.to_string());
    }
    if let Some(values) = &field.values {
        let _ = write!(text, " values {:?} other {:?}", values.values(), values.other());
    }
    text.push(')');
    text
}

fn list(expressions: &[Expr], schema: &Schema) -> String {
    expressions.iter().map(|e| format!(" {}", expression(e, schema))).collect()
}

/// An expression in prefix form.
fn expression(expr: &Expr, schema: &Schema) -> String {
    let mut out = String::new();
    write_expression(expr, schema, &mut out);
    out
}

fn write_expression(expr: &Expr, schema: &Schema, out: &mut String) {
    let head = match &expr.node {
        Node::Literal(value) => return write_literal(expr, value, out),
        Node::Field(index) => return out.push_str(&field(schema, *index)),
        Node::WindowResult(call) => format!("result {call}"),
        Node::Call(element, _) => format!("call {}", element.name()),
        Node::And(..) => "and".to_owned(),
        Node::Or(..) => "or".to_owned(),
        Node::IsNull(_) => "is-null".to_owned(),
        Node::Case { .. } => "case".to_owned(),
        Node::In { .. } => "in".to_owned(),
        Node::Coalesce(_) => "coalesce".to_owned(),
        Node::NullIf(..) => "nullif".to_owned(),
        Node::Least(_) => "least".to_owned(),
        Node::Greatest(_) => "greatest".to_owned(),
    };
    out.push('(');
    out.push_str(&head);
    for operand in expr.operands() {
        out.push(' ');
        write_expression(operand, schema, out);
    }
    out.push(')');
}

fn write_literal(expr: &Expr, value: &Value, out: &mut String) {
    let written = match value {
        Value::Null => format!("(null {})", expr.ty),
        Value::Bool(b) => format!("(bool {b})"),
        Value::Int(i) => format!("(int {i})"),
        Value::Float(x) => format!("(float {:016x})", x.to_bits()),
        Value::String(s) => format!("(string {s:?})"),
        Value::Timestamp(t) => format!("(timestamp {t})"),
        Value::Interval(i) => format!("(interval {i})"),
    };
    // Writing into a String cannot fail.
    let _ = write!(out, "{written}");
}
