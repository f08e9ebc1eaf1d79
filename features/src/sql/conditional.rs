//! CASE, IN, BETWEEN and the functions that choose among their arguments.

use sqlparser::ast::{self, Spanned};
use sqlparser::tokenizer::Span;

use super::convert;
use super::typing::{Typed, Typer};
use crate::plan::{Expr, Node};
use crate::value::Type;

impl Typer<'_, '_> {
    pub(super) fn between(
        &mut self,
        operand: &ast::Expr,
        negated: bool,
        low: &ast::Expr,
        high: &ast::Expr,
        ast: &ast::Expr,
    ) -> Option<Typed> {
        let (operand, low, high) = (self.expr(operand), self.expr(low), self.expr(high));
        let (operand, low, high) = (operand?, low?, high?);
        self.charge_copies(&operand, 1, ast)?;
        let span = ast.span();
        let above = self.call(">=", vec![operand.clone(), low], span)?.or_null_of(Type::Bool);
        let below = self.call("<=", vec![operand, high], span)?.or_null_of(Type::Bool);
        let both = Typed::Known(Expr::new(Type::Bool, Node::And(Box::new(above), Box::new(below))));
        if negated { self.call("not", vec![both], span) } else { Some(both) }
    }

    pub(super) fn in_list(
        &mut self,
        operand: &ast::Expr,
        list: &[ast::Expr],
        negated: bool,
        ast: &ast::Expr,
    ) -> Option<Typed> {
        let operand = self.expr(operand);
        let places: Vec<Span> = list.iter().map(Spanned::span).collect();
        let list: Vec<_> = list.iter().map(|item| self.expr(item)).collect();
        let all = [operand].into_iter().chain(list).collect::<Option<Vec<Typed>>>()?;
        for (item, place) in all.iter().skip(1).zip(places) {
            self.declared_value(&all[0], item, place)?;
        }
        let mut all = self.unified(all, "IN", ast.span())?.into_iter();
        let value = Box::new(all.next()?);
        let test = Typed::Known(Expr::new(Type::Bool, Node::In { value, list: all.collect() }));
        if negated { self.call("not", vec![test], ast.span()) } else { Some(test) }
    }

    pub(super) fn case(
        &mut self,
        operand: Option<&ast::Expr>,
        conditions: &[ast::CaseWhen],
        otherwise: Option<&ast::Expr>,
        ast: &ast::Expr,
    ) -> Option<Typed> {
        let subject = match operand {
            Some(operand) => {
                let typed = self.expr(operand)?;
                self.charge_copies(&typed, conditions.len().saturating_sub(1), ast)?;
                Some(typed)
            }
            None => None,
        };
        let mut whens = Vec::new();
        let mut results = Vec::new();
        for branch in conditions {
            whens.push(match &subject {
                None => self.of_type(&branch.condition, Type::Bool, "a condition of CASE"),
                Some(subject) => self.expr(&branch.condition).and_then(|value| {
                    self.declared_value(subject, &value, branch.condition.span())?;
                    let test = self.call("=", vec![subject.clone(), value], branch.condition.span())?;
                    Some(test.or_null_of(Type::Bool))
                }),
            });
            results.push(self.expr(&branch.result));
        }
        results.push(match otherwise {
            Some(otherwise) => self.expr(otherwise),
            None => Some(Typed::Null),
        });
        let whens: Vec<Expr> = whens.into_iter().collect::<Option<_>>()?;
        let results: Vec<Typed> = results.into_iter().collect::<Option<_>>()?;
        if results.iter().all(|result| *result == Typed::Null) {
            return Some(Typed::Null);
        }
        let mut results = self.unified(results, "the results of CASE", ast.span())?;
        let otherwise = Box::new(results.pop()?);
        let ty = otherwise.ty;
        Some(Typed::Known(Expr::new(ty, Node::Case { branches: whens.into_iter().zip(results).collect(), otherwise })))
    }

    /// `coalesce`, `nullif`, `least`, `greatest`; `None` inside where the name is another.
    pub(super) fn choice(&mut self, name: &str, arguments: Vec<Typed>, span: Span) -> Option<Option<Typed>> {
        if !matches!(name, "coalesce" | "nullif" | "least" | "greatest") {
            return Some(None);
        }
        let enough = if name == "nullif" { arguments.len() == 2 } else { !arguments.is_empty() };
        if !enough {
            let (message, help) = if name == "nullif" {
                ("nullif takes two arguments".to_owned(), "nullif(x, y) is NULL where x = y, else x".to_owned())
            } else {
                (format!("{name} takes at least one argument"), format!("write {name}(x, y, …)"))
            };
            return self.fault(span, message, help);
        }
        if arguments.iter().all(|argument| *argument == Typed::Null) {
            return Some(Some(Typed::Null));
        }
        let mut arguments = self.unified(arguments, name, span)?;
        let ty = arguments[0].ty;
        let node = match name {
            "coalesce" => Node::Coalesce(arguments),
            "least" => Node::Least(arguments),
            "greatest" => Node::Greatest(arguments),
            _ => {
                let other = Box::new(arguments.pop()?);
                Node::NullIf(Box::new(arguments.pop()?), other)
            }
        };
        Some(Some(Typed::Known(Expr::new(ty, node))))
    }

    /// All as one type; of NULLs alone, Bool.
    fn unified(&mut self, all: Vec<Typed>, what: &str, span: Span) -> Option<Vec<Expr>> {
        let ty = match convert::common(all.iter().map(Typed::ty)) {
            Ok(ty) => ty.unwrap_or(Type::Bool),
            Err((one, other)) => {
                let message = format!("{what}: {one} and {other} do not go together");
                return self.fault(span, message, format!("CAST one of them AS {one} or AS {other}"));
            }
        };
        all.into_iter().map(|typed| convert::to(typed, ty).ok()).collect()
    }
}
