//! Plans as people read them: back to SQL.

use sqlparser::ast;
use sqlparser::keywords::RESERVED_FOR_COLUMN_ALIAS;

use super::fault::Report;
use super::parse::parse_scalar;
use crate::element::Element;
use crate::plan::{Call, Column, Expr, Frame, HalfLife, Node, View, Window, WindowFunction};
use crate::schema::{EventTime, Field, Origin, Schema, Stream};
use crate::timestamp::TimeFormat;
use crate::value::{Micros, Type, Value};
use crate::{duration, element};

/// A window: `PARTITION BY game_id ORDER BY event_time ROWS 10 PRECEDING`.
pub fn describe_window(view: &View, window: &Window) -> String {
    let schema = &view.stream.schema;
    let key = view.stream.key.iter().map(|&i| schema.fields[i].name.to_string());
    let added = window.partition.iter().map(|expr| written(expr, schema, &[]));
    let partition: Vec<String> = key.chain(added).collect();
    let frame = match window.frame {
        Frame::Rows(n) => format!(" ROWS {n} PRECEDING"),
        Frame::Range(width) => format!(" RANGE INTERVAL '{}' PRECEDING", duration::format(width)),
        Frame::Unbounded if window.exclude_current => " ROWS UNBOUNDED PRECEDING".to_owned(),
        Frame::Unbounded => String::new(),
    };
    let exclusion = if window.exclude_current { " EXCLUDE CURRENT ROW" } else { "" };
    format!("PARTITION BY {} ORDER BY event_time{frame}{exclusion}", partition.join(", "))
}

/// A window call without its window: `avg(yards_gained)`.
pub fn describe_call(view: &View, call: &Call) -> String {
    let schema = &view.stream.schema;
    let argument = call.argument.as_ref().map_or_else(|| "*".to_owned(), |expr| written(expr, schema, &[]));
    let name = match call.function {
        WindowFunction::Count => "count",
        WindowFunction::Sum => "sum",
        WindowFunction::Avg => "avg",
        WindowFunction::Min => "min",
        WindowFunction::Max => "max",
        WindowFunction::FirstValue => "first_value",
        WindowFunction::LastValue => "last_value",
        WindowFunction::VarSamp => "var_samp",
        WindowFunction::StddevSamp => "stddev_samp",
        WindowFunction::Lag { offset } => return format!("lag({argument}, {offset}){}", filter(call, schema)),
        WindowFunction::NthValue { n } => return format!("nth_value({argument}, {n}){}", filter(call, schema)),
        WindowFunction::Ewma { half_life } => {
            let half_life = match half_life {
                HalfLife::Rows(n) => n.to_string(),
                HalfLife::Time(length) => format!("INTERVAL '{}'", duration::format(length)),
            };
            return format!("ewma({argument}, {half_life}){}", filter(call, schema));
        }
        WindowFunction::CountDistinct { cap } => {
            return format!("count_distinct({argument}, {cap}){}", filter(call, schema));
        }
    };
    format!("{name}({argument}){}", filter(call, schema))
}

/// The whole view, every conversion and every window written out: it is read back as the same plan, with the same hash.
pub fn describe_view(view: &View) -> String {
    let over = |call: &Call| format!("{} OVER w{}", describe_call(view, call), call.window + 1);
    let results: Vec<String> = view.calls.iter().map(over).collect();
    let schema = &view.stream.schema;
    let columns = view.columns.iter().map(|column| {
        let expression = written(&column.expr, schema, &results);
        format!("\n  {expression} AS {}", quoted(&column.name))
    });
    let mut text = format!("CREATE VIEW {} AS SELECT{}", quoted(&view.name), columns.collect::<Vec<_>>().join(","));
    text.push_str(&format!("\nFROM {}", quoted(&view.stream.name)));
    if let Some(filter) = &view.filter {
        text.push_str(&format!("\nWHERE {}", written(filter, schema, &[])));
    }
    for (index, window) in view.windows.iter().enumerate() {
        let begin = if index == 0 { "\nWINDOW" } else { ",\n      " };
        text.push_str(&format!("{begin} w{} AS ({})", index + 1, describe_window(view, window)));
    }
    text
}

/// A column's expression with the window of each call: `avg(yards) OVER (PARTITION BY …)`.
pub fn describe_column(view: &View, column: &Column) -> String {
    let over = |call: &Call| {
        let window = view.windows.get(call.window).map(|window| describe_window(view, window)).unwrap_or_default();
        format!("{} OVER ({window})", describe_call(view, call))
    };
    let results: Vec<String> = view.calls.iter().map(over).collect();
    written(&column.expr, &view.stream.schema, &results)
}

/// The rules of a stream that decide which events are folded, and in which order: what a view's hash covers of it.
pub fn describe_rules(stream: &Stream) -> Vec<(String, String)> {
    let schema = &stream.schema;
    let names =
        |indices: &[usize]| indices.iter().map(|&i| quoted(&schema.fields[i].name)).collect::<Vec<_>>().join(", ");
    let length = |length: Micros| if length == Micros::MAX { "none".to_owned() } else { duration::format(length) };
    let mut rules = vec![
        ("stream".to_owned(), stream.name.to_string()),
        ("key".to_owned(), names(&stream.key)),
        ("id".to_owned(), names(&stream.id)),
        match &stream.event_time {
            EventTime::Time { text, .. } => {
                ("event_time".to_owned(), text.split_whitespace().collect::<Vec<_>>().join(" "))
            }
            EventTime::Order { field } => ("order".to_owned(), quoted(&schema.fields[*field].name)),
        },
        ("lateness".to_owned(), length(stream.lateness)),
        ("dedupe".to_owned(), length(stream.dedupe)),
        ("max_ahead".to_owned(), length(stream.max_ahead)),
        ("retention".to_owned(), stream.retention.map_or_else(|| "none".to_owned(), length)),
    ];
    if let Some(explode) = &stream.explode {
        rules.push(("explode".to_owned(), format!("{} of {}", explode.list, explode.parent.name)));
    }
    for field in &schema.fields {
        if field.required {
            rules.push((format!("required {}", field.name), field.ty.to_string()));
        }
        if let Some(check) = &field.check {
            rules.push((format!("check of {}", field.name), check.text.clone()));
        }
    }
    rules
}

/// What each field of a stream is, and where its values come from: a view's hash covers it of the fields that decide
/// something, and of an exploded stream of all.
pub fn describe_fields(stream: &Stream) -> Vec<(String, String)> {
    let fields = &stream.schema.fields;
    let text = |(index, field): (usize, &Field)| {
        let from = match stream.explode.as_ref().and_then(|of| Some((of, of.origins.get(index)?))) {
            None | Some((_, Origin::Element)) => String::new(),
            Some((explode, Origin::Parent(of))) => {
                explode.parent.schema.fields.get(*of).map_or_else(String::new, |of| {
                    format!(" from {} of {}: {}", of.name, explode.parent.name, spelt(of))
                })
            }
            Some((_, Origin::Index)) => " from the element's index".to_owned(),
            Some((_, Origin::Name)) => " from the element's name".to_owned(),
        };
        (format!("field {}", field.name), format!("{}{from}", spelt(field)))
    };
    fields.iter().enumerate().map(text).collect()
}

/// A field's type and how its values are written.
fn spelt(field: &Field) -> String {
    let mut text = field.ty.to_string();
    if let Some(path) = &field.path {
        text.push_str(&format!(", path {path}"));
    }
    if field.format != TimeFormat::Usual {
        text.push_str(&format!(", format {}", field.format));
    }
    if let Some(values) = &field.values {
        text.push_str(&format!(", values {}", values.values().join(" | ")));
        if let Some(other) = values.other() {
            text.push_str(&format!(", other {other}"));
        }
    }
    text
}

/// An expression of a view's columns, filter or windows.
pub fn describe(view: &View, expr: &Expr) -> String {
    let results: Vec<String> = view.calls.iter().map(|call| describe_call(view, call)).collect();
    written(expr, &view.stream.schema, &results)
}

fn filter(call: &Call, schema: &Schema) -> String {
    call.filter.as_ref().map_or_else(String::new, |expr| format!(" FILTER (WHERE {})", written(expr, schema, &[])))
}

fn written(expr: &Expr, schema: &Schema, results: &[String]) -> String {
    let each = |exprs: &[Expr]| -> String {
        exprs.iter().map(|expr| written(expr, schema, results)).collect::<Vec<_>>().join(", ")
    };
    let one = |expr: &Expr| written(expr, schema, results);
    match &expr.node {
        Node::Literal(value) => literal(value, expr.ty),
        Node::Field(index) => quoted(&schema.fields[*index].name),
        Node::WindowResult(index) => results.get(*index).cloned().unwrap_or_else(|| format!("window call {index}")),
        Node::Call(element, arguments) => called(*element, &arguments.iter().map(one).collect::<Vec<_>>()),
        Node::And(a, b) => format!("({} AND {})", one(a), one(b)),
        Node::Or(a, b) => format!("({} OR {})", one(a), one(b)),
        Node::IsNull(a) => format!("({} IS NULL)", one(a)),
        Node::Case { branches, otherwise } => {
            let whens = branches.iter().map(|(when, then)| format!(" WHEN {} THEN {}", one(when), one(then)));
            format!("CASE{} ELSE {} END", whens.collect::<String>(), one(otherwise))
        }
        Node::In { value, list } => format!("({} IN ({}))", one(value), each(list)),
        Node::Coalesce(all) => format!("coalesce({})", each(all)),
        Node::NullIf(a, b) => format!("nullif({}, {})", one(a), one(b)),
        Node::Least(all) => format!("least({})", each(all)),
        Node::Greatest(all) => format!("greatest({})", each(all)),
    }
}

fn called(element: Element, arguments: &[String]) -> String {
    let name = element.sql_name();
    match (name.split_once(':'), arguments) {
        (Some(("cast", ty)), [a]) => format!("CAST({a} AS {ty})"),
        (Some(("extract", unit)), [a]) => format!("extract({unit} FROM {a})"),
        (None, [a]) if name == "neg" => format!("(- {a})"),
        (None, [a]) if name == "not" => format!("(NOT {a})"),
        (None, [a, b]) if !name.starts_with(char::is_alphabetic) => format!("({a} {name} {b})"),
        _ => format!("{name}({})", arguments.join(", ")),
    }
}

/// A name as an expression writes it: in double quotes where it would be read as something else.
pub fn quoted(name: &str) -> String {
    let mut report = Report::new(name);
    let plain = match parse_scalar(&mut report) {
        Some((ast::Expr::Identifier(ident), _)) => ident.quote_style.is_none() && ident.value == name,
        _ => false,
    } && !is_reserved(name);
    if plain { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

/// Words that begin or join something else, wherever they stand.
fn is_reserved(name: &str) -> bool {
    const WORDS: [&str; 22] = [
        "and", "as", "between", "by", "case", "cast", "else", "end", "exclude", "filter", "from", "in", "interval",
        "is", "not", "null", "or", "order", "over", "then", "when", "window",
    ];
    RESERVED_FOR_COLUMN_ALIAS.iter().any(|keyword| format!("{keyword:?}").eq_ignore_ascii_case(name))
        || WORDS.iter().any(|word| word.eq_ignore_ascii_case(name))
}

fn literal(value: &Value, ty: Type) -> String {
    match value {
        Value::Null => format!("CAST(NULL AS {ty})"),
        Value::Bool(b) => b.to_string(),
        Value::Int(i) => i.to_string(),
        Value::Float(x) => format!("{x:?}"),
        Value::String(s) => format!("'{}'", s.replace('\'', "''")),
        Value::Timestamp(t) => {
            let text = element::format_timestamp(*t).map_or_else(|| t.to_string(), |text| text.to_string());
            format!("TIMESTAMP '{text}'")
        }
        Value::Interval(i) => format!("INTERVAL '{}'", duration::format(*i)),
    }
}
