//! Events of a history as the JSON that a producer would send.

use features::batch::History;
use features::element::format_timestamp;
use features::schema::{Explode, Field, MAX_ELEMENTS, Origin, way_of};
use features::value::Value;
use serde_json::{Map, Value as Json, json};

/// The message of a row: every field that has a value, without the outcomes, each where the stream's schema has it. A row
/// of an exploded stream is the one element of a list, in its place.
pub(in crate::stream) fn message(history: &History, row: usize) -> Json {
    match &history.stream.explode {
        None => fields(history, row, |_| Some(None)),
        Some(explode) => {
            let origin = |index: usize| explode.origins.get(index).copied();
            let element = fields(history, row, |index| (origin(index) == Some(Origin::Element)).then_some(None));
            let mut message = fields(history, row, |index| match origin(index) {
                Some(Origin::Parent(field)) => Some(explode.parent.schema.fields.get(field)),
                _ => None,
            });
            put(&mut message, &way_of(&explode.list), list(history, row, explode, element));
            message
        }
    }
}

/// The fields that are chosen: in their own place, or in that of the field given.
fn fields<'a>(history: &'a History, row: usize, chosen: impl Fn(usize) -> Option<Option<&'a Field>>) -> Json {
    let mut object = Json::Object(Map::new());
    for (index, (field, column)) in history.stream.schema.fields.iter().zip(&history.table.columns).enumerate() {
        if let Some(place) = chosen(index)
            && !field.outcome
            && column.is_valid(row)
        {
            put(&mut object, &place.unwrap_or(field).way(), json_of(&column.value(row)));
        }
    }
    object
}

/// A list of the element alone: under its name if it has one, else behind as many nulls as stood before it.
fn list(history: &History, row: usize, explode: &Explode, element: Json) -> Json {
    let value_of = |wanted| {
        let field = explode.origins.iter().position(|origin| *origin == wanted)?;
        Some(history.table.columns[field].value(row))
    };
    let before = match value_of(Origin::Index) {
        Some(Value::Int(index)) => usize::try_from(index).unwrap_or_default().min(MAX_ELEMENTS as usize - 1),
        _ => 0,
    };
    match value_of(Origin::Name) {
        Some(Value::String(name)) => {
            // Names of zeros alone stand before every other, in the order of their length.
            let places = (1..=before).map(|zeros| ("0".repeat(zeros), Json::Null));
            Json::Object(places.chain([(name.to_string(), element)]).collect())
        }
        _ => Json::Array(std::iter::repeat_n(Json::Null, before).chain([element]).collect()),
    }
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
fn put(event: &mut Json, names: &[impl AsRef<str>], value: Json) {
    let mut place = event;
    for name in names {
        let Json::Object(object) = place else { return };
        place = object.entry(name.as_ref()).or_insert_with(|| Json::Object(Map::new()));
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
            // RFC 3339, which every format of a field lets through.
            Some(text) => json!(format!("{}Z", text.replacen(' ', "T", 1))),
            None => json!(time),
        },
    }
}
