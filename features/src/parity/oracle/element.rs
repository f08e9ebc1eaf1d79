//! Each element function a second time, by its SQL name and the types of its arguments: plain definitions over wide
//! integers, none of them taken from the table that the hosts call. Elementary functions are libm's by definition.

use std::cmp::Ordering;

use super::calendar;
use crate::element::Element;
use crate::value::{Micros, Type, Value};

/// The value of an element function for one row of arguments; NULL if one of them is.
pub fn element(function: Element, arguments: &[Value]) -> Value {
    if arguments.iter().any(Value::is_null) {
        return Value::Null;
    }
    defined(function.sql_name(), arguments).unwrap_or(Value::Null)
}

/// `None` where the function is not defined for the arguments, and for a function that has no definition here.
fn defined(name: &str, arguments: &[Value]) -> Option<Value> {
    use Value::{Bool, Float, Int, Interval, String, Timestamp};
    if let Some(unit) = name.strip_prefix("extract:") {
        return extract(unit, arguments.first()?);
    }
    if let Some(ty) = name.strip_prefix("cast:") {
        return cast(arguments.first()?, ty);
    }
    match (name, arguments) {
        ("=", [a, b]) => Some(Bool(order(a, b)? == Ordering::Equal)),
        ("<>", [a, b]) => Some(Bool(order(a, b)? != Ordering::Equal)),
        ("<", [a, b]) => Some(Bool(order(a, b)? == Ordering::Less)),
        ("<=", [a, b]) => Some(Bool(order(a, b)? != Ordering::Greater)),
        (">", [a, b]) => Some(Bool(order(a, b)? == Ordering::Greater)),
        (">=", [a, b]) => Some(Bool(order(a, b)? != Ordering::Less)),
        ("not", [Bool(a)]) => Some(Bool(!a)),

        ("+", [Float(a), Float(b)]) => Some(Value::float(a + b)),
        ("-", [Float(a), Float(b)]) => Some(Value::float(a - b)),
        ("*", [Float(a), Float(b)]) => Some(Value::float(a * b)),
        ("/", [Float(a), Float(b)]) => Some(Value::float(a / b)),
        ("%", [Float(a), Float(b)]) => Some(Value::float(a % b)),
        ("neg", [Float(a)]) => Some(Float(f64::from_bits(a.to_bits() ^ 1 << 63))),
        ("+", [Int(a), Int(b)]) => narrow(wide(*a) + wide(*b)).map(Int),
        ("-", [Int(a), Int(b)]) => narrow(wide(*a) - wide(*b)).map(Int),
        ("*", [Int(a), Int(b)]) => narrow(wide(*a) * wide(*b)).map(Int),
        ("%", [Int(a), Int(b)]) => narrow(wide(*a).checked_rem(wide(*b))?).map(Int),
        ("neg", [Int(a)]) => narrow(-wide(*a)).map(Int),

        ("+", [Timestamp(a), Interval(b)] | [Interval(a), Timestamp(b)]) => narrow(wide(*a) + wide(*b)).map(Timestamp),
        ("-", [Timestamp(a), Interval(b)]) => narrow(wide(*a) - wide(*b)).map(Timestamp),
        ("-", [Timestamp(a), Timestamp(b)] | [Interval(a), Interval(b)]) => narrow(wide(*a) - wide(*b)).map(Interval),
        ("+", [Interval(a), Interval(b)]) => narrow(wide(*a) + wide(*b)).map(Interval),
        ("neg", [Interval(a)]) => narrow(-wide(*a)).map(Interval),
        ("*", [Interval(a), Int(b)] | [Int(a), Interval(b)]) => narrow(wide(*a) * wide(*b)).map(Interval),
        ("*", [Interval(a), Float(b)] | [Float(b), Interval(a)]) => nearest(double(*a) * b).map(Interval),
        ("/", [Interval(a), Float(b)]) => nearest(double(*a) / b).map(Interval),

        ("least", [a, b]) => Some(if order(b, a)? == Ordering::Less { b } else { a }.clone()),
        ("greatest", [a, b]) => Some(if order(b, a)? == Ordering::Greater { b } else { a }.clone()),
        ("clamp", [x, low, high]) => clamp(x, low, high),
        ("abs", [Int(a)]) => narrow(wide(*a).abs()).map(Int),
        ("abs", [Float(a)]) => Some(Float(f64::from_bits(a.to_bits() & !(1 << 63)))),
        ("ceil", [Float(a)]) => Some(Float(a.ceil())),
        ("floor", [Float(a)]) => Some(Float(a.floor())),
        ("round", [Float(a)]) => Some(Float(half_away(*a))),
        ("round", [Float(a), Int(digits)]) => round_to(*a, *digits),
        ("sqrt", [Float(a)]) => Some(Value::float(a.sqrt())),
        ("ln", [Float(a)]) => Some(Value::float(libm::log(*a))),
        ("exp", [Float(a)]) => Some(Value::float(libm::exp(*a))),
        ("power", [Float(a), Float(b)]) => Some(Value::float(libm::pow(*a, *b))),

        ("lower", [String(text)]) => Some(String(text.to_lowercase().into())),
        ("upper", [String(text)]) => Some(String(text.to_uppercase().into())),
        ("length", [String(text)]) => Some(Int(text.chars().map(|_| 1).sum())),
        _ => None,
    }
}

/// `None` if either is NULL, or if they are of two types. The zeros are equal.
pub(super) fn order(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
        (Value::Float(a), Value::Float(b)) => a.partial_cmp(b),
        (Value::String(a), Value::String(b)) => Some(a.chars().cmp(b.chars())),
        (Value::Int(a), Value::Int(b))
        | (Value::Timestamp(a), Value::Timestamp(b))
        | (Value::Interval(a), Value::Interval(b)) => Some(wide(*a).cmp(&wide(*b))),
        _ => None,
    }
}

fn cast(value: &Value, ty: &str) -> Option<Value> {
    use Value::{Bool, Float, Int, String, Timestamp};
    match (ty, value) {
        (ty, value) if value.ty().map(Type::name) == Some(ty) => Some(value.clone()),
        ("bool", Int(a)) => Some(Bool(*a != 0)),
        ("bool", Float(a)) => Some(Bool(*a != 0.0)),
        ("bool", String(text)) if text == "true" => Some(Bool(true)),
        ("bool", String(text)) if text == "false" => Some(Bool(false)),
        ("int", Bool(a)) => Some(Int(i64::from(*a))),
        ("int", Float(a)) => nearest(*a).map(Int),
        ("int", String(text)) => narrow(text.parse().ok()?).map(Int),
        ("float", Bool(a)) => Some(Float(if *a { 1.0 } else { 0.0 })),
        ("float", Int(a)) => Some(Float(double(*a))),
        ("float", String(text)) => Some(Value::float(text.parse().ok()?)),
        ("string", Bool(a)) => Some(String(format!("{a}").into())),
        ("string", Int(a)) => Some(String(format!("{a}").into())),
        ("string", Float(a)) => Some(String(format!("{a:?}").into())),
        ("string", Timestamp(a)) => Some(String(calendar::write(*a)?.into())),
        ("timestamp", String(text)) => calendar::read(text).map(Timestamp),
        _ => None,
    }
}

fn extract(unit: &str, value: &Value) -> Option<Value> {
    const DAY: Micros = 86_400_000_000;
    let time = match (unit, value) {
        ("epoch", Value::Timestamp(micros) | Value::Interval(micros)) => {
            return Some(Value::Float(double(*micros) / 1e6));
        }
        (_, Value::Timestamp(time)) => *time,
        _ => return None,
    };
    let of_day = time.rem_euclid(DAY);
    let whole = match unit {
        "hour" => of_day / 3_600_000_000,
        "minute" => of_day / 60_000_000 % 60,
        "second" => return Some(Value::Float(double(of_day % 60_000_000) / 1e6)),
        // The epoch fell on a Thursday.
        "dow" => (4 + time.div_euclid(DAY)).rem_euclid(7),
        "year" => calendar::Date::of(time)?.year,
        "month" => calendar::Date::of(time)?.month,
        "day" => calendar::Date::of(time)?.day,
        "doy" => calendar::Date::of(time)?.day_of_year(),
        _ => return None,
    };
    Some(Value::Int(whole))
}

fn clamp(x: &Value, low: &Value, high: &Value) -> Option<Value> {
    if order(low, high)? == Ordering::Greater {
        return None;
    }
    let raised = if order(x, low)? == Ordering::Less { low } else { x };
    Some(if order(raised, high)? == Ordering::Greater { high } else { raised }.clone())
}

/// Half away from zero, from the next whole number towards zero.
fn half_away(x: f64) -> f64 {
    let whole = x.trunc();
    // The difference of a double and its whole part is exact.
    let rounded = if (x - whole).abs() >= 0.5 { whole + x.signum() } else { whole };
    rounded.copysign(x)
}

/// To so many decimals; where the power of ten is no exact double, `x` or zero.
fn round_to(x: f64, digits: i64) -> Option<Value> {
    if digits.unsigned_abs() > 22 {
        return Some(Value::Float(if digits > 0 { x } else { 0.0 }));
    }
    let scale: f64 = format!("1e{}", digits.unsigned_abs()).parse().ok()?;
    Some(Value::float(match digits {
        ..0 => half_away(x / scale) * scale,
        _ if (x * scale).abs() < 2_f64.powi(52) => half_away(x * scale) / scale,
        _ => x,
    }))
}

fn wide(x: i64) -> i128 {
    i128::from(x)
}

/// NULL where it does not fit.
fn narrow(x: i128) -> Option<i64> {
    i64::try_from(x).ok()
}

#[expect(clippy::cast_precision_loss, reason = "the nearest double is what the functions are defined by")]
fn double(x: i64) -> f64 {
    x as f64
}

/// The nearest integer, half away from zero; `None` where there is none of 64 bits.
#[expect(clippy::cast_possible_truncation, reason = "saturates far beyond 64 bits, and is then refused")]
fn nearest(x: f64) -> Option<i64> {
    if x.is_finite() { narrow(half_away(x) as i128) } else { None }
}
