//! What is computed over windows.

use sqlparser::ast::{self, Function, Spanned, WindowType};
use sqlparser::tokenizer::Span;

use super::refusal;
use super::typing::{Typed, Typer};
use super::window_arguments::Parts;
use crate::nearest::did_you_mean;
use crate::plan::{Call, Expr, Frame, Window, WindowFunction};
use crate::value::Type;

/// What can be computed over a window.
pub(crate) const FUNCTIONS: [&str; 14] = [
    "count",
    "sum",
    "avg",
    "min",
    "max",
    "lag",
    "first_value",
    "last_value",
    "nth_value",
    "var_samp",
    "stddev_samp",
    "count_distinct",
    "ewma",
    "time_since_last",
];

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
        let Parts { function: kind, argument, filter } = parts?;
        let ty = self.result_type(name, kind, argument.as_ref(), span)?;
        let window = window?;
        if matches!(kind, WindowFunction::Ewma { .. }) && window.frame != Frame::Unbounded {
            let help = "leave the frame out, or write ROWS UNBOUNDED PRECEDING";
            return self.fault(span, "`ewma` fades rows out by itself and has no frame", help);
        }
        let calls = self.calls.as_mut()?;
        let window = calls.window(window);
        let now = argument.clone();
        let result = Typed::Known(calls.result(Call { window, function: kind, argument, filter, ty }));
        match now {
            Some(now) if name == "time_since_last" => {
                let since = self.call("-", vec![Typed::Known(now), result], span)?;
                self.call("extract:epoch", vec![since], span)
            }
            _ => Some(result),
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
            WindowFunction::Count | WindowFunction::CountDistinct { .. } => Some(Type::Int),
            WindowFunction::Sum if ty.is_numeric() => Some(ty),
            WindowFunction::Avg
            | WindowFunction::VarSamp
            | WindowFunction::StddevSamp
            | WindowFunction::Ewma { .. }
                if ty.is_numeric() =>
            {
                Some(Type::Float)
            }
            WindowFunction::Sum
            | WindowFunction::Avg
            | WindowFunction::VarSamp
            | WindowFunction::StddevSamp
            | WindowFunction::Ewma { .. }
                if ty == Type::Bool =>
            {
                let help = "count(*) FILTER (WHERE …) OVER w, or CAST(… AS int)";
                self.fault(span, format!("`{name}` does not take a bool"), help)
            }
            WindowFunction::Sum
            | WindowFunction::Avg
            | WindowFunction::VarSamp
            | WindowFunction::StddevSamp
            | WindowFunction::Ewma { .. } => {
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
            | WindowFunction::LastValue
            | WindowFunction::NthValue { .. } => Some(ty),
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
