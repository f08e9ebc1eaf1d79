//! One cell of text as a value of a field's type.

use smol_str::SmolStr;

use crate::schema::Field;
use crate::value::{Micros, Type, Value};

/// A cell of a CSV file. The spellings of NULL are `NA`, `NaN` and nothing at all, for every type; beyond that a cell
/// holds its field's type exactly.
pub(super) fn parse(text: &str, field: &Field) -> Result<Value, String> {
    let ty = field.ty;
    if matches!(text, "" | "NA" | "NaN") {
        return Ok(Value::Null);
    }
    let value = match ty {
        Type::Bool => match text {
            "true" | "TRUE" | "True" => Some(Value::Bool(true)),
            "false" | "FALSE" | "False" => Some(Value::Bool(false)),
            _ => None,
        },
        Type::Int => integer(text).map(Value::Int),
        Type::Float => return float(text),
        Type::String => return string(text, field).map(Value::String),
        Type::Timestamp | Type::Interval => return timestamp(text, field).map(Value::Timestamp),
    };
    value.ok_or_else(|| format!("`{}` is no {ty}", shortened(text)))
}

pub(super) fn string(text: &str, field: &Field) -> Result<SmolStr, String> {
    match &field.values {
        None => Ok(SmolStr::new(text)),
        Some(values) => values.read(text).map_err(|error| error.to_string()),
    }
}

pub(super) fn timestamp(text: &str, field: &Field) -> Result<Micros, String> {
    let format = &field.format;
    format.text(text).ok_or_else(|| {
        let shown = shortened(text);
        match format.why_not(text) {
            Some(why) => format!("`{shown}` is no timestamp: {why}"),
            None => format!("`{shown}` is no timestamp of the format {format}"),
        }
    })
}

/// Whole numbers; `3.0` too, which is how data frames write the integers of a column that has NULLs.
fn integer(text: &str) -> Option<i64> {
    text.parse().ok().or_else(|| number(text).and_then(whole))
}

fn float(text: &str) -> Result<Value, String> {
    match number(text) {
        Some(v) if v.is_finite() => Ok(Value::Float(v)),
        Some(_) => Err(format!("`{}` does not fit a float", shortened(text))),
        None => Err(format!("`{}` is no float", shortened(text))),
    }
}

/// Digits, sign, point and exponent only: the words for infinities and NaN are no numbers.
fn number(text: &str) -> Option<f64> {
    let plain = text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'));
    if plain { text.parse().ok() } else { None }
}

/// The integer that a float is, if it is one.
pub(super) fn whole(v: f64) -> Option<i64> {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    let fits = v.trunc() == v && (-LIMIT..LIMIT).contains(&v);
    #[expect(clippy::cast_possible_truncation, reason = "whole and within the range of i64")]
    fits.then_some(v as i64)
}

/// Enough of a value to recognise it by.
pub(super) fn shortened(text: &str) -> String {
    const ENOUGH: usize = 40;
    match text.char_indices().nth(ENOUGH) {
        None => text.to_owned(),
        Some((at, _)) => format!("{}…", &text[..at]),
    }
}
