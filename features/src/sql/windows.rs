//! What is computed over windows.

use sqlparser::ast::{self, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Spanned, WindowType};
use sqlparser::tokenizer::Span;

use super::refusal;
use super::typing::{Typed, Typer};
use super::window_spec::{MAX_ROWS, rows};
use crate::nearest::did_you_mean;
use crate::plan::{Call, Expr, Window, WindowFunction};
use crate::value::Type;

/// What can be computed over a window.
pub(super) const FUNCTIONS: [&str; 8] = ["count", "sum", "avg", "min", "max", "lag", "first_value", "last_value"];

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

    pub(super) fn window_call(&mut self, name: &str, function: &Function) -> Option<Typed> {
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
        Some(Typed::Known(result))
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
        let filter = function.filter.as_ref().map(|filter| self.of_type(filter, Type::Bool, "FILTER"));
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
        // An absent part is fine, a faulty one is not.
        let whole = |part: Option<Option<Expr>>| part.map_or(Some(None), |expr| expr.map(Some));
        Some((kind, whole(argument)?, whole(filter)?))
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
}
