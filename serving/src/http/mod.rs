//! HTTP: the routes, what their bodies look like, and what a refusal looks like. The only place that knows axum.

mod answer;
mod body;
mod connections;
mod envelope;
mod error;
mod exchange;
mod failures;
mod feedback;
mod health;
mod limits;
mod models;
mod openapi;
mod predict;
mod problem;
mod router;

pub use connections::serve_connections;
pub use exchange::Exchange;
pub use health::Readiness;
pub use limits::Limits;
pub use problem::Problem;
pub use router::{App, router};

#[cfg(test)]
mod tests;
