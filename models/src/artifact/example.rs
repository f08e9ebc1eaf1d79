//! `input_example.json`: one row in pandas' `split` orientation, as MLflow stores a data frame. A missing value's column
//! is left out (inputs are optional): MLflow refuses NULLs in integer columns.

use serde_json::{Map, Value, json};

use crate::signature::Signature;

pub(super) fn to_frame(row: &Map<String, Value>) -> Value {
    let (columns, values): (Vec<&String>, Vec<&Value>) = row.iter().filter(|(_, value)| !value.is_null()).unzip();
    json!({ "columns": columns, "data": [values] })
}

/// The row with all features in order. `None` if this is no frame of one row; a column that the signature does not have
/// stays, for the caller to find.
pub(super) fn from_frame(mut frame: Value, signature: &Signature) -> Option<Map<String, Value>> {
    let Value::Array(columns) = frame.get_mut("columns")?.take() else { return None };
    let Value::Array(mut rows) = frame.get_mut("data")?.take() else { return None };
    let (Some(Value::Array(values)), true) = (rows.pop(), rows.is_empty()) else { return None };
    if columns.len() != values.len() {
        return None;
    }
    let mut row: Map<String, Value> = signature.names().map(|name| (name.to_owned(), Value::Null)).collect();
    for (column, value) in columns.into_iter().zip(values) {
        let Value::String(name) = column else { return None };
        row.insert(name, value);
    }
    Some(row)
}
