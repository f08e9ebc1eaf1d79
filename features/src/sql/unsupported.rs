//! Expressions that the parser knows and views do not have.

use sqlparser::ast::{self, Spanned};

use super::refusal;
use super::typing::{Typed, Typer};

impl Typer<'_, '_> {
    pub(super) fn unsupported(&mut self, ast: &ast::Expr) -> Option<Typed> {
        use ast::Expr as E;
        let refused = match ast {
            E::Like { .. } | E::ILike { .. } | E::RLike { .. } | E::SimilarTo { .. } => refusal::LIKE,
            E::InSubquery { .. } | E::Subquery(_) | E::Exists { .. } => refusal::SUBQUERY,
            E::IsDistinctFrom(..) | E::IsNotDistinctFrom(..) => refusal::DISTINCT_FROM,
            E::IsTrue(_)
            | E::IsFalse(_)
            | E::IsNotTrue(_)
            | E::IsNotFalse(_)
            | E::IsUnknown(_)
            | E::IsNotUnknown(_) => refusal::IS_TRUE,
            E::Wildcard(_) | E::QualifiedWildcard(..) => refusal::WILDCARD,
            _ => {
                let help = "row expressions are made of constants, fields, operators, CASE, CAST and functions";
                let message = match ast {
                    E::Substring { .. } => "there is no function `substring`",
                    E::Position { .. } => "there is no function `position`",
                    E::Overlay { .. } => "there is no function `overlay`",
                    E::Trim { .. } => "there is no function `trim`",
                    E::Tuple(_) | E::Array(_) | E::CompoundFieldAccess { .. } => "there are no lists in a view",
                    _ => "this does not exist in a view",
                };
                return self.fault(ast.span(), message, help);
            }
        };
        self.refuse(refused, ast.span())
    }
}
