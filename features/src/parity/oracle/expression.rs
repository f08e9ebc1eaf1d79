//! What an expression means, straight from its tree: no lowering, no registers, no merging of equal parts.

use std::cmp::Ordering;

use super::element::{element, order};
use crate::plan::{Expr, Node};
use crate::value::Value;

/// The value of an expression over an event's fields and the results of the view's window calls. A field or result that
/// is not there is NULL.
pub fn meaning(expr: &Expr, fields: &[Value], windows: &[Value]) -> Value {
    let of = |e: &Expr| meaning(e, fields, windows);
    match &expr.node {
        Node::Literal(value) => value.clone(),
        Node::Field(index) => fields.get(*index).cloned().unwrap_or(Value::Null),
        Node::WindowResult(index) => windows.get(*index).cloned().unwrap_or(Value::Null),
        Node::Call(function, arguments) => element(*function, &arguments.iter().map(of).collect::<Vec<_>>()),
        Node::And(a, b) => match (of(a), of(b)) {
            (Value::Bool(false), _) | (_, Value::Bool(false)) => Value::Bool(false),
            (Value::Null, _) | (_, Value::Null) => Value::Null,
            _ => Value::Bool(true),
        },
        Node::Or(a, b) => match (of(a), of(b)) {
            (Value::Bool(true), _) | (_, Value::Bool(true)) => Value::Bool(true),
            (Value::Null, _) | (_, Value::Null) => Value::Null,
            _ => Value::Bool(false),
        },
        Node::IsNull(a) => Value::Bool(of(a).is_null()),
        Node::Case { branches, otherwise } => branches
            .iter()
            .find(|(when, _)| of(when) == Value::Bool(true))
            .map_or_else(|| of(otherwise), |(_, then)| of(then)),
        Node::In { value, list } => {
            let value = of(value);
            let answers: Vec<Value> = list.iter().map(|item| equal(&value, &of(item))).collect();
            if answers.contains(&Value::Bool(true)) {
                Value::Bool(true)
            } else if answers.contains(&Value::Null) {
                Value::Null
            } else {
                Value::Bool(false)
            }
        }
        Node::Coalesce(list) => list.iter().map(of).find(|value| !value.is_null()).unwrap_or(Value::Null),
        Node::NullIf(a, b) => {
            let value = of(a);
            if equal(&value, &of(b)) == Value::Bool(true) { Value::Null } else { value }
        }
        Node::Least(list) => first(list.iter().map(of), Ordering::Less),
        Node::Greatest(list) => first(list.iter().map(of), Ordering::Greater),
    }
}

fn equal(a: &Value, b: &Value) -> Value {
    order(a, b).map_or(Value::Null, |order| Value::Bool(order == Ordering::Equal))
}

/// The first of those that are before all others in the order wanted; NULLs do not take part.
fn first(values: impl Iterator<Item = Value>, wanted: Ordering) -> Value {
    let mut best = Value::Null;
    for value in values {
        let better = order(&value, &best).map_or(best.is_null(), |order| order == wanted);
        if better && !value.is_null() {
            best = value;
        }
    }
    best
}
