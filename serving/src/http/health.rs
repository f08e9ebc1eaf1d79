//! `GET /healthz`: the process answers. `GET /readyz`: it can be given work.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::Response;
use axum::response::IntoResponse;
use serde_json::json;

use super::answer;
use super::error::HttpError;
use super::router::App;

/// Knows what the server still waits for.
pub trait Readiness: Send + Sync + std::fmt::Debug {
    /// In words for people; empty when ready.
    fn waiting_for(&self) -> Vec<String>;
}

pub(super) async fn healthz() -> Response<Body> {
    answer::json(&json!({ "status": "ok" }))
}

pub(super) async fn readyz(State(app): State<Arc<App>>) -> Response<Body> {
    let waiting_for = app.readiness.waiting_for();
    if waiting_for.is_empty() {
        answer::json(&json!({ "status": "ready" }))
    } else {
        HttpError::NotReady { waiting_for }.into_response()
    }
}

pub(super) async fn metrics(State(app): State<Arc<App>>) -> Response<Body> {
    const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(axum::http::header::CONTENT_TYPE, OPEN_METRICS)], app.metrics.encode()).into_response()
}
