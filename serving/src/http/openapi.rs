//! `GET /openapi.json`: the interface in a form that client generators and API explorers read.

use axum::http::header;
use axum::response::IntoResponse;

/// Written by hand; the tests hold it to the routes and to every problem that they meet.
pub(super) const DESCRIPTION: &str = include_str!("openapi.json");

pub(super) async fn description() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], DESCRIPTION)
}
