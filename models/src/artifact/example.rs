//! `input_example.json`: one row in pandas' `split` orientation, as MLflow stores a data frame.

use serde_json::{Map, Value, json};

pub(super) fn to_frame(row: &Map<String, Value>) -> Value {
    let columns: Vec<&String> = row.keys().collect();
    let values: Vec<&Value> = row.values().collect();
    json!({ "columns": columns, "data": [values] })
}

pub(super) fn from_frame(mut frame: Value) -> Option<Map<String, Value>> {
    let Value::Array(columns) = frame.get_mut("columns")?.take() else { return None };
    let Value::Array(mut rows) = frame.get_mut("data")?.take() else { return None };
    let (Some(Value::Array(values)), true) = (rows.pop(), rows.is_empty()) else { return None };
    if columns.len() != values.len() {
        return None;
    }
    let name = |column: Value| if let Value::String(name) = column { Some(name) } else { None };
    columns.into_iter().zip(values).map(|(column, value)| Some((name(column)?, value))).collect()
}
