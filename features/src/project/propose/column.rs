//! What the values of a column say about it.

use std::collections::HashSet;

use super::sample::{Sample, SampleColumn};
use crate::element::parse_timestamp;
use crate::sql::EVENT_TIME;
use crate::value::{Type, Value};

/// A column with its type and its typed values.
#[derive(Debug, Clone)]
pub(super) struct Facts {
    pub(super) name: String,
    pub(super) path: Option<String>,
    pub(super) ty: Type,
    pub(super) values: Vec<Value>,
    pub(super) nulls: usize,
}

impl Facts {
    pub(super) fn is_complete(&self) -> bool {
        self.nulls == 0
    }

    /// May it name a row or a group of rows?
    pub(super) fn is_name(&self) -> bool {
        matches!(self.ty, Type::Int | Type::String) && self.is_complete()
    }

    pub(super) fn texts(&self) -> Vec<String> {
        self.values.iter().map(text).collect()
    }

    /// How many different values there are.
    pub(super) fn distinct(&self) -> usize {
        self.values.iter().map(text).collect::<HashSet<_>>().len()
    }

    /// Only 0 and 1, or false and true.
    pub(super) fn is_yes_or_no(&self) -> bool {
        self.ty == Type::Bool
            || self.ty.is_numeric()
                && self.nulls < self.values.len()
                && self.values.iter().filter_map(Value::as_number).all(|x| x == 0.0 || x == 1.0)
    }
}

/// A value as something to compare and to hash by.
pub(super) fn text(value: &Value) -> String {
    format!("{value:?}")
}

pub(super) fn facts(sample: &Sample) -> Vec<Facts> {
    let mut seen = HashSet::new();
    let wanted = |column: &&SampleColumn| !column.name.is_empty() && !column.name.chars().any(char::is_control);
    let columns = sample.columns.iter().filter(wanted).filter(|column| seen.insert(column.name.clone()));
    let facts = columns.map(|column| of(column, sample.text));
    // The name by which views speak of the stream's event time is free for that only.
    facts.filter(|facts| facts.name != EVENT_TIME || facts.ty == Type::Timestamp && facts.is_complete()).collect()
}

fn of(column: &SampleColumn, is_text: bool) -> Facts {
    let ty = inferred(&column.values, is_text);
    let values: Vec<Value> = column.values.iter().map(|value| typed(value, ty)).collect();
    let nulls = values.iter().filter(|value| value.is_null()).count();
    Facts { name: column.name.clone(), path: column.path.clone(), ty, values, nulls }
}

/// The narrowest type that holds every value; text where nothing else does.
fn inferred(values: &[Value], is_text: bool) -> Type {
    let present: Vec<&Value> = values.iter().filter(|value| !value.is_null()).collect();
    if present.is_empty() {
        return Type::String;
    }
    let all = |ty: Type| present.iter().all(|value| !typed(value, ty).is_null());
    let texts = present.iter().all(|value| value.ty() == Some(Type::String));
    let candidates: &[Type] = match (texts, is_text) {
        (true, true) => &[Type::Bool, Type::Int, Type::Float, Type::Timestamp],
        (true, false) => &[Type::Timestamp],
        (false, _) => &[Type::Bool, Type::Int, Type::Float, Type::Timestamp],
    };
    candidates.iter().copied().find(|&ty| all(ty)).unwrap_or(Type::String)
}

/// The value as `ty`; NULL where it is none.
fn typed(value: &Value, ty: Type) -> Value {
    match (value, ty) {
        (Value::String(s), Type::Bool) => match s.as_str() {
            "true" | "TRUE" | "True" => Value::Bool(true),
            "false" | "FALSE" | "False" => Value::Bool(false),
            _ => Value::Null,
        },
        (Value::String(s), Type::Int) => s.parse().map_or(Value::Null, Value::Int),
        (Value::String(s), Type::Float) => {
            match s.bytes().all(|b| matches!(b, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E')) {
                true => s.parse().map_or(Value::Null, Value::float),
                false => Value::Null,
            }
        }
        (Value::String(s), Type::Timestamp) => parse_timestamp(s).map_or(Value::Null, Value::Timestamp),
        #[expect(clippy::cast_precision_loss, reason = "a look at a sample")]
        (Value::Int(i), Type::Float) => Value::Float(*i as f64),
        (value, ty) if value.ty() == Some(ty) => value.clone(),
        _ => Value::Null,
    }
}
