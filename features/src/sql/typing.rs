//! Syntax to typed expressions: names resolved, types checked, every conversion made a call.

use sqlparser::ast::{self, BinaryOperator, Spanned, UnaryOperator};
use sqlparser::tokenizer::Span;

use super::calls::Calls;
use super::fault::Report;
use super::lex::Lexed;
use super::scope::{Meaning, Scope};
use super::{convert, literal, refusal};
use crate::nearest::did_you_mean;
use crate::plan::{Expr, Node};
use crate::value::{Type, Value};

/// An expression with its type, or NULL, which takes its type from where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Typed {
    Known(Expr),
    Null,
}

impl Typed {
    pub(super) fn ty(&self) -> Option<Type> {
        match self {
            Typed::Known(expr) => Some(expr.ty),
            Typed::Null => None,
        }
    }

    /// The expression; NULL becomes a NULL of type `ty`.
    pub(super) fn or_null_of(self, ty: Type) -> Expr {
        match self {
            Typed::Known(expr) => expr,
            Typed::Null => Expr::new(ty, Node::Literal(Value::Null)),
        }
    }
}

/// How deep expressions may nest; keeps every walk over a plan within any thread's stack.
const MAX_DEPTH: usize = 100;
/// How many operators a view or expression may hold once BETWEEN and CASE are written out.
const MAX_NODES: usize = 50_000;

/// Types the expressions of one view, or one lone expression. Methods return `None` once a fault is reported.
pub(super) struct Typer<'a, 'r> {
    pub(super) scope: &'a Scope<'a>,
    pub(super) report: &'r mut Report,
    /// Where window calls go; `None` where none may stand.
    pub(super) calls: Option<Calls<'a>>,
    pub(super) lexed: &'a Lexed,
    /// What is being typed, for messages: "WHERE", "a label".
    pub(super) place: &'static str,
    depth: usize,
    nodes: usize,
}

impl<'a, 'r> Typer<'a, 'r> {
    pub(super) fn new(
        scope: &'a Scope<'a>,
        report: &'r mut Report,
        lexed: &'a Lexed,
        place: &'static str,
    ) -> Typer<'a, 'r> {
        Typer { scope, report, calls: None, lexed, place, depth: 0, nodes: 0 }
    }

    pub(super) fn fault<T>(&mut self, span: Span, message: impl Into<String>, help: impl Into<String>) -> Option<T> {
        self.report.fault(span, message, help.into());
        None
    }

    pub(super) fn refuse<T>(&mut self, refusal: refusal::Refusal, span: Span) -> Option<T> {
        refusal.report(span, self.report);
        None
    }

    /// An expression that must have a type of its own.
    pub(super) fn known(&mut self, ast: &ast::Expr) -> Option<Expr> {
        match self.expr(ast)? {
            Typed::Known(expr) => Some(expr),
            Typed::Null => self.fault(ast.span(), "the type of NULL cannot be told here", "write CAST(NULL AS float)"),
        }
    }

    /// An expression of type `ty`.
    pub(super) fn of_type(&mut self, ast: &ast::Expr, ty: Type, what: &str) -> Option<Expr> {
        let typed = self.expr(ast)?;
        match convert::to(typed, ty) {
            Ok(expr) => Some(expr),
            Err(found) => {
                let help = match (found, ty) {
                    (Type::String, Type::Bool) => "compare it with something: … = 'text'".to_owned(),
                    (_, Type::Bool) => "compare it with something: … <> 0".to_owned(),
                    (Type::Int | Type::Float, Type::Timestamp) => {
                        "where it counts seconds: TIMESTAMP '1970-01-01' + … * INTERVAL '1 second'".to_owned()
                    }
                    _ => format!("CAST(… AS {ty})"),
                };
                self.fault(ast.span(), format!("{what} must be {ty}, this is {found}"), help)
            }
        }
    }

    pub(super) fn expr(&mut self, ast: &ast::Expr) -> Option<Typed> {
        if MAX_DEPTH <= self.depth {
            let message = format!("expressions nest more than {MAX_DEPTH} deep");
            return self.fault(ast.span(), message, "split it into columns");
        }
        self.depth += 1;
        let typed = self.node(ast);
        self.depth -= 1;
        self.charge(1, ast)?;
        typed
    }

    /// Counts `nodes` towards the limit of the whole.
    fn charge(&mut self, nodes: usize, ast: &ast::Expr) -> Option<()> {
        self.nodes += nodes;
        if MAX_NODES < self.nodes {
            let message = format!("more than {MAX_NODES} operators once BETWEEN and CASE are written out");
            return self.fault(ast.span(), message, "split it into views");
        }
        Some(())
    }

    /// An operand that is used `times` more than once when its operator is written out.
    pub(super) fn charge_copies(&mut self, typed: &Typed, times: usize, ast: &ast::Expr) -> Option<()> {
        let Typed::Known(expr) = typed else { return Some(()) };
        let mut size = 0_usize;
        expr.walk(&mut |_| size += 1);
        self.charge(size.saturating_mul(times), ast)
    }

    fn node(&mut self, ast: &ast::Expr) -> Option<Typed> {
        use ast::Expr as E;
        match ast {
            E::Identifier(ident) => self.name(&ident.value, ident.span),
            E::CompoundIdentifier(parts) => self.qualified(parts),
            E::Nested(inner) => self.expr(inner),
            E::Value(value) => literal::literal(&value.value, value.span, self.report),
            E::Interval(interval) => literal::interval(interval, self.report),
            E::TypedString(typed) => literal::typed_string(typed, self.report),
            E::UnaryOp { op, expr } => self.unary(*op, expr, ast),
            E::BinaryOp { left, op, right } => self.binary(left, op, right, ast),
            E::IsNull(inner) => self.is_null(inner).map(Typed::Known),
            E::IsNotNull(inner) => {
                let test = self.is_null(inner)?;
                self.call("not", vec![Typed::Known(test)], ast.span())
            }
            E::Between { expr, negated, low, high } => self.between(expr, *negated, low, high, ast),
            E::InList { expr, list, negated } => self.in_list(expr, list, *negated, ast),
            E::Case { operand, conditions, else_result, .. } => {
                self.case(operand.as_deref(), conditions, else_result.as_deref(), ast)
            }
            E::Cast { kind, expr, data_type, format } => self.cast(kind, expr, data_type, format.is_some(), ast),
            E::Extract { field, expr, .. } => {
                let from = self.expr(expr)?;
                let unit = field.to_string().to_ascii_lowercase();
                self.call(&format!("extract:{}", unit.trim_matches('\'')), vec![from], ast.span())
            }
            E::Ceil { expr, field } => self.rounded("ceil", expr, field, ast),
            E::Floor { expr, field } => self.rounded("floor", expr, field, ast),
            E::Function(function) => self.function(function),
            other => self.unsupported(other),
        }
    }

    pub(super) fn name(&mut self, name: &str, span: Span) -> Option<Typed> {
        match self.scope.resolve(name) {
            Meaning::Value(expr) => Some(Typed::Known(expr)),
            Meaning::Broken => {
                self.report.taint();
                None
            }
            Meaning::Wrong { message, help } => match refusal::function(&name.to_ascii_lowercase()) {
                Some(refusal) => self.refuse(refusal, span),
                None => self.fault(span, message, help),
            },
        }
    }

    fn qualified(&mut self, parts: &[ast::Ident]) -> Option<Typed> {
        match parts {
            [stream, field] if self.scope.is_qualifier(&stream.value) => self.name(&field.value, field.span),
            _ => {
                let span = Span::union_iter(parts.iter().map(|p| p.span));
                let help = match self.scope.qualifier() {
                    Some(stream) => format!("write field or {stream}.field"),
                    None => "write the field's name alone".to_owned(),
                };
                let name: Vec<_> = parts.iter().map(|p| p.value.as_str()).collect();
                self.fault(span, format!("no field `{}`", name.join(".")), help)
            }
        }
    }

    fn unary(&mut self, op: UnaryOperator, operand: &ast::Expr, ast: &ast::Expr) -> Option<Typed> {
        match op {
            UnaryOperator::Not => {
                let expr = self.of_type(operand, Type::Bool, "the operand of NOT")?;
                self.call("not", vec![Typed::Known(expr)], ast.span())
            }
            UnaryOperator::Minus => {
                if let ast::Expr::Value(value) = operand
                    && let ast::Value::Number(text, _) = &value.value
                {
                    return literal::number(text, true, value.span, self.report);
                }
                let operand = self.expr(operand)?;
                literal::negated(&operand).or_else(|| self.call("neg", vec![operand], ast.span()))
            }
            UnaryOperator::Plus => {
                let expr = self.known(operand)?;
                if expr.ty.is_numeric() || expr.ty == Type::Interval {
                    return Some(Typed::Known(expr));
                }
                self.fault(ast.span(), format!("`+` does not take ({})", expr.ty), "leave the sign out")
            }
            other => {
                let message = format!("the operator `{other}` does not exist in a view");
                self.fault(ast.span(), message, "there are + - and NOT")
            }
        }
    }

    fn binary(&mut self, left: &ast::Expr, op: &BinaryOperator, right: &ast::Expr, ast: &ast::Expr) -> Option<Typed> {
        let name = match op {
            BinaryOperator::And | BinaryOperator::Or => return self.logical(left, op, right),
            BinaryOperator::Plus => "+",
            BinaryOperator::Minus => "-",
            BinaryOperator::Multiply => "*",
            BinaryOperator::Divide => "/",
            BinaryOperator::Modulo => "%",
            BinaryOperator::Eq => "=",
            BinaryOperator::NotEq => "<>",
            BinaryOperator::Lt => "<",
            BinaryOperator::LtEq => "<=",
            BinaryOperator::Gt => ">",
            BinaryOperator::GtEq => ">=",
            other => {
                let message = format!("the operator `{other}` does not exist in a view");
                let help = match other {
                    BinaryOperator::PGExp | BinaryOperator::BitwiseXor => "write power(x, y)",
                    BinaryOperator::Spaceship => "write = or IS NULL",
                    _ => "there are + - * / % = <> < <= > >= AND OR NOT IN BETWEEN IS NULL",
                };
                return self.fault(ast.span(), message, help);
            }
        };
        let (left_place, right_place) = (left.span(), right.span());
        let (left, right) = (self.expr(left), self.expr(right));
        let (left, right) = (left?, right?);
        if matches!(name, "=" | "<>") {
            self.declared_value(&left, &right, right_place)?;
            self.declared_value(&right, &left, left_place)?;
        }
        self.call(name, vec![left, right], ast.span())
    }

    /// Refuses to compare a field with a text that it never has.
    pub(super) fn declared_value(&mut self, field: &Typed, text: &Typed, place: Span) -> Option<()> {
        let (Typed::Known(field), Typed::Known(text)) = (field, text) else { return Some(()) };
        let (Node::Field(index), Node::Literal(Value::String(text))) = (&field.node, &text.node) else {
            return Some(());
        };
        let Some((name, values)) = self.scope.values_of(*index).filter(|(_, values)| !values.has(text)) else {
            return Some(());
        };
        let message = format!("`{name}` is never '{text}'");
        let help = did_you_mean(text, values.values().iter().map(|value| value.as_str()), || {
            format!("{}", values.not_declared(text))
        });
        self.fault(place, message, help)
    }

    /// A chain of ANDs or ORs, however long, as a balanced tree.
    fn logical(&mut self, left: &ast::Expr, op: &BinaryOperator, right: &ast::Expr) -> Option<Typed> {
        let what = if *op == BinaryOperator::And { "an operand of AND" } else { "an operand of OR" };
        let mut operands = vec![right];
        let mut spine = left;
        while let ast::Expr::BinaryOp { left, op: inner, right } = spine
            && inner == op
        {
            operands.push(right);
            spine = left;
        }
        operands.push(spine);
        // Every operand is typed before the first failure counts, so that all faults are told.
        let typed: Vec<_> = operands.iter().rev().map(|operand| self.of_type(operand, Type::Bool, what)).collect();
        let typed: Vec<Expr> = typed.into_iter().collect::<Option<_>>()?;
        Some(Typed::Known(balanced(typed, *op == BinaryOperator::And)?))
    }

    fn is_null(&mut self, inner: &ast::Expr) -> Option<Expr> {
        let operand = self.known(inner)?;
        Some(Expr::new(Type::Bool, Node::IsNull(Box::new(operand))))
    }

    fn rounded(
        &mut self,
        name: &'static str,
        operand: &ast::Expr,
        field: &ast::CeilFloorKind,
        ast: &ast::Expr,
    ) -> Option<Typed> {
        let plain = matches!(field, ast::CeilFloorKind::DateTimeField(ast::DateTimeField::NoDateTime));
        if !plain {
            return self.fault(ast.span(), format!("{name} takes one argument"), format!("write {name}(x)"));
        }
        let operand = self.expr(operand)?;
        self.call(name, vec![operand], ast.span())
    }
}

fn balanced(mut operands: Vec<Expr>, and: bool) -> Option<Expr> {
    if operands.len() <= 1 {
        return operands.pop();
    }
    let rest = operands.split_off(operands.len().div_ceil(2));
    let (left, right) = (Box::new(balanced(operands, and)?), Box::new(balanced(rest, and)?));
    Some(Expr::new(Type::Bool, if and { Node::And(left, right) } else { Node::Or(left, right) }))
}
