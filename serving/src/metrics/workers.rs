//! Workers: what became of the events of each partition, how far behind it is, and where the time goes.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use super::{latency_histogram, phase_histogram};

#[derive(Debug)]
pub struct WorkersMetrics {
    events: Family<Decided, Counter>,
    predictions: Family<Partition, Counter>,
    lag: Family<Partition, Gauge>,
    keys: Family<Partition, Gauge>,
    overflows: Family<Partition, Gauge>,
    restarts: Family<Partition, Counter>,
    latency: Family<StreamLabel, Histogram, fn() -> Histogram>,
    stages: Family<Stage, Histogram, fn() -> Histogram>,
}

/// The handles of one worker.
#[derive(Debug, Clone)]
pub struct PartitionMetrics {
    pub accepted: Counter,
    pub late: Counter,
    pub duplicate: Counter,
    pub future: Counter,
    /// Not decodable, a required field missing, a check failed, or no event time.
    pub invalid: Counter,
    /// Published on all endpoints' topics.
    pub predictions: Counter,
    /// Events in the log that the worker has not committed yet.
    pub lag: Gauge,
    /// Keys held in the worker's cache.
    pub keys: Gauge,
    /// Integer overflows turned into NULL since the worker started.
    pub overflows: Gauge,
    /// Times that the partition was taken again after a failure.
    pub restarts: Counter,
    /// Seconds from the log's taking an event to its predictions' commit.
    pub latency: Histogram,
    /// Seconds per batch.
    pub decode: Histogram,
    pub features: Histogram,
    pub predict: Histogram,
    pub commit: Histogram,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Decided {
    stream: String,
    partition: u32,
    decision: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Partition {
    stream: String,
    partition: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StreamLabel {
    stream: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Stage {
    stream: String,
    stage: &'static str,
}

impl WorkersMetrics {
    pub(super) fn register(registry: &mut Registry) -> WorkersMetrics {
        let events = Family::default();
        registry.register("stream_events", "Events taken from the log, by what became of them", Family::clone(&events));
        let predictions = Family::default();
        registry.register("stream_predictions", "Predictions published", Family::clone(&predictions));
        let lag = Family::default();
        registry.register("stream_lag_events", "Events in the log that are not committed yet", Family::clone(&lag));
        let keys = Family::default();
        registry.register("stream_keys_cached", "Keys in the worker's cache", Family::clone(&keys));
        let overflows = Family::default();
        registry.register("stream_overflows", "Integer overflows turned into NULL", Family::clone(&overflows));
        let restarts = Family::default();
        registry.register("stream_restarts", "Times a partition was taken again", Family::clone(&restarts));
        let latency = Family::new_with_constructor(latency_histogram as fn() -> Histogram);
        registry.register(
            "stream_latency_seconds",
            "From the log to the committed prediction",
            Family::clone(&latency),
        );
        let stages = Family::new_with_constructor(phase_histogram as fn() -> Histogram);
        registry.register("stream_stage_seconds", "Time of one stage, per batch", Family::clone(&stages));
        WorkersMetrics { events, predictions, lag, keys, overflows, restarts, latency, stages }
    }

    pub fn partition(&self, stream: &str, partition: u32) -> PartitionMetrics {
        let decided =
            |decision| self.events.get_or_create_owned(&Decided { stream: stream.to_owned(), partition, decision });
        let stage = |stage| self.stages.get_or_create_owned(&Stage { stream: stream.to_owned(), stage });
        let labels = Partition { stream: stream.to_owned(), partition };
        PartitionMetrics {
            accepted: decided("accepted"),
            late: decided("late"),
            duplicate: decided("duplicate"),
            future: decided("future"),
            invalid: decided("invalid"),
            predictions: self.predictions.get_or_create_owned(&labels),
            lag: self.lag.get_or_create_owned(&labels),
            keys: self.keys.get_or_create_owned(&labels),
            overflows: self.overflows.get_or_create_owned(&labels),
            restarts: self.restarts.get_or_create_owned(&labels),
            latency: self.latency.get_or_create_owned(&StreamLabel { stream: stream.to_owned() }),
            decode: stage("decode"),
            features: stage("features"),
            predict: stage("predict"),
            commit: stage("commit"),
        }
    }
}
