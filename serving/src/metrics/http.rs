//! Requests: how many, how they ended, how long they took and in which phase.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use super::{latency_histogram, phase_histogram};

#[derive(Debug)]
pub struct HttpMetrics {
    requests: Family<Status, Counter>,
    seconds: Family<Route, Histogram, fn() -> Histogram>,
    problems: Family<Code, Counter>,
    /// Requests being answered right now.
    pub in_flight: Gauge,
    /// The phases of `POST /predict` and `/predict/batch`.
    pub phases: PhaseMetrics,
}

/// Seconds spent in each phase of a prediction request.
#[derive(Debug, Clone)]
pub struct PhaseMetrics {
    pub parse: Histogram,
    pub features: Histogram,
    pub predict: Histogram,
    pub encode: Histogram,
}

/// The handles of one route.
#[derive(Debug)]
pub struct RouteMetrics {
    route: &'static str,
    requests: Family<Status, Counter>,
    ok: Counter,
    seconds: Histogram,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Status {
    route: &'static str,
    status: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    route: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Code {
    code: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Phase {
    phase: &'static str,
}

impl HttpMetrics {
    pub(super) fn register(registry: &mut Registry) -> HttpMetrics {
        let requests = Family::default();
        registry.register("http_requests", "Requests answered, by route and status", Family::clone(&requests));
        let seconds = Family::new_with_constructor(latency_histogram as fn() -> Histogram);
        registry.register(
            "http_request_seconds",
            "Time from the request's head to its answer",
            Family::clone(&seconds),
        );
        let problems = Family::default();
        registry.register("http_problems", "Requests answered with a problem, by its code", Family::clone(&problems));
        let in_flight = Gauge::default();
        registry.register("http_in_flight", "Requests being answered right now", in_flight.clone());
        let phases: Family<Phase, Histogram, fn() -> Histogram> =
            Family::new_with_constructor(phase_histogram as fn() -> Histogram);
        registry.register("predict_phase_seconds", "Time of one phase of a prediction request", phases.clone());
        let phase = |phase| phases.get_or_create_owned(&Phase { phase });
        let phases = PhaseMetrics {
            parse: phase("parse"),
            features: phase("features"),
            predict: phase("predict"),
            encode: phase("encode"),
        };
        HttpMetrics { requests, seconds, problems, in_flight, phases }
    }

    pub fn route(&self, route: &'static str) -> RouteMetrics {
        RouteMetrics {
            route,
            requests: self.requests.clone(),
            ok: self.requests.get_or_create_owned(&Status { route, status: 200 }),
            seconds: self.seconds.get_or_create_owned(&Route { route }),
        }
    }

    pub fn problem(&self, code: &'static str) {
        self.problems.get_or_create(&Code { code }).inc();
    }
}

impl RouteMetrics {
    /// Counts an answer.
    pub fn answered(&self, status: u16, seconds: f64) {
        self.seconds.observe(seconds);
        if status == 200 {
            self.ok.inc();
        } else {
            self.requests.get_or_create(&Status { route: self.route, status: u32::from(status) }).inc();
        }
    }
}
