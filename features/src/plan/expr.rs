//! Typed row expressions.

use crate::element::Element;
use crate::value::{Type, Value};

/// An expression whose type is known.
#[derive(Debug, Clone, PartialEq)]
pub struct Expr {
    pub ty: Type,
    pub node: Node,
}

/// What an expression does. Operands already have the types that the operation takes: every conversion is a call.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    Literal(Value),
    /// A field of the stream, by index.
    Field(usize),
    /// The result of a window call, by index into [`super::View::calls`].
    WindowResult(usize),
    /// A strict element function: NULL if any argument is NULL.
    Call(Element, Vec<Expr>),
    /// Three-valued.
    And(Box<Expr>, Box<Expr>),
    /// Three-valued.
    Or(Box<Expr>, Box<Expr>),
    IsNull(Box<Expr>),
    /// The first branch whose condition is TRUE, else the last.
    Case {
        branches: Vec<(Expr, Expr)>,
        otherwise: Box<Expr>,
    },
    /// Three-valued: NULL if nothing equals and something is NULL.
    In {
        value: Box<Expr>,
        list: Vec<Expr>,
    },
    Coalesce(Vec<Expr>),
    NullIf(Box<Expr>, Box<Expr>),
    /// Skips NULLs; NULL if all are.
    Least(Vec<Expr>),
    /// Skips NULLs; NULL if all are.
    Greatest(Vec<Expr>),
}

impl Expr {
    pub fn new(ty: Type, node: Node) -> Expr {
        Expr { ty, node }
    }

    /// The direct operands.
    pub fn operands(&self) -> Vec<&Expr> {
        match &self.node {
            Node::Literal(_) | Node::Field(_) | Node::WindowResult(_) => Vec::new(),
            Node::Call(_, args) | Node::Coalesce(args) | Node::Least(args) | Node::Greatest(args) => {
                args.iter().collect()
            }
            Node::And(a, b) | Node::Or(a, b) | Node::NullIf(a, b) => vec![a, b],
            Node::IsNull(a) => vec![a],
            Node::Case { branches, otherwise } => {
                branches.iter().flat_map(|(when, then)| [when, then]).chain([otherwise.as_ref()]).collect()
            }
            Node::In { value, list } => [value.as_ref()].into_iter().chain(list).collect(),
        }
    }

    /// Calls `visit` for this expression and everything below it.
    pub fn walk<'a>(&'a self, visit: &mut dyn FnMut(&'a Expr)) {
        visit(self);
        for operand in self.operands() {
            operand.walk(visit);
        }
    }
}
