//! The check of one stream: one pass after the other.

mod recompute;
mod stretches;
mod tell;

use std::collections::HashSet;
use std::sync::Arc;

use features::event::EventDecoder;
use features::host::StreamHost;
use features::online::MAX_KEY_BYTES;
use features::partition::partition_of;
use features::value::{Micros, Value};
use smol_str::SmolStr;

use self::recompute::Recomputer;
use self::stretches::Stretches;
use super::checks::ViewCounts;
use super::error::SkewError;
use super::index::{Index, Limits, Noted, Unchecked};
use super::judge::{Found, Place};
use super::tray::{Served, Tray};
use crate::clock::Clock;
use crate::log::{EventLog, LogError, ReadLimit, RecordRef, TopicPartition};
use crate::worker::StreamPlan;

/// What is read of the log at a time to note where events stand.
const LOOK: ReadLimit = ReadLimit { records: 2_048, bytes: 4 << 20 };
/// Events that are recomputed together, whole keys at a time: a bound for memory, unless one key has more.
const TOGETHER: usize = 20_000;

/// What came of a pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pass {
    Done,
    /// The check was stopped before it knew where all events stand.
    Interrupted,
}

/// Checks what the workers of one stream leave on its tray.
#[derive(Debug)]
pub(super) struct Checker {
    log: Arc<dyn EventLog>,
    plan: Arc<StreamPlan>,
    topic: SmolStr,
    tray: Arc<Tray>,
    views: Arc<ViewCounts>,
    clock: Arc<dyn Clock>,
    index: Index,
    decoder: EventDecoder,
    /// Knows the keys of events, and runs no view.
    keys: StreamHost,
    /// Taken from the tray and not yet checked.
    pending: Vec<Served>,
    warned: Option<Micros>,
}

impl Checker {
    pub(super) fn new(
        log: Arc<dyn EventLog>,
        plan: Arc<StreamPlan>,
        tray: Arc<Tray>,
        views: Arc<ViewCounts>,
        clock: Arc<dyn Clock>,
        limits: Limits,
    ) -> Checker {
        let stream = &plan.stream;
        Checker {
            index: Index::new(stream.partitions, limits),
            decoder: EventDecoder::new(Arc::clone(stream)),
            keys: StreamHost::new(Arc::clone(stream), Vec::new()),
            topic: stream.skew_topic().into(),
            pending: Vec::new(),
            warned: None,
            log,
            plan,
            tray,
            views,
            clock,
        }
    }

    /// Checks everything that is on the tray. After an error the next pass does what this one could not, unless it would
    /// fail over the same rows again.
    pub(super) fn pass(&mut self) -> Result<Pass, SkewError> {
        if self.pending.is_empty() {
            // What was taken and is not here any more was lost with a panic.
            self.tray.give_up();
        }
        self.pending.extend(self.tray.take());
        for partition in 0..self.plan.stream.partitions {
            if self.look(partition)? == Pass::Interrupted {
                return Ok(Pass::Interrupted);
            }
        }
        self.tray.metrics.keys.set(i64::try_from(self.index.keys()).unwrap_or(i64::MAX));
        if self.pending.is_empty() {
            return Ok(Pass::Done);
        }
        let mut pending = std::mem::take(&mut self.pending);
        pending.sort_by_key(|served| (served.partition, served.span.start));
        let judged = self.judge(&pending).and_then(|found| self.tell(found));
        if let Err(error) = judged {
            match &error {
                // The next pass knows whose first events are gone.
                SkewError::Log(LogError::Truncated { place, start, .. }) => {
                    self.index.begins_at(&self.plan.stream, index_of(place.partition), *start);
                    self.pending = pending;
                }
                SkewError::Log(_) => self.pending = pending,
                SkewError::Batch(_) | SkewError::Record(_) | SkewError::Changed { .. } => self.tray.give_up(),
            }
            return Err(error);
        }
        let oldest = pending.iter().flat_map(|served| served.rows.iter().map(|row| row.appended_at)).min();
        if let Some(oldest) = oldest {
            self.tray.metrics.lag.set(self.clock.now().saturating_sub(oldest).max(0) / 1_000_000);
        }
        for served in &pending {
            self.index.shorten(index_of(served.partition), served.span.end);
        }
        self.tray.checked();
        Ok(Pass::Done)
    }

    /// Notes where the events stand that the workers have committed.
    fn look(&mut self, partition: u32) -> Result<Pass, SkewError> {
        let place = self.place(partition);
        let committed = self.log.committed(&self.plan.consumer(partition))?;
        let at = index_of(partition);
        while self.index.partition(at).next < committed {
            if self.tray.is_stopped() && committed - self.index.partition(at).next > LOOK.records as u64 {
                return Ok(Pass::Interrupted);
            }
            let from = self.index.partition(at).next;
            let batches = match self.log.read(&place, from, LOOK) {
                Err(LogError::Truncated { start, .. }) if start > from => {
                    self.index.begins_at(&self.plan.stream, at, start);
                    continue;
                }
                read => read?.batches,
            };
            let Some(end) = batches.last().map(|batch| batch.end().min(committed)) else { break };
            let records = batches.iter().flat_map(|batch| batch.records_from(from));
            for record in records.take_while(|record| record.offset < end) {
                self.note(partition, record);
            }
            self.index.reached(at, end);
        }
        Ok(Pass::Done)
    }

    /// Events that no worker can use are none here either.
    fn note(&mut self, partition: u32, record: RecordRef<'_>) {
        let Checker { decoder, keys, index, plan, tray, .. } = self;
        let stream = &plan.stream;
        decoder.decode_each(record.value, |element, event| {
            let Ok(event) = event else { return };
            let key = keys.key_of(&event);
            let home = match stream.explode {
                None => partition_of(&key, stream.partitions),
                Some(_) => partition_of(&keys.message_key_of(&event), stream.partitions),
            };
            if key.len() > MAX_KEY_BYTES || home != partition {
                return;
            }
            let RecordRef { offset, append_time, .. } = record;
            let sequence = stream.sequence(offset, element.map_or(0, |element| element.index));
            let noted = Noted { partition: index_of(partition), sequence, key: &key, time: event.time, append_time };
            index.note(&tray.share, stream, noted);
        });
    }

    /// `pending` is in the order of partitions and of their logs.
    fn judge(&mut self, pending: &[Served]) -> Result<Found, SkewError> {
        let mut found = Found::default();
        for served in pending.chunk_by(|a, b| a.partition == b.partition) {
            self.judge_partition(served, &mut found)?;
        }
        Ok(found)
    }

    fn judge_partition(&mut self, served: &[Served], found: &mut Found) -> Result<(), SkewError> {
        let Some(partition) = served.first().map(|served| served.partition) else { return Ok(()) };
        let stretches = Stretches::new(served);
        let mut seen = HashSet::new();
        let mut due = self.due(partition, &stretches, &mut seen, found);
        while !due.is_empty() {
            let (mut events, mut keys) = (0, 0);
            while keys < due.len() && (keys == 0 || events + due[keys].history.len() <= TOGETHER) {
                events += due[keys].history.len();
                keys += 1;
            }
            let together: Vec<Due> = due.drain(..keys).collect();
            self.judge_keys(partition, &stretches, &together, found)?;
        }
        // What was served for an event that the log does not have, or not of this key.
        for row in stretches.rows.values().filter(|row| !seen.contains(&row.sequence)) {
            if let Some(why) = self.unknown(partition, &row.key, row.sequence) {
                found.unchecked(why, 1);
                continue;
            }
            let place = Place { partition, sequence: row.sequence, key: &row.key };
            for (view, served) in stretches.views(row.sequence).iter().zip(&row.views) {
                found.compare(view, place, served.as_ref(), None);
            }
        }
        Ok(())
    }

    /// Why the index does not know a key's event, if that is right.
    fn unknown(&self, partition: u32, key: &[u8], sequence: u64) -> Option<Unchecked> {
        if !self.tray.share.holds(key) {
            return Some(Unchecked::Share);
        }
        self.index.partition(index_of(partition)).keys.get(key)?.forgotten(sequence)
    }

    /// The keys with events in the stretches, as far as they can be recomputed; notes in `seen` every event of a key that
    /// the index knows.
    fn due(&self, partition: u32, stretches: &Stretches<'_>, seen: &mut HashSet<u64>, found: &mut Found) -> Vec<Due> {
        let mut due = Vec::new();
        for (key, followed) in &self.index.partition(index_of(partition)).keys {
            let events: Vec<u64> = stretches.ranges().flat_map(|range| followed.within(range)).copied().collect();
            let Some(&last) = events.last() else { continue };
            let mut checked = Vec::with_capacity(events.len());
            for event in events {
                seen.insert(event);
                match followed.history(event, last) {
                    Ok(_) => checked.push(event),
                    Err(why) => found.unchecked(why, u64::from(stretches.rows.contains_key(&event))),
                }
            }
            if let Some(history) = checked.first().and_then(|&first| followed.history(first, last).ok()) {
                due.push(Due { key: key.clone(), history: history.to_vec(), checked });
            }
        }
        due.sort_by_key(|due| due.history.first().copied());
        due
    }

    fn judge_keys(
        &mut self,
        partition: u32,
        stretches: &Stretches<'_>,
        keys: &[Due],
        found: &mut Found,
    ) -> Result<(), SkewError> {
        let mut events: Vec<u64> = keys.iter().flat_map(|due| due.history.iter().copied()).collect();
        events.sort_unstable();
        let place = self.place(partition);
        let mut recomputer = Recomputer::read(&*self.log, &place, events, &self.plan.stream, &mut self.decoder)?;
        for due in keys {
            for &sequence in &due.checked {
                let place = Place { partition, sequence, key: &due.key };
                let row = stretches.rows.get(&sequence);
                for (index, view) in stretches.views(sequence).iter().enumerate() {
                    let served = row.and_then(|row| row.views.get(index)).and_then(Option::as_ref);
                    let recomputed: Option<Vec<Value>> = recomputer.row(view, sequence)?;
                    found.compare(view, place, served, recomputed.as_deref());
                }
            }
        }
        Ok(())
    }

    fn place(&self, partition: u32) -> TopicPartition {
        TopicPartition { topic: self.plan.topic.clone(), partition }
    }
}

/// A key that is recomputed.
#[derive(Debug)]
struct Due {
    key: Vec<u8>,
    /// Its events, from the first that counts to the last that is checked.
    history: Vec<u64>,
    /// Those that are checked.
    checked: Vec<u64>,
}

fn index_of(partition: u32) -> usize {
    usize::try_from(partition).unwrap_or(usize::MAX)
}
