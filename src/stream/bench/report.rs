//! What a run has measured.

use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use hdrhistogram::Histogram;
use serde_json::{Value as Json, json};

use crate::context::Context;
use crate::output;
use crate::table::{count, table};

/// CPU time of a process during the run.
#[derive(Debug)]
pub(super) struct Process {
    pub(super) name: String,
    pub(super) pid: u32,
    pub(super) seconds: f64,
}

#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) endpoint: String,
    pub(super) waited: bool,
    pub(super) events: u64,
    /// Events that a prediction is due for.
    pub(super) kept: u64,
    pub(super) sending: Duration,
    /// The longest that an event was sent after its time.
    pub(super) latest_send: Duration,
    /// From the start to the last prediction.
    pub(super) until_last: Option<Duration>,
    /// Microseconds.
    pub(super) latencies: Option<Histogram<u64>>,
    pub(super) seen: u64,
    pub(super) missing: u64,
    pub(super) doubled: u64,
    pub(super) unexpected: u64,
    pub(super) most_outstanding: u64,
    pub(super) processes: Vec<Process>,
}

const QUANTILES: [(&str, f64); 5] = [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99_9", 0.999), ("max", 1.0)];

impl Outcome {
    /// Every event that is kept has exactly one prediction.
    pub(super) fn is_complete(&self) -> bool {
        self.missing == 0 && self.doubled == 0 && self.unexpected == 0
    }

    /// One line a percentile: its share, and milliseconds.
    pub(super) fn write_distribution(&self, path: &Path) -> anyhow::Result<()> {
        let mut lines = "quantile,milliseconds\n".to_owned();
        if let Some(latencies) = &self.latencies {
            for value in latencies.iter_quantiles(5) {
                let line = format!("{},{}\n", value.quantile_iterated_to(), value.value_iterated_to() as f64 / 1e3);
                lines.push_str(&line);
            }
        }
        std::fs::write(path, lines).with_context(|| format!("cannot write `{}`", path.display()))
    }

    fn per_second(&self) -> f64 {
        let over = self.until_last.unwrap_or(self.sending);
        self.events as f64 / over.as_secs_f64().max(1e-9)
    }

    fn latency(&self) -> Option<Json> {
        let latencies = self.latencies.as_ref().filter(|latencies| !latencies.is_empty())?;
        let mut object = serde_json::Map::new();
        for (name, quantile) in QUANTILES {
            object.insert(name.to_owned(), json!(latencies.value_at_quantile(quantile) as f64 / 1e3));
        }
        object.insert("mean".to_owned(), json!(latencies.mean() / 1e3));
        object.insert("measured".to_owned(), json!(latencies.len()));
        Some(Json::Object(object))
    }

    pub(super) fn report(&self, context: &Context) {
        let seconds = self.until_last.unwrap_or(self.sending).as_secs_f64();
        let say = |line: String| output::say(context, line);
        say(format!(
            "{} events in {seconds:.2} s: {:.0} a second; the latest was sent {:.1} ms after its time",
            count(self.events),
            self.per_second(),
            self.latest_send.as_secs_f64() * 1e3
        ));
        if self.waited {
            say(format!(
                "{} predictions for {} events that `{}` keeps; at most {} were due at a time",
                count(self.seen),
                count(self.kept),
                self.endpoint,
                count(self.most_outstanding)
            ));
        }
        if let Some(latency) = self.latency() {
            let figures: Vec<String> = QUANTILES
                .iter()
                .map(|(name, _)| {
                    format!("{} {:.2}", name.replace('_', "."), latency[*name].as_f64().unwrap_or_default())
                })
                .collect();
            say(format!("latency from the intended time, ms: {}", figures.join("  ")));
        }
        if !self.processes.is_empty() {
            let mut rows = vec![["process", "CPU seconds", "µs an event"].map(str::to_owned).to_vec()];
            for process in &self.processes {
                let each = process.seconds * 1e6 / self.events.max(1) as f64;
                rows.push(vec![process.name.clone(), format!("{:.2}", process.seconds), format!("{each:.1}")]);
            }
            table(&rows).into_iter().for_each(say);
        }
        if !self.is_complete() {
            output::note(format!(
                "not every event has exactly one prediction: {} missing, {} doubled, {} unexpected",
                count(self.missing),
                count(self.doubled),
                count(self.unexpected)
            ));
        }
        output::json(context, &self.as_json(seconds));
    }

    fn as_json(&self, seconds: f64) -> Json {
        let processes: Vec<Json> = self
            .processes
            .iter()
            .map(|process| {
                let each = process.seconds * 1e6 / self.events.max(1) as f64;
                json!({ "name": process.name, "pid": process.pid, "cpu_seconds": process.seconds, "us_per_event": each })
            })
            .collect();
        json!({
            "endpoint": self.endpoint,
            "events": self.events,
            "kept": self.kept,
            "predictions": self.seen,
            "missing": self.missing,
            "doubled": self.doubled,
            "unexpected": self.unexpected,
            "seconds": seconds,
            "sending_seconds": self.sending.as_secs_f64(),
            "events_per_second": self.per_second(),
            "latest_send_ms": self.latest_send.as_secs_f64() * 1e3,
            "most_outstanding": self.most_outstanding,
            "latency_ms": self.latency(),
            "processes": processes,
        })
    }
}
