//! How long predictions took, by stage.

use features::value::Micros;
use serde_json::{Value, json};

use crate::table::table;

/// Microseconds that one prediction spent in each stage.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Latency {
    /// From the log's taking the event to the watcher's seeing its prediction.
    pub(super) total: Micros,
    /// In the log, until the worker read it.
    pub(super) queue: Micros,
    pub(super) decode: Micros,
    pub(super) features: Micros,
    pub(super) predict: Micros,
    /// Writing predictions and committing.
    pub(super) commit: Micros,
    /// From the commit to the watcher.
    pub(super) deliver: Micros,
}

/// A name and where its figure stands.
type Stage = (&'static str, fn(&Latency) -> Micros);

const STAGES: [Stage; 7] = [
    ("total", |latency| latency.total),
    ("queue", |latency| latency.queue),
    ("decode", |latency| latency.decode),
    ("features", |latency| latency.features),
    ("predict", |latency| latency.predict),
    ("commit", |latency| latency.commit),
    ("deliver", |latency| latency.deliver),
];
const SHARES: [(&str, f64); 3] = [("p50", 0.50), ("p95", 0.95), ("p99", 0.99)];

/// The newest of these are kept.
const KEPT: usize = 500_000;

#[derive(Debug, Default)]
pub(super) struct Latencies {
    kept: Vec<Latency>,
    seen: usize,
}

impl Latencies {
    pub(super) fn add(&mut self, latency: Latency) {
        if self.kept.len() < KEPT {
            self.kept.push(latency);
        } else {
            self.kept[self.seen % KEPT] = latency;
        }
        self.seen += 1;
    }

    /// Milliseconds at each share of each stage; empty if nothing was seen.
    pub(super) fn table(&self) -> Vec<String> {
        if self.kept.is_empty() {
            return Vec::new();
        }
        let header = ["ms".to_owned()].into_iter().chain(SHARES.iter().map(|(name, _)| (*name).to_owned())).collect();
        let row = |(name, micros): &(&str, fn(&Latency) -> Micros)| {
            let shares = self.shares(*micros);
            [(*name).to_owned()].into_iter().chain(shares.map(|ms| format!("{ms:.2}"))).collect()
        };
        let rows: Vec<Vec<String>> = [header].into_iter().chain(STAGES.iter().map(row)).collect();
        table(&rows)
    }

    pub(super) fn json(&self) -> Value {
        if self.kept.is_empty() {
            return json!({});
        }
        let stage = |(name, micros): &(&str, fn(&Latency) -> Micros)| {
            let [p50, p95, p99] = self.shares(*micros);
            ((*name).to_owned(), json!({ "p50": p50, "p95": p95, "p99": p99 }))
        };
        Value::Object(STAGES.iter().map(stage).collect())
    }

    fn shares(&self, micros: fn(&Latency) -> Micros) -> [f64; 3] {
        let mut sorted: Vec<Micros> = self.kept.iter().map(micros).collect();
        sorted.sort_unstable();
        SHARES.map(|(_, share)| nearest_rank(&sorted, share) as f64 / 1_000.0)
    }
}

/// The smallest value that at least `share` of all do not exceed.
fn nearest_rank(sorted: &[Micros], share: f64) -> Micros {
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.max(1) - 1).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_nearest_ranks() {
        let sorted: Vec<Micros> = (1..=200).collect();
        assert_eq!([0.5, 0.95, 0.99, 1.0].map(|share| nearest_rank(&sorted, share)), [100, 190, 198, 200]);
        assert_eq!(nearest_rank(&[7], 0.5), 7);
    }

    #[test]
    fn without_predictions_there_is_nothing_to_tell() {
        assert!(Latencies::default().table().is_empty());
        assert_eq!(Latencies::default().json(), json!({}));
    }

    #[test]
    fn only_the_newest_are_kept() {
        let mut latencies = Latencies::default();
        for total in 0..=KEPT {
            latencies.add(Latency { total: total as Micros, ..Latency::default() });
        }
        assert_eq!(latencies.kept.len(), KEPT);
        assert_eq!(latencies.kept[0].total, KEPT as Micros);
    }
}
