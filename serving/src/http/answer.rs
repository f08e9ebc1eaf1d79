//! Answers as JSON, written straight into the response's buffer.

use axum::body::Body;
use axum::http::{HeaderValue, Response, header};
use axum::response::IntoResponse;
use features::value::Value;
use serde::ser::{Serialize, SerializeMap, Serializer};
use uuid::Uuid;

use super::problem::Problem;
use crate::predict::{Chosen, Named, PredictError, Prediction};
use crate::routing::LoadedModel;

/// The answer to `POST /predict`.
pub(super) fn one(chosen: &Chosen, prediction: &Prediction, request_id: Option<&str>) -> Response<Body> {
    json(&One::of(chosen, prediction, request_id))
}

/// The answer to `POST /predict/batch`: a result or a problem for each row, in the order of the rows.
pub(super) fn batch(
    chosen: &Chosen,
    rows: &[Result<Prediction, Box<Problem>>],
    request_id: Option<&str>,
) -> Response<Body> {
    let failed = rows.iter().filter(|row| row.is_err()).count();
    let results = rows
        .iter()
        .map(|row| match row {
            Ok(prediction) => BatchRow::Good(Row::of(chosen, prediction)),
            Err(problem) => BatchRow::Refused { problem },
        })
        .collect();
    json(&Batch { request_id, head: Head::of(chosen), results, failed })
}

pub(super) fn json(body: &impl Serialize) -> Response<Body> {
    let mut bytes = Vec::with_capacity(512);
    match serde_json::to_writer(&mut bytes, body) {
        Ok(()) => {
            let mut response = Response::new(Body::from(bytes));
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
            response
        }
        Err(error) => {
            tracing::error!(%error, "an answer could not be written");
            Problem::from(PredictError::Interrupted).into_response()
        }
    }
}

/// Who answered.
#[derive(serde::Serialize)]
struct Head<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    endpoint: Option<&'a str>,
    model: &'a str,
    version: u32,
    arm: &'a str,
}

#[derive(serde::Serialize)]
struct Row<'a> {
    prediction_id: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    member: Option<Option<&'a str>>,
    outputs: Outputs,
    features_age_ms: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    features: Option<Features<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    explanation: Option<Option<Named<'a>>>,
}

#[derive(serde::Serialize)]
pub(super) struct One<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
    #[serde(flatten)]
    head: Head<'a>,
    #[serde(flatten)]
    row: Row<'a>,
}

#[derive(serde::Serialize)]
struct Batch<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
    #[serde(flatten)]
    head: Head<'a>,
    failed: usize,
    results: Vec<BatchRow<'a>>,
}

#[derive(serde::Serialize)]
#[serde(untagged)]
enum BatchRow<'a> {
    Good(Row<'a>),
    Refused { problem: &'a Problem },
}

impl<'a> One<'a> {
    /// `request_id`: what the client calls its request.
    pub(super) fn of(chosen: &'a Chosen, prediction: &'a Prediction, request_id: Option<&'a str>) -> One<'a> {
        One { request_id, head: Head::of(chosen), row: Row::of(chosen, prediction) }
    }
}

impl<'a> Head<'a> {
    fn of(chosen: &'a Chosen) -> Head<'a> {
        let LoadedModel { name, version, .. } = &*chosen.model;
        Head { endpoint: chosen.endpoint(), model: name, version: *version, arm: chosen.arm() }
    }
}

impl<'a> Row<'a> {
    fn of(chosen: &'a Chosen, prediction: &'a Prediction) -> Row<'a> {
        let model = &*chosen.model;
        Row {
            prediction_id: prediction.id,
            member: prediction.member.as_ref().map(Option::as_deref),
            outputs: Outputs { name: model.output(), value: prediction.value },
            features_age_ms: prediction.features_age_ms,
            features: prediction.features.as_deref().map(|values| Features { model, values }),
            explanation: prediction
                .explanation
                .as_ref()
                .map(|known| known.as_ref().map(|explanation| Named { model, explanation })),
        }
    }
}

/// `{"probability": p}` or `{"value": v}`.
struct Outputs {
    name: &'static str,
    value: f64,
}

impl Serialize for Outputs {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry(self.name, &self.value)?;
        map.end()
    }
}

/// The model's inputs by name.
struct Features<'a> {
    model: &'a LoadedModel,
    values: &'a [Value],
}

impl Serialize for Features<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.values.len()))?;
        for (&column, value) in self.model.inputs.iter().zip(self.values) {
            map.serialize_entry(self.model.view.columns[column].name.as_str(), &Json(value))?;
        }
        map.end()
    }
}

struct Json<'a>(&'a Value);

impl Serialize for Json<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Null => serializer.serialize_unit(),
            Value::Bool(value) => serializer.serialize_bool(*value),
            Value::Int(value) | Value::Interval(value) => serializer.serialize_i64(*value),
            Value::Float(value) => serializer.serialize_f64(*value),
            Value::String(value) => serializer.serialize_str(value),
            Value::Timestamp(at) => match chrono::DateTime::from_timestamp_micros(*at) {
                Some(at) => serializer.serialize_str(&at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true)),
                None => serializer.serialize_i64(*at),
            },
        }
    }
}
