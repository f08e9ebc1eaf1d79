//! Windows and what is computed over them.

use sqlparser::ast::{
    self, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Spanned, WindowFrameBound as Bound,
    WindowFrameUnits as Units, WindowType,
};
use sqlparser::tokenizer::Span;

use super::refusal;
use super::scope::EVENT_TIME;
use super::typing::Typer;
use crate::nearest::did_you_mean;
use crate::plan::{Call, Expr, Frame, Node, Window, WindowFunction};
use crate::value::Type;

/// What can be computed over a window.
pub(super) const FUNCTIONS: [&str; 8] = ["count", "sum", "avg", "min", "max", "lag", "first_value", "last_value"];

/// The longest frame of rows, and the furthest lag: a key's state keeps that many.
const MAX_ROWS: u32 = 1_000_000;

impl<'a> Typer<'a, '_> {
    /// Types the WINDOW clause.
    pub(super) fn name_windows(&mut self, windows: &'a [(ast::Ident, ast::WindowSpec)]) {
        for (name, spec) in windows {
            self.report.within(name.span);
            let window = self.window(spec, name.span);
            let Some(calls) = &mut self.calls else { return };
            if calls.named.insert(&name.value, window).is_some() {
                let message = format!("two windows are called `{}`", name.value);
                self.report.fault(name.span, message, "give one another name".to_owned());
            }
        }
    }

    pub(super) fn window_call(&mut self, name: &str, function: &Function) -> Option<super::typing::Typed> {
        let span = function.span();
        let Some(calls) = &self.calls else {
            let message = format!("a window call cannot stand in {}", self.place);
            let help = if self.place == "WHERE" {
                "WHERE comes before windows: it decides which events enter them"
            } else {
                "windows belong into the columns of a view"
            };
            return self.fault(span, message, help);
        };
        let key = calls.key();
        if !FUNCTIONS.contains(&name) {
            let help = did_you_mean(name, FUNCTIONS, || format!("over windows there are {}", FUNCTIONS.join(", ")));
            return self.fault(span, format!("`{name}` is not computed over windows"), help);
        }
        let Some(over) = &function.over else {
            let help = format!("{name}(…) OVER (PARTITION BY {key} ORDER BY event_time)");
            return self.fault(span, format!("`{name}` needs a window"), help);
        };
        if function.null_treatment.is_some() {
            return self.refuse(refusal::NULL_TREATMENT, span);
        }
        let window = match over {
            WindowType::NamedWindow(ident) => self.named_window(ident),
            WindowType::WindowSpec(spec) => self.window(spec, span),
        };
        // Arguments and filter are about one row: no window call may stand in them.
        let calls = self.calls.take();
        let place = std::mem::replace(&mut self.place, "the arguments of another");
        let parts = self.parts(name, function, span);
        self.calls = calls;
        self.place = place;
        let (kind, argument, filter) = parts?;
        let ty = self.result_type(name, kind, argument.as_ref(), span)?;
        let window = window?;
        let calls = self.calls.as_mut()?;
        let window = calls.window(window);
        let result = calls.result(Call { window, function: kind, argument, filter, ty });
        Some(super::typing::Typed::Known(result))
    }

    /// Function, argument and filter of a call.
    fn parts(
        &mut self,
        name: &str,
        function: &Function,
        span: Span,
    ) -> Option<(WindowFunction, Option<Expr>, Option<Expr>)> {
        let FunctionArguments::List(list) = &function.args else {
            return self.fault(span, format!("`{name}` lacks its arguments"), format!("write {name}(x)"));
        };
        if list.duplicate_treatment.is_some() {
            return self.refuse(refusal::DISTINCT, span);
        }
        if list.clauses.iter().any(|c| matches!(c, ast::FunctionArgumentClause::IgnoreOrRespectNulls(_))) {
            return self.refuse(refusal::NULL_TREATMENT, span);
        }
        if !list.clauses.is_empty() {
            return self.fault(span, format!("`{name}` takes its arguments only"), format!("write {name}(x)"));
        }
        let filter = match &function.filter {
            Some(filter) => Some(self.of_type(filter, Type::Bool, "FILTER")),
            None => None,
        };
        let argument = match (name, list.args.as_slice()) {
            ("count", [FunctionArg::Unnamed(FunctionArgExpr::Wildcard)]) => None,
            ("lag", [FunctionArg::Unnamed(FunctionArgExpr::Expr(value)), ..])
            | (_, [FunctionArg::Unnamed(FunctionArgExpr::Expr(value))]) => Some(self.known(value)),
            _ => {
                let form = if name == "lag" { "lag(x, n)".to_owned() } else { format!("{name}(x)") };
                return self.fault(span, format!("`{name}` takes other arguments"), format!("write {form}"));
            }
        };
        let kind = self.kind(name, &list.args, span)?;
        let (argument, filter) = (flip(argument)?, flip(filter)?);
        Some((kind, argument, filter))
    }

    fn kind(&mut self, name: &str, arguments: &[FunctionArg], span: Span) -> Option<WindowFunction> {
        Some(match name {
            "count" => WindowFunction::Count,
            "sum" => WindowFunction::Sum,
            "avg" => WindowFunction::Avg,
            "min" => WindowFunction::Min,
            "max" => WindowFunction::Max,
            "first_value" => WindowFunction::FirstValue,
            "last_value" => WindowFunction::LastValue,
            _ => WindowFunction::Lag { offset: self.lag_offset(arguments, span)? },
        })
    }

    fn lag_offset(&mut self, arguments: &[FunctionArg], span: Span) -> Option<u32> {
        let offset = match arguments {
            [_] => return Some(1),
            [_, FunctionArg::Unnamed(FunctionArgExpr::Expr(offset))] => offset,
            _ => return self.refuse(refusal::LAG_DEFAULT, span),
        };
        match rows(offset) {
            Some(0) => self.fault(offset.span(), "lag(x, 0) is x itself", "write x"),
            Some(n) if n <= MAX_ROWS => Some(n),
            _ => {
                let help = format!("a whole number from 1 to {MAX_ROWS}");
                self.fault(offset.span(), "lag goes back by a constant number of rows", help)
            }
        }
    }

    fn result_type(&mut self, name: &str, kind: WindowFunction, argument: Option<&Expr>, span: Span) -> Option<Type> {
        let Some(argument) = argument else { return Some(Type::Int) };
        let ty = argument.ty;
        match kind {
            _ if ty == Type::Interval => {
                let help = "make it a number of seconds first: extract(epoch FROM …)";
                self.fault(span, format!("`{name}` does not take an interval"), help)
            }
            WindowFunction::Count => Some(Type::Int),
            WindowFunction::Sum if ty.is_numeric() => Some(ty),
            WindowFunction::Avg if ty.is_numeric() => Some(Type::Float),
            WindowFunction::Sum | WindowFunction::Avg if ty == Type::Bool => {
                let help = "count(*) FILTER (WHERE …) OVER w, or CAST(… AS int)";
                self.fault(span, format!("`{name}` does not take a bool"), help)
            }
            WindowFunction::Sum | WindowFunction::Avg => {
                self.fault(span, format!("`{name}` does not take a {ty}"), format!("{name} takes int or float"))
            }
            WindowFunction::Min | WindowFunction::Max if ty == Type::Bool => {
                let help = "count(*) FILTER (WHERE …) OVER w > 0, or CAST(… AS int)";
                self.fault(span, format!("`{name}` does not take a bool"), help)
            }
            WindowFunction::Min
            | WindowFunction::Max
            | WindowFunction::Lag { .. }
            | WindowFunction::FirstValue
            | WindowFunction::LastValue => Some(ty),
        }
    }

    fn named_window(&mut self, ident: &ast::Ident) -> Option<Window> {
        let calls = self.calls.as_ref()?;
        if let Some(window) = calls.named.get(ident.value.as_str()) {
            // A faulty window was told where it is declared.
            return window.clone();
        }
        let known: Vec<&str> = calls.named.keys().copied().collect();
        let key = calls.key();
        let help = did_you_mean(&ident.value, known, || {
            format!("declare it: WINDOW {} AS (PARTITION BY {key} ORDER BY event_time)", ident.value)
        });
        self.fault(ident.span, format!("no window `{}`", ident.value), help)
    }

    fn window(&mut self, spec: &ast::WindowSpec, span: Span) -> Option<Window> {
        if let Some(base) = &spec.window_name {
            let help = "write out PARTITION BY and ORDER BY";
            return self.fault(base.span, "a window cannot build on another", help);
        }
        let ordered = self.order(spec, span);
        let partition = self.partition(spec, span);
        let frame = match &spec.window_frame {
            Some(frame) => self.frame(frame, span),
            None => Some((Frame::Unbounded, false)),
        };
        ordered?;
        let (frame, ends_before) = frame?;
        let inside = spec.order_by.first().map(|order| order.expr.span().start)?;
        let excludes = self.lexed.excludes_current_row(inside);
        Some(Window { partition: partition?, frame, exclude_current: excludes || ends_before })
    }

    fn order(&mut self, spec: &ast::WindowSpec, span: Span) -> Option<()> {
        let Some(first) = spec.order_by.first() else {
            return self.fault(span, "the window has no order", "add ORDER BY event_time");
        };
        let by_event_time = match &first.expr {
            ast::Expr::Identifier(ident) => ident.value.eq_ignore_ascii_case(EVENT_TIME),
            ast::Expr::CompoundIdentifier(parts) => {
                matches!(parts.as_slice(), [stream, time] if self.scope.is_qualifier(&stream.value) && time.value == EVENT_TIME)
            }
            _ => false,
        };
        let descending = !matches!(first.options.sort, None | Some(ast::OrderBySort::Asc));
        if spec.order_by.len() != 1 || !by_event_time || descending || first.with_fill.is_some() {
            return self.refuse(refusal::ORDER, first.expr.span());
        }
        Some(())
    }

    /// What PARTITION BY adds to the key, which must stand in it.
    fn partition(&mut self, spec: &ast::WindowSpec, span: Span) -> Option<Vec<Expr>> {
        let calls = self.calls.take();
        let place = std::mem::replace(&mut self.place, "PARTITION BY");
        let typed: Vec<_> = spec.partition_by.iter().map(|expr| Some((self.known(expr)?, expr.span()))).collect();
        self.place = place;
        self.calls = calls;
        let typed = typed.into_iter().collect::<Option<Vec<_>>>()?;
        let calls = self.calls.as_ref()?;
        let (stream, key) = (calls.stream, calls.key());
        let missing = stream.key.iter().any(|field| !typed.iter().any(|(e, _)| e.node == Node::Field(*field)));
        if missing {
            let message = "the window's PARTITION BY lacks the stream's key: its events would lie with several workers";
            let span = match typed.first() {
                Some(_) => self.lexed.word_after(span, "PARTITION"),
                None => span,
            };
            return self.fault(span, message, format!("PARTITION BY {key}, …"));
        }
        let mut partition: Vec<Expr> = Vec::new();
        for (expr, span) in typed {
            if matches!(expr.ty, Type::Float | Type::Interval) {
                let help = "partition by an int, a string, a bool or a timestamp: CAST(… AS int)";
                return self.fault(span, format!("rows cannot be partitioned by a {}", expr.ty), help);
            }
            let of_key = matches!(expr.node, Node::Field(field) if stream.key.contains(&field));
            if !of_key && !partition.contains(&expr) {
                partition.push(expr);
            }
        }
        Some(partition)
    }

    /// The frame, and whether it ends one row before the current one.
    fn frame(&mut self, frame: &ast::WindowFrame, span: Span) -> Option<(Frame, bool)> {
        let units = self.lexed.word_after(span, &frame.units.to_string());
        let bounds = [Some(&frame.start_bound), frame.end_bound.as_ref()];
        let following = bounds.iter().flatten().any(|bound| matches!(bound, Bound::Following(_)));
        if following {
            return self.refuse(refusal::FOLLOWING, self.lexed.word_after(span, "FOLLOWING"));
        }
        if frame.units == Units::Groups {
            return self.refuse(refusal::GROUPS_FRAME, units);
        }
        let ends_before = match &frame.end_bound {
            None | Some(Bound::CurrentRow) => false,
            Some(Bound::Preceding(Some(n))) if frame.units == Units::Rows && rows(n) == Some(1) => true,
            Some(_) => return self.refuse(refusal::ENDS_BEFORE_LAST, units),
        };
        let reach = match &frame.start_bound {
            Bound::Preceding(None) => return Some((Frame::Unbounded, ends_before)),
            _ if frame.units == Units::Range => return self.refuse(refusal::RANGE_FRAME, units),
            Bound::CurrentRow => Some(0),
            Bound::Preceding(Some(n)) => rows(n),
            Bound::Following(_) => None,
        };
        match reach {
            Some(n) if n <= MAX_ROWS => Some((Frame::Rows(n), ends_before)),
            _ => {
                let help = format!("ROWS n PRECEDING with n up to {MAX_ROWS}, or ROWS UNBOUNDED PRECEDING");
                self.fault(units, "a frame reaches back by a constant number of rows", help)
            }
        }
    }
}

/// A whole number written as such.
fn rows(expr: &ast::Expr) -> Option<u32> {
    match expr {
        ast::Expr::Value(value) => match &value.value {
            ast::Value::Number(text, _) => text.parse().ok(),
            _ => None,
        },
        _ => None,
    }
}

/// An absent part is fine; a faulty one is not.
#[expect(clippy::option_option, reason = "absent and faulty are two things")]
fn flip(part: Option<Option<Expr>>) -> Option<Option<Expr>> {
    match part {
        None => Some(None),
        Some(Some(expr)) => Some(Some(expr)),
        Some(None) => None,
    }
}
