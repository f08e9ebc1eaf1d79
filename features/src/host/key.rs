//! The message key of an event.

use crate::schema::Stream;
use crate::value::Value;

/// Of a single string field its plain text, so that any producer names the key alike; else the fields' values as a JSON
/// array, timestamps as their microseconds.
pub(super) fn message_key(stream: &Stream, fields: &[Value]) -> Vec<u8> {
    let value = |field: &usize| fields.get(*field).unwrap_or(&Value::Null);
    if let [field] = stream.key.as_slice()
        && let Value::String(text) = value(field)
    {
        return text.as_bytes().to_vec();
    }
    let values: serde_json::Value = stream.key.iter().map(|field| json(value(field))).collect();
    values.to_string().into_bytes()
}

fn json(value: &Value) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(b) => (*b).into(),
        Value::Int(i) | Value::Timestamp(i) | Value::Interval(i) => (*i).into(),
        Value::Float(x) => (*x).into(),
        Value::String(text) => text.as_str().into(),
    }
}
