//! Function calls, casts and operators, by the table of element functions.

use sqlparser::ast::{self, CastKind, FunctionArg, FunctionArgExpr, FunctionArguments, Spanned};
use sqlparser::tokenizer::Span;

use super::typing::{Typed, Typer};
use super::{convert, mismatch, refusal, windows};
use crate::element::{Element, ResolveError};
use crate::nearest::did_you_mean;
use crate::plan::{Expr, Node};
use crate::value::Type;

/// Functions that are no elements; with these a misspelt name is compared too.
const OTHERS: [&str; 4] = ["coalesce", "nullif", "least", "greatest"];

impl Typer<'_, '_> {
    /// An element function or operator over typed arguments.
    pub(super) fn call(&mut self, name: &str, arguments: Vec<Typed>, span: Span) -> Option<Typed> {
        let overload = match resolve(name, &arguments) {
            Ok(overload) => overload,
            Err(error) => return self.unresolved(error, span),
        };
        let mut converted = Vec::with_capacity(arguments.len());
        for (argument, ty) in arguments.into_iter().zip(overload.parameters) {
            match convert::to(argument, *ty) {
                Ok(expr) => converted.push(expr),
                Err(found) => {
                    return self.fault(span, format!("`{name}` does not take {found}"), format!("CAST(… AS {ty})"));
                }
            }
        }
        Some(Typed::Known(Expr::new(overload.result, Node::Call(overload.element, converted))))
    }

    fn unresolved(&mut self, error: ResolveError, span: Span) -> Option<Typed> {
        let (message, help) = match &error {
            ResolveError::Unknown { name, nearest } => {
                let message = match name.split_once(':') {
                    Some(("extract", unit)) => format!("nothing called `{unit}` can be extracted"),
                    Some((_, ty)) => format!("no conversion to {ty}"),
                    None => format!("no function `{name}`"),
                };
                let known = nearest.iter().copied().filter(|n| n.contains(':') == name.contains(':'));
                let known = known.chain(OTHERS).chain(windows::FUNCTIONS).map(|n| n.rsplit(':').next().unwrap_or(n));
                let last = name.rsplit(':').next().unwrap_or(name);
                (
                    message,
                    did_you_mean(last, known, || "see the list of functions in the documentation of views".to_owned()),
                )
            }
            ResolveError::Mismatch { name, given, accepted } => mismatch::explain(name, given, accepted),
        };
        self.fault(span, message, help)
    }

    pub(super) fn function(&mut self, function: &ast::Function) -> Option<Typed> {
        let span = function.span();
        let name = function.name.to_string().to_ascii_lowercase();
        if let Some(refused) = refusal::function(&name) {
            return self.refuse(refused, span);
        }
        if function.over.is_some() || windows::FUNCTIONS.contains(&name.as_str()) {
            return self.window_call(&name, function);
        }
        let plain = function.filter.is_none()
            && function.null_treatment.is_none()
            && function.within_group.is_empty()
            && function.parameters == FunctionArguments::None
            && !function.uses_odbc_syntax;
        if !plain {
            let message = format!("`{name}` is computed from one row: it takes arguments only");
            return self.fault(span, message, format!("write {name}(…)"));
        }
        let arguments = self.arguments(&name, function)?;
        match self.choice(&name, arguments.clone(), span)? {
            Some(typed) => Some(typed),
            None => self.call(&name, arguments, span),
        }
    }

    fn arguments(&mut self, name: &str, function: &ast::Function) -> Option<Vec<Typed>> {
        let list = match &function.args {
            FunctionArguments::List(list) if list.clauses.is_empty() => list,
            FunctionArguments::Subquery(_) => return self.refuse(refusal::SUBQUERY, function.span()),
            _ => {
                return self.fault(
                    function.span(),
                    format!("`{name}` lacks its arguments"),
                    format!("write {name}(…)"),
                );
            }
        };
        if list.duplicate_treatment.is_some() {
            return self.refuse(refusal::DISTINCT, function.span());
        }
        let typed: Vec<_> = list
            .args
            .iter()
            .map(|argument| match argument {
                FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => self.expr(expr),
                other => self.fault(other.span(), format!("`{name}` takes expressions"), format!("write {name}(x, …)")),
            })
            .collect();
        typed.into_iter().collect()
    }

    pub(super) fn cast(
        &mut self,
        kind: &CastKind,
        operand: &ast::Expr,
        data_type: &ast::DataType,
        formatted: bool,
        ast: &ast::Expr,
    ) -> Option<Typed> {
        if matches!(kind, CastKind::TryCast | CastKind::SafeCast) {
            return self.refuse(refusal::TRY_CAST, ast.span());
        }
        let written = data_type.to_string();
        let Some(ty) = type_named(&written) else {
            let names = ["bool", "int", "float", "string", "timestamp"];
            let help = did_you_mean(&written, names, || format!("the types are {}", names.join(", ")));
            let span = self.lexed.after_word(operand.span(), "AS");
            return self.fault(span, format!("no type `{}`", written.to_lowercase()), help);
        };
        if formatted {
            return self.fault(ast.span(), "CAST takes no format", format!("write CAST(x AS {ty})"));
        }
        let operand = self.expr(operand)?;
        match operand.ty() {
            None => Some(Typed::Known(Typed::Null.or_null_of(ty))),
            Some(from) if from == ty => Some(operand),
            Some(_) => self.call(&format!("cast:{ty}"), vec![operand], ast.span()),
        }
    }
}

/// NULLs among the arguments take whatever type makes the call possible, that of the other arguments first.
fn resolve(name: &str, arguments: &[Typed]) -> Result<crate::element::Overload, ResolveError> {
    let first = arguments.iter().find_map(Typed::ty);
    let guesses = [
        first.unwrap_or(Type::Float),
        Type::Float,
        Type::Int,
        Type::String,
        Type::Bool,
        Type::Timestamp,
        Type::Interval,
    ];
    let with = |guess: Type| -> Vec<Type> { arguments.iter().map(|a| a.ty().unwrap_or(guess)).collect() };
    if arguments.contains(&Typed::Null)
        && let Some(found) = guesses.iter().find_map(|guess| Element::resolve(name, &with(*guess)).ok())
    {
        return Ok(found);
    }
    Element::resolve(name, &with(guesses[0]))
}

/// The type that SQL calls by this name.
fn type_named(written: &str) -> Option<Type> {
    Some(match written.to_ascii_lowercase().as_str() {
        "bool" | "boolean" => Type::Bool,
        "int" | "integer" | "bigint" | "int8" | "int64" => Type::Int,
        "float" | "double" | "double precision" | "float8" | "float64" => Type::Float,
        "string" | "text" | "varchar" | "character varying" => Type::String,
        "timestamp" | "timestamptz" | "timestamp with time zone" => Type::Timestamp,
        _ => return None,
    })
}
