//! Lone expressions over a stream's fields: labels, filters, checks, event times.

use super::fault::{Fault, Report};
use super::parse::parse_scalar;
use super::scope::Scope;
use super::typing::Typer;
use crate::program::Program;
use crate::schema::Compiled;
use crate::value::Type;

/// Reads a lone expression over a stream's fields: a label, a filter, a check, an event time.
pub fn scalar(text: &str, scope: &Scope<'_>) -> Result<Compiled, Vec<Fault>> {
    scalar_of(text, scope, None)
}

/// As [`scalar`], for one that must have the type `ty`; `what` it is, for the message.
pub fn scalar_of(text: &str, scope: &Scope<'_>, ty: Option<(Type, &'static str)>) -> Result<Compiled, Vec<Fault>> {
    let mut report = Report::new(text);
    let expr = parse_scalar(&mut report).and_then(|(ast, lexed)| {
        let mut typer = Typer::new(scope, &mut report, &lexed, "an expression outside a view");
        match ty {
            Some((ty, what)) => typer.of_type(&ast, ty, what),
            None => typer.known(&ast),
        }
    });
    match expr {
        Some(expr) if report.is_clean() => {
            let program = Program::compile(&[&expr]);
            Ok(Compiled { text: text.to_owned(), expr, program })
        }
        _ => Err(report.into_faults()),
    }
}
