//! `GET /models/status`: what serves each endpoint, and what was refused.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::Response;

use super::answer;
use super::router::App;
use crate::routing::{Awaited, Refused, Route};
use crate::skew::Checks;

#[derive(serde::Serialize)]
struct Status<'a> {
    endpoints: Vec<EndpointStatus<'a>>,
}

#[derive(serde::Serialize)]
struct EndpointStatus<'a> {
    endpoint: &'a str,
    model: &'a str,
    /// `serving`: the champion; `awaiting`: an older version, until the champion's view is built up, see `awaited`;
    /// `fallback`: an older version, see `refused`; `unavailable`: nothing.
    status: &'static str,
    champion: Option<u32>,
    serving: Option<Serving>,
    awaited: Option<Awaited>,
    refused: Option<Refused>,
    /// What the skew check has found of the view that serves; `null` where nothing was checked.
    skew: Option<Skew>,
}

#[derive(serde::Serialize)]
struct Skew {
    rows_checked: u64,
    mismatches: u64,
    missing_rows: u64,
}

#[derive(serde::Serialize)]
struct Serving {
    version: u32,
    algorithm: String,
    view: String,
    view_hash: String,
    features: usize,
    output: &'static str,
}

pub(super) async fn status(State(app): State<Arc<App>>) -> Response<Body> {
    let routes = app.service.routes();
    answer::json(&Status { endpoints: routes.routes.iter().map(|route| endpoint(route, &app.checks)).collect() })
}

fn endpoint<'a>(route: &'a Route, checks: &Checks) -> EndpointStatus<'a> {
    let status = route.status();
    let loaded = route.champion.load_full();
    let awaited = route.awaited();
    let skew = loaded.as_ref().and_then(|model| checks.view(&model.view.hash)).map(|counts| Skew {
        rows_checked: counts.rows.get(),
        mismatches: counts.mismatches(),
        missing_rows: counts.missing_rows(),
    });
    let serving = loaded.map(|model| Serving {
        version: model.version,
        algorithm: model.artifact.manifest().algorithm.name.clone(),
        view: model.view.name.to_string(),
        view_hash: model.view.hash.to_string(),
        features: model.inputs.len(),
        output: model.output(),
    });
    EndpointStatus {
        endpoint: &route.endpoint.name,
        model: &route.endpoint.model,
        status: match (&serving, &status.refused, &awaited) {
            (None, _, _) => "unavailable",
            (Some(_), Some(_), _) => "fallback",
            (Some(_), None, Some(_)) => "awaiting",
            (Some(_), None, None) => "serving",
        },
        champion: status.champion,
        serving,
        awaited,
        refused: status.refused.clone(),
        skew,
    }
}
