//! What a pass has found: in the metrics, on the skew topic, in the log of the server.

use features::value::Micros;

use super::Checker;
use crate::log::{Entry, RecordBatch, TopicPartition};
use crate::skew::error::SkewError;
use crate::skew::judge::Found;
use crate::skew::record;

/// The least time between two warnings.
const WARN_EVERY: Micros = 60_000_000;

impl Checker {
    /// Counts what was found, puts each difference on the skew topic, and warns.
    pub(super) fn tell(&mut self, found: Found) -> Result<(), SkewError> {
        let now = self.clock.now();
        self.publish(&found, now)?;
        let metrics = &self.tray.metrics;
        metrics.unchecked_history.inc_by(found.history);
        metrics.unchecked_long.inc_by(found.long);
        metrics.unchecked_share.inc_by(found.share);
        for view in found.views.values() {
            self.views.add(view);
        }
        let differences = found.differences.len() as u64 + found.further;
        let silent = self.warned.is_some_and(|warned| now.saturating_sub(warned) < WARN_EVERY);
        if let (Some(first), false) = (found.differences.first(), silent) {
            self.warned = Some(now);
            tracing::warn!(
                stream = %self.plan.stream.name,
                differences,
                view = first.view.name,
                partition = first.partition,
                offset = self.plan.stream.offset_and_element(first.sequence).0,
                first = ?first.kind,
                "what was served is not what the batch host computes: see topic {}",
                self.topic
            );
        }
        Ok(())
    }

    fn publish(&self, found: &Found, now: Micros) -> Result<(), SkewError> {
        let mut entries: Vec<Entry> = Vec::new();
        for difference in &found.differences {
            let partition = difference.partition;
            if entries.last().is_none_or(|entry| entry.place.partition != partition) {
                let place = TopicPartition { topic: self.topic.clone(), partition };
                entries.push(Entry { place, batch: RecordBatch::new() });
            }
            if let Some(entry) = entries.last_mut() {
                let write = |out: &mut Vec<u8>| record::write(difference, &self.plan.stream, now, out);
                entry.batch.push_with(&difference.key, write)?;
            }
        }
        if !entries.is_empty() {
            self.log.append(None, entries)?;
        }
        Ok(())
    }
}
