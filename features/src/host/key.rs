//! Keys as bytes.

use crate::value::Value;

/// Of a single string field its plain text, so that any producer names the key alike; else the fields' values as a JSON
/// array, timestamps as their microseconds. `key`: the fields that make it.
pub(super) fn key_of(key: &[usize], fields: &[Value]) -> Vec<u8> {
    let value = |field: &usize| fields.get(*field).unwrap_or(&Value::Null);
    if let [field] = key
        && let Value::String(text) = value(field)
    {
        return text.as_bytes().to_vec();
    }
    let values: serde_json::Value = key.iter().map(|field| json(value(field))).collect();
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
