//! What is told where the types of arguments do not fit a function or an operator.

use crate::element::Element;
use crate::value::Type;

/// What is wrong, and what would be right. `name` is as [`Element::resolve`] takes it, `accepted` how calls are written
/// that it knows.
pub(super) fn explain(name: &str, given: &[Type], accepted: &[String]) -> (String, String) {
    if let ("=" | "<>" | "<" | "<=" | ">" | ">=", [a, b]) = (name, given) {
        return comparison(name, *a, *b);
    }
    let types: Vec<&str> = given.iter().map(|ty| ty.name()).collect();
    let types = types.join(", ");
    let message = match name.split_once(':') {
        Some(("cast", ty)) => format!("no conversion from {types} to {ty}"),
        Some((_, unit)) => format!("no {unit} can be extracted from {types}"),
        None if name == "neg" => format!("`-` does not take ({types})"),
        None => match arity(name) {
            Some(count) if count != given.len() => arguments(name, count, given.len()),
            _ => format!("`{name}` does not take ({types})"),
        },
    };
    let moved = given.contains(&Type::Timestamp) && given.iter().any(|ty| ty.is_numeric());
    let help = match name {
        "+" | "-" if moved => format!("move a time by a length of time: at {name} n * INTERVAL '1 second'"),
        _ => accepts(accepted),
    };
    (message, help)
}

fn comparison(name: &str, a: Type, b: Type) -> (String, String) {
    let help = match (a, b) {
        (Type::String, Type::Timestamp) | (Type::Timestamp, Type::String) => {
            "write a constant time as TIMESTAMP '2024-09-05 20:20:00', or CAST the text AS timestamp".to_owned()
        }
        (Type::String, Type::Int | Type::Float) | (Type::Int | Type::Float, Type::String) => {
            "write numbers without quotes, or CAST the text AS float".to_owned()
        }
        (Type::Bool, _) | (_, Type::Bool) => "a bool is a condition by itself: x, or NOT x".to_owned(),
        _ => "make both sides the same type with CAST(… AS …)".to_owned(),
    };
    (format!("`{name}` compares like with like, not {a} with {b}"), help)
}

/// How many arguments every form of the function takes, if that is one number.
fn arity(name: &str) -> Option<usize> {
    let mut counts = Element::all().filter(|e| e.sql_name() == name).map(|e| e.parameters().len());
    let first = counts.next()?;
    counts.all(|count| count == first).then_some(first)
}

fn arguments(name: &str, takes: usize, given: usize) -> String {
    let word = if takes == 1 { "argument" } else { "arguments" };
    format!("`{name}` takes {takes} {word}, not {given}")
}

fn accepts(accepted: &[String]) -> String {
    match accepted {
        [] => "it takes nothing of the kind".to_owned(),
        [one] => format!("it takes {one}"),
        [rest @ .., last] => format!("it takes {} or {last}", rest.join(", ")),
    }
}
