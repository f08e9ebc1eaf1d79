//! A streamed prediction: what a worker adds to its record for the log, and the log's record of it.

use std::collections::HashMap;

use features::plan::View;
use features::value::{Micros, Value};
use serde::Deserialize;
use serde_json::{Map, Value as Json};
use smol_str::SmolStr;
use uuid::Uuid;

use super::logged::key_of;
use super::record::{Record, features_text};
use crate::experiment::Assignment;
use crate::outcome::Labels;
use crate::routing::LoadedModel;
use crate::worker::{put, put_name};

/// Adds `"logged"` to a streamed prediction: all that the log keeps of it and the record does not say by itself.
pub(crate) fn put_logged(
    out: &mut Vec<u8>,
    endpoint: &str,
    model: &LoadedModel,
    assignment: &Assignment,
    (event, row): (&[Value], &[Value]),
    labels: &Labels,
) {
    let View { stream, hash, .. } = &*model.view;
    let key = key_of(event, &stream.key);
    let features: Vec<Value> = model.inputs.iter().map(|&column| row[column].clone()).collect();
    out.extend_from_slice(b",\"logged\":{");
    put_name(out, "unit");
    put(out, &assignment.unit.as_ref().unwrap_or(&key));
    if let Some(experiment) = &assignment.experiment {
        put_name(out, "experiment");
        put(out, experiment);
        put_name(out, "period");
        put(out, &assignment.period);
    }
    if assignment.forced {
        out.extend_from_slice(b",\"forced\":true");
    }
    put_name(out, "digest");
    put(out, &model.digest);
    put_name(out, "view_hash");
    put(out, &hash.0);
    put_name(out, "key");
    put(out, &key);
    put_name(out, "features");
    out.extend_from_slice(features_text(&features).as_bytes());
    if let Some(fields) = labels.fields_of(endpoint, stream, event) {
        put_name(out, "fields");
        out.extend_from_slice(fields.as_bytes());
    }
    out.push(b'}');
}

#[derive(Debug, Deserialize)]
struct Streamed<'a> {
    prediction_id: &'a str,
    endpoint: SmolStr,
    model: SmolStr,
    version: u32,
    arm: SmolStr,
    #[serde(default)]
    stream: SmolStr,
    partition: Option<u32>,
    offset: Option<u64>,
    element: Option<u32>,
    shadow_of: Option<SmolStr>,
    /// NULL where a model of others gave no number.
    outputs: HashMap<SmolStr, Option<f64>>,
    appended_at: Option<Micros>,
    #[serde(default)]
    stages_us: Map<String, Json>,
    #[serde(borrow)]
    logged: Option<LoggedOf<'a>>,
}

#[derive(Debug, Deserialize)]
struct LoggedOf<'a> {
    unit: SmolStr,
    experiment: Option<SmolStr>,
    #[serde(default)]
    period: u32,
    #[serde(default)]
    forced: bool,
    digest: SmolStr,
    view_hash: SmolStr,
    key: SmolStr,
    #[serde(borrow)]
    features: &'a serde_json::value::RawValue,
    #[serde(borrow)]
    fields: Option<&'a serde_json::value::RawValue>,
}

/// The log's record of a streamed one; `None` for what was asked for over HTTP, which is logged already, and for what was
/// streamed without a log.
pub(super) fn record_of(json: &[u8]) -> Result<Option<Record>, serde_json::Error> {
    let streamed: Streamed<'_> = serde_json::from_slice(json)?;
    let Some(logged) = streamed.logged else { return Ok(None) };
    let Ok(id) = Uuid::parse_str(streamed.prediction_id) else { return Ok(None) };
    let features = logged.features.get().to_owned();
    let imputed = serde_json::from_str::<Vec<Json>>(&features)?.iter().filter(|value| value.is_null()).count();
    let output = streamed.outputs.into_values().next().flatten();
    let latency: u64 = streamed.stages_us.values().filter_map(Json::as_u64).sum();
    let place = serde_json::json!({
        "stream": streamed.stream, "partition": streamed.partition, "offset": streamed.offset, "element": streamed.element,
    });
    Ok(Some(Record {
        id,
        time: streamed.appended_at.unwrap_or_default(),
        endpoint: streamed.endpoint,
        experiment: logged.experiment,
        arm: streamed.arm,
        period: logged.period,
        forced: logged.forced,
        shadow_of: streamed.shadow_of.and_then(|id| Uuid::parse_str(&id).ok()),
        unit: Some(logged.unit).filter(|unit| !unit.is_empty()),
        model: streamed.model,
        version: streamed.version,
        digest: logged.digest,
        view_hash: logged.view_hash,
        key: logged.key,
        features,
        imputed: u32::try_from(imputed).unwrap_or(u32::MAX),
        // Its state is as of the event itself.
        age_ms: None,
        fields: logged.fields.map(|fields| fields.get().to_owned()),
        output,
        error: output.is_none().then(|| SmolStr::new_static("no_prediction")),
        latency_us: u32::try_from(latency).unwrap_or(u32::MAX),
        phases: Json::Object(streamed.stages_us).to_string(),
        place: Some(place.to_string()),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_asked_for_over_http_or_streamed_without_a_log_is_left_out() {
        let json = br#"{"prediction_id":"0123456789abcdef0123456789abcdef","endpoint":"win","model":"win","version":3,
            "arm":"champion","outputs":{"probability":0.25}}"#;
        assert_eq!(record_of(json).expect("readable"), None);
    }

    #[test]
    fn a_streamed_prediction_is_logged_with_all_that_it_says() {
        let json = br#"{"prediction_id":"0123456789abcdef0123456789abcdef","endpoint":"win","model":"win","version":3,
            "arm":"b","stream":"plays","partition":1,"offset":7,"event_time":"1970-01-01T00:00:00.000020Z",
            "key":{"game":"g"},"id":{},"outputs":{"probability":0.1},"include":{},"appended_at":1000,
            "stages_us":{"queue":1,"predict":4},
            "logged":{"unit":"g","experiment":"e","period":2,"digest":"d","view_hash":"v","key":"g",
                      "features":[0.1,null],"fields":{"home":true}}}"#;
        let record = record_of(json).expect("readable").expect("one");
        assert_eq!((record.arm.as_str(), record.period, record.imputed, record.latency_us), ("b", 2, 1, 5));
        assert_eq!((record.features.as_str(), record.fields.as_deref()), ("[0.1,null]", Some(r#"{"home":true}"#)));
        assert_eq!((record.output, record.time, record.unit.as_deref()), (Some(0.1), 1000, Some("g")));
    }
}
