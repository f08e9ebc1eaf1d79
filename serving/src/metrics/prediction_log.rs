//! The prediction log: what became of predictions, and how many wait.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// The handles of the log.
#[derive(Debug, Clone)]
pub struct PredictionLogMetrics {
    /// In the tables, since the start.
    pub written: Counter,
    /// Put into the spool on their way there.
    pub spooled: Counter,
    /// Lost: there was no room for them.
    pub dropped: Counter,
    /// Streamed ones that the tables have.
    pub streamed: Counter,
    /// Sent to a topic because their endpoint says so; and those that the topic did not take.
    pub to_topic: Counter,
    pub not_to_topic: Counter,
    /// Attempts to write that failed and are made again.
    pub failures: Counter,
    /// In memory.
    pub waiting: Gauge,
    pub spool_bytes: Gauge,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Became {
    became: &'static str,
}

impl PredictionLogMetrics {
    pub(super) fn register(registry: &mut Registry) -> PredictionLogMetrics {
        let records: Family<Became, Counter> = Family::default();
        registry.register("prediction_log_records", "What became of predictions to be logged", records.clone());
        let failures = Counter::default();
        registry.register("prediction_log_failures", "Times that the tables could not be written", failures.clone());
        let waiting = Gauge::default();
        registry.register("prediction_log_waiting", "Predictions that wait in memory for the tables", waiting.clone());
        let spool_bytes = Gauge::default();
        registry.register("prediction_log_spool_bytes", "Bytes in the spool", spool_bytes.clone());
        let became = |became| records.get_or_create_owned(&Became { became });
        PredictionLogMetrics {
            written: became("written"),
            spooled: became("spooled"),
            dropped: became("dropped"),
            streamed: became("streamed"),
            to_topic: became("to_topic"),
            not_to_topic: became("not_to_topic"),
            failures,
            waiting,
            spool_bytes,
        }
    }
}
