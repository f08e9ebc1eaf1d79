//! Events of a history as the JSON that a producer would send.

use features::batch::History;
use features::element::format_timestamp;
use features::value::Value;
use serde_json::{Map, Value as Json, json};

/// The event of a row: every field that has a value, without the outcomes, each where the stream's schema has it.
pub(super) fn event(history: &History, row: usize) -> Json {
    let mut event = Json::Object(Map::new());
    for (field, column) in history.stream.schema.fields.iter().zip(&history.table.columns) {
        if field.outcome || !column.is_valid(row) {
            continue;
        }
        let value = json_of(&column.value(row));
        match &field.path {
            None => put(&mut event, [field.name.to_string()].into_iter(), value),
            // A JSON pointer (RFC 6901).
            Some(path) => {
                let names = path.split('/').skip(1).map(|name| name.replace("~1", "/").replace("~0", "~"));
                put(&mut event, names, value);
            }
        }
    }
    event
}

/// What became known with the last event of a key; `None` if the stream has no outcomes or none is known.
pub(super) fn outcomes(history: &History, row: usize) -> Option<Json> {
    let schema = &history.stream.schema;
    let value = |field: usize| json_of(&history.table.columns[field].value(row));
    let fields = schema.fields.iter().enumerate().filter(|(_, field)| field.outcome);
    let known: Map<String, Json> = fields
        .filter(|(index, _)| history.table.columns[*index].is_valid(row))
        .map(|(index, field)| (field.name.to_string(), value(index)))
        .collect();
    if known.is_empty() {
        return None;
    }
    let key: Map<String, Json> =
        history.stream.key.iter().map(|&index| (schema.fields[index].name.to_string(), value(index))).collect();
    Some(json!({ "key": key, "outcomes": known }))
}

/// Puts `value` below the objects that `names` lead through; what stands in the way is left as it is.
fn put(event: &mut Json, names: impl Iterator<Item = String>, value: Json) {
    let mut place = event;
    for name in names {
        let Json::Object(object) = place else { return };
        place = object.entry(name).or_insert_with(|| Json::Object(Map::new()));
    }
    *place = value;
}

fn json_of(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(b) => json!(b),
        Value::Int(i) | Value::Interval(i) => json!(i),
        Value::Float(x) => json!(x),
        Value::String(text) => json!(text.as_str()),
        Value::Timestamp(time) => match format_timestamp(*time) {
            Some(text) => json!(text.as_str()),
            None => json!(time),
        },
    }
}
