//! Values as JSON and CSV write them.

use crate::column::Column;
use crate::value::{Micros, Value};

/// One row as a JSON object, a member per column.
pub(super) fn json_row<'a>(names: impl Iterator<Item = &'a str>, columns: &[Column], row: usize) -> String {
    let members = names.zip(columns).map(|(name, column)| (name.to_owned(), json(&column.value(row))));
    serde_json::Value::Object(members.collect()).to_string()
}

fn json(value: &Value) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(b) => (*b).into(),
        Value::Int(i) | Value::Interval(i) => (*i).into(),
        Value::Float(x) => (*x).into(),
        Value::String(s) => s.as_str().into(),
        Value::Timestamp(t) => time(*t).into(),
    }
}

/// One cell of CSV; NULL is the empty cell.
pub(super) fn csv_cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(b) => b.to_string(),
        Value::Int(i) | Value::Interval(i) => i.to_string(),
        Value::Float(x) => serde_json::Value::from(*x).to_string(),
        Value::String(s) => s.to_string(),
        Value::Timestamp(t) => time(*t),
    }
}

/// RFC 3339 in UTC with microseconds; beyond the calendar's range the bare number.
fn time(micros: Micros) -> String {
    chrono::DateTime::from_timestamp_micros(micros)
        .map_or_else(|| micros.to_string(), |time| time.to_rfc3339_opts(chrono::SecondsFormat::Micros, true))
}
