//! What stands in the parentheses of a window call, and its FILTER.

use sqlparser::ast::{self, DuplicateTreatment, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Spanned};
use sqlparser::tokenizer::Span;

use super::scope::EVENT_TIME;
use super::typing::{Typed, Typer};
use super::window_spec::{MAX_ROWS, rows};
use super::{literal, refusal};
use crate::plan::{Expr, HalfLife, Node, WindowFunction};
use crate::value::{Type, Value};

/// The highest cap of `count_distinct`: a key's state may keep that many values.
pub(super) const MAX_DISTINCT: u32 = 10_000;

/// What a call computes, of what, over which rows.
pub(super) struct Parts {
    pub(super) function: WindowFunction,
    pub(super) argument: Option<Expr>,
    pub(super) filter: Option<Expr>,
}

impl Typer<'_, '_> {
    /// Function, argument and filter of a call.
    pub(super) fn parts(&mut self, name: &str, function: &Function, span: Span) -> Option<Parts> {
        let FunctionArguments::List(list) = &function.args else {
            return self.fault(span, format!("`{name}` lacks its arguments"), format!("write {}", form(name)));
        };
        let name = match (name, list.duplicate_treatment, list.args.as_slice()) {
            (_, None, _) => name,
            ("count", Some(DuplicateTreatment::Distinct), [_]) => return self.refuse(refusal::WITHOUT_CAP, span),
            // SQL's spelling, with the cap behind the argument.
            ("count", Some(DuplicateTreatment::Distinct), _) => "count_distinct",
            (_, Some(DuplicateTreatment::Distinct), _) => return self.refuse(refusal::DISTINCT, span),
            (_, Some(DuplicateTreatment::All), _) => {
                return self.fault(
                    span,
                    format!("`{name}` sees all rows without ALL"),
                    format!("write {}", form(name)),
                );
            }
        };
        if list.clauses.iter().any(|c| matches!(c, ast::FunctionArgumentClause::IgnoreOrRespectNulls(_))) {
            return self.refuse(refusal::NULL_TREATMENT, span);
        }
        if !list.clauses.is_empty() {
            return self.fault(span, format!("`{name}` takes its arguments only"), format!("write {}", form(name)));
        }
        let filter = function.filter.as_ref().map(|filter| self.of_type(filter, Type::Bool, "FILTER"));
        let argument = match (name, list.args.as_slice()) {
            ("count", [FunctionArg::Unnamed(FunctionArgExpr::Wildcard)]) => None,
            ("time_since_last", []) => Some(self.event_time(span)),
            ("lag", [FunctionArg::Unnamed(FunctionArgExpr::Expr(value)), ..])
            | ("nth_value" | "count_distinct" | "ewma", [FunctionArg::Unnamed(FunctionArgExpr::Expr(value)), _]) => {
                Some(self.known(value))
            }
            (one, [FunctionArg::Unnamed(FunctionArgExpr::Expr(value))]) if !takes_more(one) => Some(self.known(value)),
            _ => {
                return self.fault(span, format!("`{name}` takes other arguments"), format!("write {}", form(name)));
            }
        };
        let kind = self.kind(name, &list.args, span)?;
        // An absent part is fine, a faulty one is not.
        let whole = |part: Option<Option<Expr>>| part.map_or(Some(None), |expr| expr.map(Some));
        Some(Parts { function: kind, argument: whole(argument)?, filter: whole(filter)? })
    }

    /// The stream's event time; a fault where the stream has no times.
    pub(super) fn event_time(&mut self, span: Span) -> Option<Expr> {
        match self.name(EVENT_TIME, span)? {
            Typed::Known(expr) => Some(expr),
            Typed::Null => None,
        }
    }

    fn kind(&mut self, name: &str, arguments: &[FunctionArg], span: Span) -> Option<WindowFunction> {
        Some(match name {
            "count" => WindowFunction::Count,
            "sum" => WindowFunction::Sum,
            "avg" => WindowFunction::Avg,
            "min" => WindowFunction::Min,
            "max" => WindowFunction::Max,
            "var_samp" => WindowFunction::VarSamp,
            "stddev_samp" => WindowFunction::StddevSamp,
            "first_value" => WindowFunction::FirstValue,
            "last_value" => WindowFunction::LastValue,
            "nth_value" => {
                let what = "nth_value counts to a constant row of the frame";
                WindowFunction::NthValue { n: self.constant(arguments, MAX_ROWS, what, span)? }
            }
            "count_distinct" => {
                let what = "count_distinct counts up to a constant";
                WindowFunction::CountDistinct { cap: self.constant(arguments, MAX_DISTINCT, what, span)? }
            }
            "ewma" => WindowFunction::Ewma { half_life: self.half_life(arguments, span)? },
            "time_since_last" => WindowFunction::Lag { offset: 1 },
            _ => WindowFunction::Lag { offset: self.lag_offset(arguments, span)? },
        })
    }

    /// The second argument: a whole number from 1 to `most`.
    fn constant(&mut self, arguments: &[FunctionArg], most: u32, what: &str, span: Span) -> Option<u32> {
        let written = match arguments {
            [_, FunctionArg::Unnamed(FunctionArgExpr::Expr(written))] => Some(written),
            _ => None,
        };
        match written.and_then(rows) {
            Some(n) if (1..=most).contains(&n) => Some(n),
            _ => self.fault(written.map_or(span, Spanned::span), what, format!("a whole number from 1 to {most}")),
        }
    }

    fn half_life(&mut self, arguments: &[FunctionArg], span: Span) -> Option<HalfLife> {
        let what = "the half-life is a constant number of rows, or a length of time";
        match arguments {
            [_, FunctionArg::Unnamed(FunctionArgExpr::Expr(written @ ast::Expr::Interval(interval)))] => {
                self.event_time(span)?;
                match literal::interval(interval, self.report)? {
                    Typed::Known(Expr { node: Node::Literal(Value::Interval(length)), .. }) if length > 0 => {
                        Some(HalfLife::Time(length))
                    }
                    _ => self.fault(written.span(), what, "a length of time above zero"),
                }
            }
            _ => Some(HalfLife::Rows(self.constant(arguments, MAX_ROWS, what, span)?)),
        }
    }

    fn lag_offset(&mut self, arguments: &[FunctionArg], span: Span) -> Option<u32> {
        match arguments {
            [_] => Some(1),
            [_, FunctionArg::Unnamed(FunctionArgExpr::Expr(offset))] if rows(offset) == Some(0) => {
                self.fault(offset.span(), "lag(x, 0) is x itself", "write x")
            }
            [_, _] => self.constant(arguments, MAX_ROWS, "lag goes back by a constant number of rows", span),
            _ => self.refuse(refusal::LAG_DEFAULT, span),
        }
    }
}

fn takes_more(name: &str) -> bool {
    matches!(name, "nth_value" | "count_distinct" | "ewma" | "time_since_last")
}

/// How the call is written.
fn form(name: &str) -> String {
    match name {
        "lag" | "nth_value" => format!("{name}(x, n)"),
        "count_distinct" => "count(DISTINCT x, cap), or count_distinct(x, cap)".to_owned(),
        "ewma" => "ewma(x, half_life)".to_owned(),
        "time_since_last" => "time_since_last()".to_owned(),
        _ => format!("{name}(x)"),
    }
}
