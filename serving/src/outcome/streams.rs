//! Outcomes that streams tell: JSON objects of the key fields and the outcome fields on a stream's outcomes topic.

use features::schema::{Field, Stream};
use features::value::Value;
use serde_json::{Map, Value as Json};

use super::label::value_of;
use super::told::{Subject, Told, What};
use crate::prediction_log::key_text;

/// What a record of a stream's outcomes topic tells. `source` says where it stands. The error says what is wrong with it.
pub fn outcomes_of(record: &[u8], stream: &Stream, source: String) -> Result<Told, String> {
    #[derive(serde::Deserialize)]
    struct Record {
        key: Map<String, Json>,
        outcomes: Map<String, Json>,
    }

    let Record { key, outcomes } = serde_json::from_slice(record).map_err(|error| error.to_string())?;
    let value = |field: &Field, from: &Map<String, Json>| {
        let json = from.get(field.name.as_str()).ok_or_else(|| format!("`{}` is missing", field.name))?;
        value_of(field.ty, json).ok_or_else(|| format!("`{}` must be {}, not {json}", field.name, field.ty))
    };
    let fields = &stream.schema.fields;
    let key = stream.key.iter().map(|&field| value(&fields[field], &key)).collect::<Result<Vec<Value>, String>>()?;
    let mut known = Map::new();
    for field in fields.iter().filter(|field| field.outcome) {
        if outcomes.contains_key(field.name.as_str()) {
            value(field, &outcomes)?;
            known.extend(outcomes.get_key_value(field.name.as_str()).map(|(name, json)| (name.clone(), json.clone())));
        }
    }
    if known.is_empty() {
        return Err("it has no outcome field of the stream".to_owned());
    }
    let subject = Subject::Key { stream: stream.name.clone(), key: key_text(&key) };
    // Of two records the later one holds: the log's order decides, whatever the clocks say.
    Ok(Told { subject, what: What::Fields(known), told_at: None, correct: true, source })
}
