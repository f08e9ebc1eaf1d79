//! Sends the schedule's events when they are due, in numbered appends that may be sent again.

use std::time::{Duration, Instant};

use features::batch::History;
use serving::log::{ProducerId, RecordBatch, Sequence, TooLarge};

use super::event_json::{message, outcomes};
use super::schedule::{Due, Schedule};
use super::selection::Selection;
use super::target::Target;

/// The most events in one append, and the size at which it is full: well below what the server takes at once, even with
/// the largest of events on top.
const BATCH: usize = 500;
const BATCH_BYTES: usize = 4 << 20;

/// What is fed, and how far it has got.
#[derive(Debug)]
pub(super) struct Feeder<'a> {
    history: &'a History,
    selection: &'a Selection,
    schedule: &'a Schedule,
    producer: ProducerId,
    sequence: u64,
    pub(super) sent: usize,
    pub(super) outcomes: u64,
}

impl<'a> Feeder<'a> {
    pub(super) fn new(history: &'a History, selection: &'a Selection, schedule: &'a Schedule) -> Feeder<'a> {
        let producer = ProducerId(rand::random());
        Feeder { history, selection, schedule, producer, sequence: 0, sent: 0, outcomes: 0 }
    }

    /// How many events there are to send.
    pub(super) fn total(&self) -> usize {
        self.schedule.len()
    }

    /// The number of keys among the events.
    pub(super) fn keys(&self) -> usize {
        self.selection.keys.len()
    }

    /// Sends everything; `progress` is told how many events are in the log.
    pub(super) async fn feed(&mut self, target: &mut Target, progress: impl Fn(u64)) -> anyhow::Result<()> {
        let started = Instant::now();
        while self.sent < self.schedule.len() {
            let due = self.schedule.due(self.sent, started.elapsed(), BATCH);
            if due == 0 {
                let at = self.schedule.events[self.sent].at;
                tokio::time::sleep(at.saturating_sub(started.elapsed()).max(Duration::from_micros(100))).await;
                continue;
            }
            let schedule = self.schedule;
            let (records, taken) = self.events(&schedule.events[self.sent..self.sent + due])?;
            let batch = &schedule.events[self.sent..self.sent + taken];
            self.send(target, &self.history.stream.topic, records).await?;
            self.sent += taken;
            self.send_outcomes(target, batch).await?;
            progress(self.sent as u64);
        }
        Ok(())
    }

    /// The events of as many of `due`, which is not empty, as one append may hold, and how many those are.
    fn events(&self, due: &[Due]) -> Result<(RecordBatch, usize), TooLarge> {
        let mut records = RecordBatch::new();
        for (taken, due) in (1..).zip(due) {
            let message = message(self.history, self.selection.rows[due.item]);
            records.push(self.key(due), message.to_string().as_bytes())?;
            if records.size() >= BATCH_BYTES {
                return Ok((records, taken));
            }
        }
        Ok((records, due.len()))
    }

    /// The outcomes of the keys that have ended with `batch`.
    async fn send_outcomes(&mut self, target: &mut Target, batch: &[Due]) -> anyhow::Result<()> {
        let mut records = RecordBatch::new();
        for due in batch.iter().filter(|due| due.ends_key) {
            if let Some(outcomes) = outcomes(self.history, self.selection.rows[due.item]) {
                records.push(self.key(due), outcomes.to_string().as_bytes())?;
            }
        }
        if records.is_empty() {
            return Ok(());
        }
        self.outcomes += u64::from(records.len());
        self.send(target, &self.history.stream.outcomes_topic, records).await
    }

    async fn send(&mut self, target: &mut Target, topic: &str, records: RecordBatch) -> anyhow::Result<()> {
        self.sequence += 1;
        let sequence = Sequence { producer: self.producer, number: self.sequence };
        target.append(topic, sequence, records).await
    }

    fn key(&self, due: &Due) -> &'a [u8] {
        &self.selection.keys[self.selection.key_of[due.item]].message
    }
}
