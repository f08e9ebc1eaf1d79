//! The skew check: what was compared, what differed, and what could not be compared.

use features::plan::View;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

#[derive(Debug)]
pub struct SkewMetrics {
    rows: Family<ViewLabel, Counter>,
    mismatches: Family<FeatureLabel, Counter>,
    missing: Family<SideLabel, Counter>,
    nulls: Family<NullLabel, Counter>,
    shed: Family<StreamLabel, Counter>,
    unchecked: Family<ReasonLabel, Counter>,
    waiting: Family<StreamLabel, Gauge>,
    lag: Family<StreamLabel, Gauge>,
    keys: Family<StreamLabel, Gauge>,
    failures: Family<StreamLabel, Counter>,
}

/// The handles of one stream's check.
#[derive(Debug, Clone)]
pub struct SkewStreamMetrics {
    /// Rows that found no room on the tray.
    pub shed: Counter,
    /// Rows of keys whose events are not all in the log any more.
    pub unchecked_history: Counter,
    /// Rows of keys with more events than are recomputed.
    pub unchecked_long: Counter,
    /// Rows of keys that were given up to bound the memory.
    pub unchecked_share: Counter,
    /// A pass failed over them.
    pub unchecked_failed: Counter,
    /// Rows handed over and not yet checked.
    pub waiting: Gauge,
    /// Of the last rows checked: seconds since the log took the oldest.
    pub lag: Gauge,
    /// Keys that are followed.
    pub keys: Gauge,
    /// Passes that failed and are made again.
    pub failures: Counter,
}

/// The handles of one view.
#[derive(Debug, Clone)]
pub struct SkewViewMetrics {
    pub rows: Counter,
    /// Rows that were served and are not recomputed.
    pub not_recomputed: Counter,
    /// Rows that are recomputed and were not served.
    pub not_served: Counter,
    /// One per column of the view.
    pub features: Vec<SkewFeatureMetrics>,
}

#[derive(Debug, Clone)]
pub struct SkewFeatureMetrics {
    pub mismatches: Counter,
    pub nulls_served: Counter,
    pub nulls_recomputed: Counter,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StreamLabel {
    stream: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReasonLabel {
    stream: String,
    reason: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ViewLabel {
    view: String,
    view_hash: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SideLabel {
    view: String,
    view_hash: String,
    missing: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct FeatureLabel {
    view: String,
    view_hash: String,
    feature: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct NullLabel {
    view: String,
    view_hash: String,
    feature: String,
    side: &'static str,
}

impl SkewViewMetrics {
    /// Values that differ, of all features.
    pub fn mismatches(&self) -> u64 {
        self.features.iter().map(|feature| feature.mismatches.get()).sum()
    }

    /// Rows that only one side has.
    pub fn missing_rows(&self) -> u64 {
        self.not_recomputed.get() + self.not_served.get()
    }
}

impl SkewMetrics {
    pub(super) fn register(registry: &mut Registry) -> SkewMetrics {
        let rows = Family::default();
        registry.register("skew_rows", "Served rows compared with the batch host's", Family::clone(&rows));
        let mismatches = Family::default();
        registry.register("skew_mismatches", "Values that were served with other bits", Family::clone(&mismatches));
        let missing = Family::default();
        registry.register("skew_missing_rows", "Rows that only one side has", Family::clone(&missing));
        let nulls = Family::default();
        registry.register("skew_nulls", "NULLs among the values compared", Family::clone(&nulls));
        let shed = Family::default();
        registry.register("skew_rows_shed", "Rows handed over while the check had no room", Family::clone(&shed));
        let unchecked = Family::default();
        registry.register("skew_rows_unchecked", "Rows that could not be recomputed", Family::clone(&unchecked));
        let waiting = Family::default();
        registry.register("skew_rows_waiting", "Rows handed over and not yet checked", Family::clone(&waiting));
        let lag = Family::default();
        registry.register(
            "skew_lag_seconds",
            "Age of the oldest row of the last pass when it was checked",
            Family::clone(&lag),
        );
        let keys = Family::default();
        registry.register("skew_keys", "Keys that are followed", Family::clone(&keys));
        let failures = Family::default();
        registry.register("skew_failures", "Times that a pass of the check failed", Family::clone(&failures));
        SkewMetrics { rows, mismatches, missing, nulls, shed, unchecked, waiting, lag, keys, failures }
    }

    pub fn stream(&self, stream: &str) -> SkewStreamMetrics {
        let label = StreamLabel { stream: stream.to_owned() };
        let unchecked = |reason| self.unchecked.get_or_create_owned(&ReasonLabel { stream: stream.to_owned(), reason });
        SkewStreamMetrics {
            shed: self.shed.get_or_create_owned(&label),
            unchecked_history: unchecked("history"),
            unchecked_long: unchecked("long"),
            unchecked_share: unchecked("share"),
            unchecked_failed: unchecked("failed"),
            waiting: self.waiting.get_or_create_owned(&label),
            lag: self.lag.get_or_create_owned(&label),
            keys: self.keys.get_or_create_owned(&label),
            failures: self.failures.get_or_create_owned(&label),
        }
    }

    pub fn view(&self, view: &View) -> SkewViewMetrics {
        let (name, hash) = (view.name.to_string(), view.hash.to_string());
        let missing = |missing| {
            let labels = SideLabel { view: name.clone(), view_hash: hash.clone(), missing };
            self.missing.get_or_create_owned(&labels)
        };
        let feature = |column: &features::plan::Column| {
            let labels = FeatureLabel { view: name.clone(), view_hash: hash.clone(), feature: column.name.to_string() };
            let nulls = |side| {
                let FeatureLabel { view, view_hash, feature } = labels.clone();
                self.nulls.get_or_create_owned(&NullLabel { view, view_hash, feature, side })
            };
            SkewFeatureMetrics {
                mismatches: self.mismatches.get_or_create_owned(&labels),
                nulls_served: nulls("served"),
                nulls_recomputed: nulls("recomputed"),
            }
        };
        SkewViewMetrics {
            rows: self.rows.get_or_create_owned(&ViewLabel { view: name.clone(), view_hash: hash.clone() }),
            not_recomputed: missing("recomputed"),
            not_served: missing("served"),
            features: view.columns.iter().map(feature).collect(),
        }
    }
}
