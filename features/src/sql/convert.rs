//! Types brought together. Int to Float is the only conversion that is not written.

use super::typing::Typed;
use crate::element::Element;
use crate::plan::{Expr, Node};
use crate::value::{Type, Value};

/// The expression as type `ty`; the type that it has instead where it cannot be.
pub(super) fn to(typed: Typed, ty: Type) -> Result<Expr, Type> {
    let expr = typed.or_null_of(ty);
    match (expr.ty, ty) {
        (from, to) if from == to => Ok(expr),
        (Type::Int, Type::Float) => Ok(float(expr)),
        (from, _) => Err(from),
    }
}

/// An Int as Float; a constant is converted here and now.
fn float(expr: Expr) -> Expr {
    let node = match expr.node {
        #[expect(clippy::cast_precision_loss, reason = "the same rounding as CAST(… AS float)")]
        Node::Literal(Value::Int(i)) => Node::Literal(Value::Float(i as f64)),
        Node::Literal(Value::Null) => Node::Literal(Value::Null),
        _ => match Element::resolve("cast:float", &[Type::Int]) {
            Ok(cast) => Node::Call(cast.element, vec![expr]),
            // The table of elements has this cast; without it the expression stays what it was.
            Err(_) => return expr,
        },
    };
    Expr::new(Type::Float, node)
}

/// The type that all of `types` can take: their own, or Float where Int and Float meet. `None` stands for NULL.
/// On failure the two types that do not go together.
pub(super) fn common(types: impl IntoIterator<Item = Option<Type>>) -> Result<Option<Type>, (Type, Type)> {
    let mut common: Option<Type> = None;
    for ty in types.into_iter().flatten() {
        common = Some(match common {
            None => ty,
            Some(other) if other == ty => ty,
            Some(other) if other.is_numeric() && ty.is_numeric() => Type::Float,
            Some(other) => return Err((other, ty)),
        });
    }
    Ok(common)
}
