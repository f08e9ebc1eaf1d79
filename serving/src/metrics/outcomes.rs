//! Outcomes: what became of those that were told.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

use crate::outcome::Verdict;

#[derive(Debug, Clone)]
pub struct OutcomeMetrics {
    told: Family<Became, Counter>,
    /// Records of outcome streams that are none.
    pub invalid: Counter,
    /// Attempts to keep outcomes that failed.
    pub failures: Counter,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Became {
    became: &'static str,
}

impl OutcomeMetrics {
    pub(super) fn register(registry: &mut Registry) -> OutcomeMetrics {
        let told = Family::default();
        registry.register("outcomes", "What became of outcomes that were told", Family::clone(&told));
        let invalid = Counter::default();
        registry.register(
            "outcome_records_invalid",
            "Records of outcomes topics that are no outcomes",
            invalid.clone(),
        );
        let failures = Counter::default();
        registry.register("outcome_failures", "Times that outcomes could not be kept", failures.clone());
        OutcomeMetrics { told, invalid, failures }
    }

    pub fn told(&self, verdict: &Verdict) {
        let became = match verdict {
            Verdict::Recorded { .. } => "recorded",
            Verdict::Pending => "pending",
            Verdict::Repeated => "repeated",
            Verdict::Corrected { .. } => "corrected",
            Verdict::Contradicts { .. } => "contradicts",
            Verdict::Mistyped { .. } => "mistyped",
            Verdict::TooLate => "too_late",
        };
        self.told.get_or_create(&Became { became }).inc();
    }
}
