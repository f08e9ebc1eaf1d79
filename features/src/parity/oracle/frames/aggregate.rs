//! What a call makes of the values that it sees.

use std::cmp::Ordering;

use super::big::Big;
use super::variance;
use crate::plan::{Call, HalfLife, WindowFunction};
use crate::value::{Micros, Type, Value};

pub(super) fn aggregate(call: &Call, values: &[Value]) -> Value {
    let present: Vec<&Value> = values.iter().filter(|value| !value.is_null()).collect();
    match call.function {
        WindowFunction::Count => Value::Int(present.len() as i64),
        WindowFunction::FirstValue => values.first().cloned().unwrap_or(Value::Null),
        WindowFunction::LastValue => values.last().cloned().unwrap_or(Value::Null),
        WindowFunction::NthValue { n } => {
            (n as usize).checked_sub(1).and_then(|at| values.get(at)).cloned().unwrap_or(Value::Null)
        }
        WindowFunction::VarSamp => variance::of(&present).map_or(Value::Null, Value::float),
        WindowFunction::StddevSamp => variance::of(&present).map_or(Value::Null, |v| Value::float(v.sqrt())),
        WindowFunction::CountDistinct { cap } => {
            let mut different: Vec<&Value> = Vec::new();
            for value in present {
                if !different.contains(&value) {
                    different.push(value);
                }
            }
            Value::Int(different.len().min(cap as usize) as i64)
        }
        WindowFunction::Min => best(&present, Ordering::Less),
        WindowFunction::Max => best(&present, Ordering::Greater),
        WindowFunction::Sum | WindowFunction::Avg if present.is_empty() => Value::Null,
        WindowFunction::Sum if call.argument.as_ref().is_some_and(|e| e.ty == Type::Float) => {
            Big::total(&present).divided(1)
        }
        WindowFunction::Sum => {
            let total: i128 = present.iter().map(|value| i128::from(whole(value))).sum();
            match i64::try_from(total) {
                Ok(total) if call.argument.as_ref().is_some_and(|e| e.ty == Type::Interval) => Value::Interval(total),
                Ok(total) => Value::Int(total),
                Err(_) => Value::Null,
            }
        }
        WindowFunction::Avg => Big::total(&present).divided(present.len() as u64),
        // It sees one row at most.
        WindowFunction::Lag { .. } => values.first().cloned().unwrap_or(Value::Null),
        // Its values have times: [`fading`].
        WindowFunction::Ewma { .. } => Value::Null,
    }
}

/// The recurrence of `ewma` over all rows, in the order of acceptance: its roundings are part of what it is.
pub(super) fn fading(half_life: HalfLife, rows: &[(Micros, Value)]) -> Value {
    let (mut mean, mut weight, mut newest) = (0.0, 0.0, None);
    for (time, value) in rows {
        let x = match value {
            Value::Float(x) => *x,
            Value::Int(i) => *i as f64,
            _ => continue,
        };
        let since = (i128::from(*time) - i128::from(newest.unwrap_or(*time))) as f64;
        let (old, own) = match half_life {
            HalfLife::Rows(n) => (libm::exp2(-1.0 / f64::from(n)), 1.0),
            HalfLife::Time(length) => {
                let half_lives = since / length as f64;
                (libm::exp2(-half_lives.max(0.0)), libm::exp2(half_lives.min(0.0)))
            }
        };
        weight = weight * old + own;
        let share = own / weight;
        let moved = mean + (x - mean) * share;
        mean = match newest {
            None => x,
            Some(_) if f64::is_finite(moved) => moved,
            Some(_) => mean * (1.0 - share) + x * share,
        };
        newest = newest.max(Some(*time));
    }
    newest.map_or(Value::Null, |_| Value::float(mean))
}

pub(super) fn whole(value: &Value) -> i64 {
    match value {
        Value::Int(i) | Value::Interval(i) => *i,
        _ => 0,
    }
}

fn best(values: &[&Value], wanted: Ordering) -> Value {
    let mut best: Option<&Value> = None;
    for value in values {
        if best.is_none_or(|best| order(value, best) == wanted) {
            best = Some(value);
        }
    }
    best.cloned().unwrap_or(Value::Null)
}

fn order(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::String(a), Value::String(b)) => a.cmp(b),
        (Value::Float(a), Value::Float(b)) => {
            a.partial_cmp(b).unwrap_or(Ordering::Equal).then(b.is_sign_negative().cmp(&a.is_sign_negative()))
        }
        (
            Value::Int(a) | Value::Timestamp(a) | Value::Interval(a),
            Value::Int(b) | Value::Timestamp(b) | Value::Interval(b),
        ) => a.cmp(b),
        _ => Ordering::Equal,
    }
}
