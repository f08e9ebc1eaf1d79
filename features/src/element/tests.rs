use super::Element;
use crate::value::{Type, Value};

/// Resolves `name` for the arguments' types and applies it; also gives the overflows counted.
fn counted(name: &str, arguments: &[Value]) -> (Value, u64) {
    let types: Vec<Type> = arguments.iter().map(|a| a.ty().expect("typed argument")).collect();
    let element = Element::resolve(name, &types).expect(name).element;
    let mut overflows = 0;
    (element.apply(arguments, &mut overflows), overflows)
}

fn apply(name: &str, arguments: &[Value]) -> Value {
    let (value, overflows) = counted(name, arguments);
    assert_eq!(overflows, 0, "{name} counted an overflow");
    value
}

#[test]
fn names_are_unique() {
    let mut names: Vec<_> = Element::all().map(Element::name).collect();
    names.sort_unstable();
    assert!(names.windows(2).all(|pair| pair[0] != pair[1]));
}

#[test]
fn rounding_goes_half_away_from_zero() {
    assert_eq!(apply("round", &[Value::Float(2.5)]), Value::Float(3.0));
    assert_eq!(apply("round", &[Value::Float(-2.5)]), Value::Float(-3.0));
}
