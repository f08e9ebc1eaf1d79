//! What the server counts and times, in Prometheus form. Handles are cheap to clone and to count with: whoever counts
//! often asks for its handles once and keeps them.

mod http;
mod models;
mod outcomes;
mod prediction_log;
mod requests;
mod sinks;
mod skew;
mod workers;

use prometheus_client::encoding::text;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

pub use http::{HttpMetrics, PhaseMetrics, RouteMetrics};
pub use models::{ModelMetrics, ModelsMetrics};
pub use outcomes::OutcomeMetrics;
pub use prediction_log::PredictionLogMetrics;
pub use requests::{RequestMetrics, RequestsMetrics};
pub use sinks::{SinkMetrics, SinksMetrics};
pub use skew::{SkewFeatureMetrics, SkewMetrics, SkewStreamMetrics, SkewViewMetrics};
pub use workers::{PartitionMetrics, WorkersMetrics};

/// Every metric of one server; shared behind an `Arc`.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    pub http: HttpMetrics,
    pub models: ModelsMetrics,
    pub workers: WorkersMetrics,
    pub requests: RequestsMetrics,
    pub sinks: SinksMetrics,
    pub skew: SkewMetrics,
    pub prediction_log: PredictionLogMetrics,
    pub outcomes: OutcomeMetrics,
}

impl Metrics {
    pub fn new() -> Metrics {
        let mut registry = Registry::with_prefix("clutch");
        let http = HttpMetrics::register(&mut registry);
        let models = ModelsMetrics::register(&mut registry);
        let workers = WorkersMetrics::register(&mut registry);
        let requests = RequestsMetrics::register(&mut registry);
        let sinks = SinksMetrics::register(&mut registry);
        let skew = SkewMetrics::register(&mut registry);
        let prediction_log = PredictionLogMetrics::register(&mut registry);
        let outcomes = OutcomeMetrics::register(&mut registry);
        Metrics { registry, http, models, workers, requests, sinks, skew, prediction_log, outcomes }
    }

    /// The OpenMetrics text of `GET /metrics`.
    pub fn encode(&self) -> String {
        let mut out = String::new();
        if let Err(error) = text::encode(&mut out, &self.registry) {
            tracing::error!(%error, "metrics could not be written");
        }
        out
    }
}

impl Default for Metrics {
    fn default() -> Metrics {
        Metrics::new()
    }
}

/// Upper bounds in seconds of what a client waits for: 50 µs to 10 s.
const LATENCY_SECONDS: [f64; 17] = [
    50e-6, 100e-6, 250e-6, 500e-6, 1e-3, 2.5e-3, 5e-3, 10e-3, 25e-3, 50e-3, 100e-3, 250e-3, 500e-3, 1.0, 2.5, 5.0, 10.0,
];

/// Upper bounds in seconds of one phase of that: most take a few microseconds.
const PHASE_SECONDS: [f64; 14] =
    [1e-6, 2e-6, 5e-6, 10e-6, 20e-6, 50e-6, 100e-6, 250e-6, 500e-6, 1e-3, 5e-3, 25e-3, 100e-3, 1.0];

fn latency_histogram() -> Histogram {
    Histogram::new(LATENCY_SECONDS)
}

fn phase_histogram() -> Histogram {
    Histogram::new(PHASE_SECONDS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_ascend() {
        assert!(LATENCY_SECONDS.is_sorted_by(|a, b| a < b));
        assert!(PHASE_SECONDS.is_sorted_by(|a, b| a < b));
    }

    #[test]
    fn every_family_is_written_under_its_name() {
        let metrics = Metrics::new();
        let model = metrics.models.model("win", 3, &["down".into()]);
        model.answered.inc();
        model.missing_input(0);
        metrics.models.served("win_probability", "win", Some(3));
        metrics.http.route("/predict").answered(200, 120e-6);
        metrics.workers.partition("plays", 1).late.inc_by(2);
        let text = metrics.encode();
        for line in [
            r#"clutch_predictions_total{model="win",version="3",source="http"} 1"#,
            r#"clutch_missing_inputs_total{model="win",version="3",feature="down"} 1"#,
            r#"clutch_model_served{endpoint="win_probability",model="win"} 3"#,
            r#"clutch_http_requests_total{route="/predict",status="200"} 1"#,
            r#"clutch_http_request_seconds_bucket{le="0.00025",route="/predict"} 1"#,
            r#"clutch_stream_events_total{stream="plays",partition="1",decision="late"} 2"#,
        ] {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
    }

    #[test]
    fn an_endpoint_without_a_version_is_not_listed_as_served() {
        let metrics = Metrics::new();
        metrics.models.served("win_probability", "win", Some(3));
        metrics.models.served("win_probability", "win", None);
        assert!(!metrics.encode().contains("clutch_model_served{"));
    }
}
