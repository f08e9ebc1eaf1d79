//! `input_example.json`: one row in pandas' `split` orientation, as MLflow stores a data frame: doubles throughout, as
//! `model.onnx` takes them, NULL where a value is missing. (Format version 1 left missing values' columns out, and kept
//! booleans and integers.)

use features::value::Type;
use serde_json::{Map, Value, json};

use crate::signature::Signature;

pub(super) fn to_frame(row: &Map<String, Value>) -> Value {
    let (columns, values): (Vec<&String>, Vec<Value>) = row.iter().map(|(name, value)| (name, double(value))).unzip();
    json!({ "columns": columns, "data": [values] })
}

fn double(value: &Value) -> Value {
    match value {
        Value::Bool(value) => json!(f64::from(*value)),
        // Of a family's column.
        Value::String(text) => json!(text),
        other => other.as_f64().map_or(Value::Null, Value::from),
    }
}

/// A double as a value of the feature's type.
fn typed(ty: Type, value: Value) -> Value {
    match (ty, value.as_f64()) {
        (Type::Bool, Some(number)) => json!(number != 0.0),
        #[expect(clippy::cast_possible_truncation, reason = "it was an integer, and saturates")]
        (Type::Int | Type::Timestamp | Type::Interval, Some(number)) if !value.is_i64() => json!(number as i64),
        _ => value,
    }
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
        let ty = signature.position(&name).map(|index| signature.features[index].ty);
        row.insert(name, ty.map_or(Value::Null, |ty| typed(ty, value)));
    }
    Some(row)
}
