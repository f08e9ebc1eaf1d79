//! Refusals as clients see them: `application/problem+json` with a stable `code`. The only file that maps errors to
//! statuses. What the client can mend is told in full; what it cannot is logged, and never leaves the server.

mod outcomes;

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use axum::response::IntoResponse;
use features::host::{KeyError, RequestError};
use features::online::StoreError;
use models::registry::RegistryError;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::error::HttpError;
use crate::outcome::IntakeError;
use crate::predict::{InputProblem, KeyProblem, PredictError};
use crate::routing::DirectError;

/// The body of a refusal.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Problem {
    #[serde(rename = "type")]
    kind: String,
    title: &'static str,
    status: u16,
    /// Stable: what programs branch on.
    pub code: &'static str,
    /// For people.
    detail: String,
    /// What helps to mend it: `field`, `nearest`, `missing`, …
    #[serde(flatten)]
    extra: Map<String, Value>,
    #[serde(skip)]
    retry_after_seconds: Option<u32>,
}

impl Problem {
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

/// Status, code and title of each refusal; what else helps; and whether the error's text is for the client.
struct Entry {
    status: StatusCode,
    code: &'static str,
    title: &'static str,
    extra: Value,
    /// The client is told this in place of the error's own text.
    detail: Option<String>,
}

impl From<HttpError> for Problem {
    fn from(error: HttpError) -> Problem {
        let Entry { status, code, title, extra, detail } = entry(&error);
        let retry_after_seconds = match &error {
            HttpError::Overloaded { retry_after_seconds } => Some(*retry_after_seconds),
            HttpError::Outcomes(_) => Some(1),
            _ if status == StatusCode::SERVICE_UNAVAILABLE => Some(1),
            _ => None,
        };
        Problem {
            kind: format!("urn:clutch:problem:{code}"),
            title,
            status: status.as_u16(),
            code,
            detail: detail.unwrap_or_else(|| error.to_string()),
            extra: if let Value::Object(extra) = extra { extra } else { Map::new() },
            retry_after_seconds,
        }
    }
}

impl From<PredictError> for Problem {
    fn from(error: PredictError) -> Problem {
        HttpError::Predict(error).into()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response<Body> {
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = self.status();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = self.retry_after_seconds {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response.extensions_mut().insert(Code(self.code));
        response
    }
}

impl IntoResponse for HttpError {
    fn into_response(self) -> Response<Body> {
        Problem::from(self).into_response()
    }
}

/// Tells the metrics which problem a response carries.
#[derive(Debug, Clone, Copy)]
pub(super) struct Code(pub(super) &'static str);

fn entry(error: &HttpError) -> Entry {
    use StatusCode as S;
    match error {
        HttpError::NotUtf8 { at } => {
            plain(S::BAD_REQUEST, "invalid_utf8", "The body is not UTF-8").with(json!({ "at": at }))
        }
        HttpError::MalformedJson { .. } => plain(S::BAD_REQUEST, "malformed_json", "The body is not JSON"),
        HttpError::TooDeep { limit } => {
            plain(S::BAD_REQUEST, "nested_too_deeply", "The body nests too deeply").with(json!({ "limit": limit }))
        }
        HttpError::TooLarge { limit } => {
            plain(S::PAYLOAD_TOO_LARGE, "body_too_large", "The body is too large").with(json!({ "limit_bytes": limit }))
        }
        HttpError::MediaType => plain(S::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", "The body must be JSON"),
        HttpError::BodyInterrupted => plain(S::BAD_REQUEST, "body_interrupted", "The body broke off"),
        HttpError::InvalidRequest { .. } => {
            plain(S::UNPROCESSABLE_ENTITY, "invalid_request", "The request is not understood")
        }
        HttpError::BatchSize { limit, .. } => {
            plain(S::UNPROCESSABLE_ENTITY, "batch_size", "Too few or too many rows").with(json!({ "limit": limit }))
        }
        HttpError::NotFound => plain(S::NOT_FOUND, "not_found", "Nothing is here"),
        HttpError::MethodNotAllowed => plain(S::METHOD_NOT_ALLOWED, "method_not_allowed", "Another method is needed"),
        HttpError::Overloaded { .. } => plain(S::TOO_MANY_REQUESTS, "overloaded", "Too many requests at once"),
        HttpError::Timeout { .. } => plain(S::SERVICE_UNAVAILABLE, "timeout", "The request took too long"),
        HttpError::NotReady { waiting_for } => plain(S::SERVICE_UNAVAILABLE, "not_ready", "The server is not ready")
            .with(json!({ "waiting_for": waiting_for })),
        HttpError::Predict(error) => predict_entry(error),
        HttpError::Feedback(error) => outcomes::entry(error),
        HttpError::ContradictoryOutcome { known } => {
            plain(S::CONFLICT, "contradictory_outcome", "Another outcome is known").with(json!({ "known": known }))
        }
        HttpError::MistypedOutcome { expected } => {
            plain(S::UNPROCESSABLE_ENTITY, "mistyped_outcome", "An outcome has the wrong type")
                .with(json!({ "field": "outcome", "expected": expected }))
        }
        HttpError::OutcomeTooLate => plain(S::GONE, "outcome_too_late", "The prediction is no longer kept"),
        HttpError::Outcomes(IntakeError::Full) => {
            plain(S::TOO_MANY_REQUESTS, "overloaded", "Too many requests at once")
        }
        HttpError::Outcomes(IntakeError::Tables) => {
            plain(S::SERVICE_UNAVAILABLE, "outcomes_unavailable", "Outcomes cannot be kept")
        }
    }
}

fn predict_entry(error: &PredictError) -> Entry {
    use StatusCode as S;
    match error {
        PredictError::UnknownEndpoint { nearest, .. } => {
            plain(S::NOT_FOUND, "unknown_endpoint", "No such endpoint").with(json!({ "nearest": nearest }))
        }
        PredictError::NoChampion { endpoint, model } => {
            plain(S::SERVICE_UNAVAILABLE, "model_unavailable", "No model version serves this endpoint")
                .with(json!({ "endpoint": endpoint, "model": model }))
        }
        PredictError::InvalidReference(_) => {
            plain(S::UNPROCESSABLE_ENTITY, "invalid_model_reference", "Not a model reference")
        }
        PredictError::Direct { reference, source } => direct_entry(reference, source),
        PredictError::Event(invalid) => plain(S::UNPROCESSABLE_ENTITY, "invalid_event", "The event is invalid")
            .saying(match &invalid.field {
                Some(field) => format!("field `{field}`: {}", invalid.reason),
                None => invalid.reason.clone(),
            })
            .with(json!({ "stage": invalid.stage, "field": invalid.field })),
        PredictError::Request(RequestError::Late { by_ms }) => {
            plain(S::UNPROCESSABLE_ENTITY, "late_event", "The event is too old").with(json!({ "late_by_ms": by_ms }))
        }
        PredictError::Request(RequestError::Dropped) => {
            plain(S::UNPROCESSABLE_ENTITY, "dropped_by_view", "The view does not keep this event")
        }
        PredictError::Input(problem) => input_entry(problem),
        PredictError::Key(problem) => key_entry(problem),
        PredictError::ViewNotReady { progress, view, .. } => {
            plain(S::SERVICE_UNAVAILABLE, "view_not_ready", "The view is being built up")
                .with(json!({ "view": view, "percent": progress.percent, "problem": progress.problem }))
        }
        PredictError::NoRow(KeyError::NoRow) => plain(S::NOT_FOUND, "unknown_key", "Nothing is known of this key"),
        PredictError::NoRow(KeyError::Idle) => plain(S::NOT_FOUND, "idle_key", "The key has been idle for too long"),
        PredictError::NoRow(KeyError::AsOfTooEarly { by_ms }) => {
            plain(S::UNPROCESSABLE_ENTITY, "as_of_too_early", "The time asked for has passed")
                .with(json!({ "by_ms": by_ms }))
        }
        PredictError::AsOfWithoutTimes { .. } => {
            plain(S::UNPROCESSABLE_ENTITY, "as_of_without_times", "The stream has no times")
        }
        PredictError::Store(StoreError::KeyTooLong { .. }) => {
            plain(S::UNPROCESSABLE_ENTITY, "invalid_key", "The key is not the stream's key")
                .saying("the key is longer than a store takes")
        }
        PredictError::Store(_) | PredictError::State(_) => {
            plain(S::SERVICE_UNAVAILABLE, "features_unavailable", "The features cannot be fetched")
                .saying("the key's state cannot be fetched at the moment")
        }
        PredictError::NoPrediction { .. } => {
            plain(S::UNPROCESSABLE_ENTITY, "no_prediction", "The model has no prediction for these features")
        }
        PredictError::Interrupted => plain(S::INTERNAL_SERVER_ERROR, "internal", "The server failed")
            .saying("the request failed inside the server; its log tells why"),
    }
}

fn direct_entry(reference: &str, error: &DirectError) -> Entry {
    use StatusCode as S;
    let unavailable = || {
        plain(S::SERVICE_UNAVAILABLE, "model_unavailable", "The model version cannot be used")
            .saying(format!("`{reference}` cannot be used at the moment"))
    };
    match error {
        DirectError::Unknown(RegistryError::UnknownModel { name, nearest }) => {
            plain(S::NOT_FOUND, "unknown_model", "No such model")
                .saying(format!("the registry has no model `{name}`"))
                .with(json!({ "nearest": nearest }))
        }
        DirectError::Unknown(RegistryError::UnknownVersion { model, number, newest }) => {
            plain(S::NOT_FOUND, "unknown_model_version", "No such version")
                .saying(format!("model `{model}` has no version {number}"))
                .with(json!({ "newest": newest }))
        }
        DirectError::Unknown(RegistryError::UnknownAlias { model, alias, nearest }) => {
            plain(S::NOT_FOUND, "unknown_model_alias", "No such alias")
                .saying(format!("model `{model}` has no alias `{alias}`"))
                .with(json!({ "nearest": nearest }))
        }
        DirectError::Unknown(RegistryError::Name { reason, .. }) => {
            plain(S::UNPROCESSABLE_ENTITY, "invalid_model_reference", "Not a model reference")
                .saying(format!("`{reference}` is no model reference: {reason}"))
        }
        DirectError::Unknown(
            RegistryError::Broken { .. }
            | RegistryError::AliasMoved { .. }
            | RegistryError::Full { .. }
            | RegistryError::Unstorable { .. }
            | RegistryError::Damaged { .. }
            | RegistryError::Newer { .. }
            | RegistryError::Io { .. },
        )
        | DirectError::Unusable { .. }
        | DirectError::Interrupted => unavailable(),
    }
}

fn input_entry(problem: &InputProblem) -> Entry {
    let (code, title, extra) = match problem {
        InputProblem::Unknown { name, nearest } => {
            ("unknown_feature", "Unknown feature", json!({ "field": name, "nearest": nearest }))
        }
        InputProblem::Missing { names } => ("missing_feature", "A feature is missing", json!({ "missing": names })),
        InputProblem::Twice { name } => ("duplicate_feature", "A feature is given twice", json!({ "field": name })),
        InputProblem::Mistyped { name, expected, .. } => {
            ("mistyped_feature", "A feature has the wrong type", json!({ "field": name, "expected": expected }))
        }
        InputProblem::NotAnObject => {
            ("invalid_request", "The request is not understood", json!({ "field": "features" }))
        }
    };
    plain(StatusCode::UNPROCESSABLE_ENTITY, code, title).with(extra)
}

fn key_entry(problem: &KeyProblem) -> Entry {
    let extra = match problem {
        KeyProblem::Unknown { name, nearest, .. } => json!({ "field": name, "nearest": nearest }),
        KeyProblem::Missing { names } => json!({ "missing": names }),
        KeyProblem::Twice { name } => json!({ "field": name }),
        KeyProblem::Mistyped { name, expected, .. } => json!({ "field": name, "expected": expected }),
        KeyProblem::NotAnObject => json!({ "field": "key" }),
    };
    plain(StatusCode::UNPROCESSABLE_ENTITY, "invalid_key", "The key is not the stream's key").with(extra)
}

fn plain(status: StatusCode, code: &'static str, title: &'static str) -> Entry {
    Entry { status, code, title, extra: Value::Null, detail: None }
}

impl Entry {
    /// Adds members; nulls are left out.
    fn with(mut self, extra: Value) -> Entry {
        if let Value::Object(mut members) = extra {
            members.retain(|_, value| !value.is_null());
            self.extra = Value::Object(members);
        }
        self
    }

    fn saying(mut self, detail: impl Into<String>) -> Entry {
        self.detail = Some(detail.into());
        self
    }
}
