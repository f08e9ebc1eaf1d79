//! Sinks: how much is in their files, and how often they failed.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

#[derive(Debug)]
pub struct SinksMetrics {
    written: Family<SinkLabel, Counter>,
    failures: Family<SinkLabel, Counter>,
}

/// The handles of one sink.
#[derive(Debug, Clone)]
pub struct SinkMetrics {
    /// Predictions on the disk, since the start.
    pub written: Counter,
    /// Attempts that failed and are made again.
    pub failures: Counter,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SinkLabel {
    sink: String,
}

impl SinksMetrics {
    pub(super) fn register(registry: &mut Registry) -> SinksMetrics {
        let written = Family::default();
        registry.register("sink_rows", "Predictions written to a sink's files", Family::clone(&written));
        let failures = Family::default();
        registry.register("sink_failures", "Times that a sink could not write", Family::clone(&failures));
        SinksMetrics { written, failures }
    }

    pub fn sink(&self, sink: &str) -> SinkMetrics {
        let label = SinkLabel { sink: sink.to_owned() };
        SinkMetrics {
            written: self.written.get_or_create_owned(&label),
            failures: self.failures.get_or_create_owned(&label),
        }
    }
}
