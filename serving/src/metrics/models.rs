//! Models: which versions serve, how much they predicted, and which inputs they had to do without.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

#[derive(Debug)]
pub struct ModelsMetrics {
    predictions: Family<Source, Counter>,
    missing: Family<Feature, Counter>,
    served: Family<Served, Gauge>,
    broken: Family<Served, Gauge>,
    /// Times that the routes were brought up to date with the registry.
    pub refreshes: Counter,
    /// Times that the registry could not be read.
    pub refresh_failures: Counter,
}

/// The handles of one model version.
#[derive(Debug, Clone)]
pub struct ModelMetrics {
    /// Predictions given over HTTP.
    pub answered: Counter,
    /// Predictions published by the workers.
    pub streamed: Counter,
    /// One per input, in the model's order.
    missing: Vec<Counter>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Source {
    model: String,
    version: u32,
    source: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Feature {
    model: String,
    version: u32,
    feature: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Served {
    endpoint: String,
    model: String,
}

impl ModelsMetrics {
    pub(super) fn register(registry: &mut Registry) -> ModelsMetrics {
        let predictions = Family::default();
        registry.register("predictions", "Predictions given, by model version and where", Family::clone(&predictions));
        let missing = Family::default();
        registry.register(
            "missing_inputs",
            "Model inputs that were NULL and took the model's imputation",
            Family::clone(&missing),
        );
        let served = Family::default();
        registry.register("model_served", "The version that serves an endpoint", Family::clone(&served));
        let broken = Family::default();
        registry.register(
            "model_broken",
            "The champion version that an endpoint could not take; the last good one serves on",
            Family::clone(&broken),
        );
        let refreshes = Counter::default();
        registry.register("route_refreshes", "Times the routes followed the registry", refreshes.clone());
        let refresh_failures = Counter::default();
        registry.register("route_refresh_failures", "Times the registry could not be read", refresh_failures.clone());
        ModelsMetrics { predictions, missing, served, broken, refreshes, refresh_failures }
    }

    /// The handles of a version; `features` are its inputs, in order.
    pub fn model(&self, model: &str, version: u32, features: &[String]) -> ModelMetrics {
        let counter =
            |source| self.predictions.get_or_create_owned(&Source { model: model.to_owned(), version, source });
        let missing = |feature: &String| {
            let feature = feature.clone();
            self.missing.get_or_create_owned(&Feature { model: model.to_owned(), version, feature })
        };
        ModelMetrics {
            answered: counter("http"),
            streamed: counter("stream"),
            missing: features.iter().map(missing).collect(),
        }
    }

    /// The version that serves `endpoint` from now on.
    pub fn served(&self, endpoint: &str, model: &str, version: Option<u32>) {
        set(&self.served, endpoint, model, version);
    }

    /// The version that `endpoint` should serve and cannot.
    pub fn broken(&self, endpoint: &str, model: &str, version: Option<u32>) {
        set(&self.broken, endpoint, model, version);
    }
}

impl ModelMetrics {
    /// Counts one NULL input, by its place among the model's inputs.
    pub fn missing_input(&self, input: usize) {
        if let Some(counter) = self.missing.get(input) {
            counter.inc();
        }
    }
}

fn set(family: &Family<Served, Gauge>, endpoint: &str, model: &str, version: Option<u32>) {
    let labels = Served { endpoint: endpoint.to_owned(), model: model.to_owned() };
    match version {
        Some(version) => {
            family.get_or_create(&labels).set(i64::from(version));
        }
        None => {
            family.remove(&labels);
        }
    }
}
