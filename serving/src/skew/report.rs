//! What the check of a stream tells those who ask.

use crate::metrics::{SkewStreamMetrics, SkewViewMetrics};

/// Since the server started.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct SkewReport {
    /// The share of keys that is followed: the declared one, or less where memory would not have sufficed.
    pub share: f64,
    /// Rows compared, each view's by itself.
    pub rows_checked: u64,
    /// Values that differ.
    pub mismatches: u64,
    /// Rows that were served and are not recomputed, or the other way.
    pub missing_rows: u64,
    pub rows_waiting: u64,
    pub rows_shed: u64,
    /// Rows whose events are not all at hand.
    pub rows_unchecked: u64,
    /// Why nothing is being checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl SkewReport {
    pub(super) fn add_stream(&mut self, metrics: &SkewStreamMetrics) {
        self.rows_waiting = metrics.waiting.get().max(0).cast_unsigned();
        self.rows_shed = metrics.shed.get();
        let unchecked = [&metrics.unchecked_history, &metrics.unchecked_long, &metrics.unchecked_share];
        self.rows_unchecked = unchecked.iter().map(|counter| counter.get()).sum();
    }

    pub(super) fn add_view(&mut self, metrics: &SkewViewMetrics) {
        self.rows_checked += metrics.rows.get();
        self.missing_rows += metrics.missing_rows();
        self.mismatches += metrics.mismatches();
    }
}
