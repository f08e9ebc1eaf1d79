//! One batch, from the log to what is committed.

use std::sync::Arc;
use std::time::Instant;

use features::host::ViewRow;
use features::online::Counters;

use super::super::breaker::Tripped;
use super::super::champions::Rows;
use super::super::dead_letter::DeadLetter;
use super::super::decode::{Decoded, DecodedBatch};
use super::super::error::WorkerError;
use super::super::hand_over::hand_over;
use super::super::lane::Lane;
use super::super::prediction::Stamp;
use super::super::step::Committed;
use super::{Worker, records};
use crate::log::{Entry, LogError, Read, RecordBatch, StoredBatch, TopicPartition};

/// What became of the events of a batch, before any of it is published.
#[derive(Debug)]
struct Folded<'a> {
    committed: Committed,
    /// The events as the project declares the stream, and then as lanes do that decode for themselves.
    events: Vec<Vec<Decoded<'a>>>,
    /// For each lane its rows; none for a lane that is behind.
    rows: Vec<LaneRows>,
    rejects: Vec<DeadLetter<'a>>,
    /// The offset behind the batch.
    next: u64,
}

/// The rows of one lane: one for each event, `None` where its view keeps none.
#[derive(Debug)]
pub(in crate::worker) struct LaneRows {
    /// Which of [`Folded::events`].
    pub(in crate::worker) events: usize,
    pub(in crate::worker) rows: Vec<Option<ViewRow>>,
}

impl Worker {
    /// Processes the next events of the log; `None` if there are none.
    pub(super) fn publish_next(&mut self) -> Result<Option<Committed>, WorkerError> {
        let mut batches = std::mem::take(&mut self.read);
        if batches.is_empty() {
            let read = self.read_on()?;
            (batches, self.read_to) = (read.batches, read.next);
        }
        if batches.is_empty() {
            return Ok(None);
        }
        let committed = self.publish(&batches)?;
        batches.retain(|batch| batch.end() > self.next);
        self.read = batches;
        Ok(Some(committed))
    }

    /// What comes next in the log. Who has consumed nothing yet begins where the log does, and settles that before the first
    /// event: what comes later may have nothing behind it that the log no longer has.
    fn read_on(&mut self) -> Result<Read, WorkerError> {
        let from = self.reached();
        match self.backend.read(from, self.settings.batch) {
            Err(WorkerError::Log(LogError::Truncated { start, .. })) if from == 0 => {
                tracing::info!(partition = self.backend.partition(), start, "the log's first events are gone");
                (self.next, self.read_to) = (start, start);
                for lane in self.lanes.iter_mut().filter(|lane| lane.live) {
                    lane.boundary(start);
                }
                self.commit(Vec::new())?;
                self.flush()?;
                self.backend.read(start, self.settings.batch)
            }
            read => read,
        }
    }

    /// Folds the events of `batches` from the next offset on, predicts, publishes and commits.
    fn publish(&mut self, batches: &[StoredBatch]) -> Result<Committed, WorkerError> {
        let read_at = self.clock.now();
        let Some(folded) = self.fold(batches)? else { return Ok(Committed::default()) };
        let Folded { mut committed, events, rows, mut rejects, next } = folded;
        let admitted = self.breaker.admit(committed.events, rejects.len() as u64);
        admitted.map_err(|Tripped { refused, events, limit }| WorkerError::TooManyRejected {
            refused,
            events,
            limit,
        })?;
        let rows_of = |lane: usize| {
            let (events, rows) = (&events[rows[lane].events], &rows[lane].rows);
            Rows { events, rows }
        };
        let assigned: Vec<Option<usize>> = {
            let lane = |version: &Arc<_>| self.lanes.iter().position(|lane| Arc::ptr_eq(&lane.version, version));
            self.champions.versions().map(|version| version.and_then(lane)).collect()
        };
        let assigned_rows: Vec<_> = assigned.into_iter().map(|lane| lane.map(rows_of)).collect();
        let started = Instant::now();
        let outputs = self.champions.predict(&self.plan, &assigned_rows);
        committed.predict = started.elapsed();
        let started = Instant::now();
        let stamp = Stamp::new(self.backend.partition(), read_at, &committed);
        let mut entries = self.champions.write(&self.plan, &assigned_rows, &outputs, &stamp)?;
        entries.extend(self.dead_letters(&mut rejects)?);
        for lane in self.lanes.iter_mut().filter(|lane| lane.live) {
            lane.boundary(next);
        }
        let offsets = std::mem::replace(&mut self.next, next)..next;
        self.commit(entries)?;
        self.champions.published(&outputs);
        if let Some(tray) = &self.tray {
            hand_over(tray, &self.plan.stream, self.backend.partition(), offsets, &self.lanes, &events[0], &rows);
        }
        committed.commit = started.elapsed();
        for lane in &mut self.lanes {
            lane.shrink(self.settings.cached_keys);
        }
        Ok(committed)
    }

    /// Decodes, decides and folds the events of `batches` from the next offset on, no more than one batch of this worker
    /// holds (and what is left of its last record), in every lane that is live; `None` if there are no records.
    fn fold<'a>(&mut self, batches: &'a [StoredBatch]) -> Result<Option<Folded<'a>>, WorkerError> {
        let mut rejects = Vec::new();

        let started = Instant::now();
        let limit = self.settings.batch.records;
        let coming = records(batches, self.next, u64::MAX);
        let Some(decoded) = self.decoder.decode(coming, limit, &mut rejects) else { return Ok(None) };
        let DecodedBatch { events, count, next, appended_at } = decoded;
        let invalid = rejects.len() as u64;
        let mut decoded = vec![events];
        let decode = started.elapsed();

        let started = Instant::now();
        let mut rows = Vec::with_capacity(self.lanes.len());
        let mut decided = Counters::default();
        let published_by = self.lead();
        let mut unpredicted = Vec::new();
        for (place, lane) in self.lanes.iter_mut().enumerate() {
            if !lane.live {
                rows.push(LaneRows { events: 0, rows: Vec::new() });
                continue;
            }
            let (events, mut own, invalid) = match &mut lane.decoder {
                None => (0, None, invalid),
                Some(decoder) => {
                    let mut own = Vec::new();
                    let again = decoder.decode(records(batches, self.next, next), usize::MAX, &mut own);
                    decoded.push(again.map(|batch| batch.events).unwrap_or_default());
                    let invalid = own.len() as u64;
                    (decoded.len() - 1, Some(own), invalid)
                }
            };
            // Equal rules decide alike: what one lane refuses is published for all.
            let leads = published_by == Some(place);
            let refused = if leads { Some(own.as_mut().unwrap_or(&mut rejects)) } else { own.as_mut() };
            let lane_rows = lane.fold(&self.backend, &decoded[events], invalid, refused)?;
            let (predictions, unserved) = self.champions.count(&self.plan, &lane.version, &lane_rows);
            lane.count(predictions, unserved);
            let counted = (decided.predictions + predictions, decided.unserved + unserved);
            if leads {
                decided = lane.folding();
                rejects = own.unwrap_or(rejects);
            } else if self.champions.serve_from(&lane.version) {
                unpredicted.extend(own.unwrap_or_default());
            }
            (decided.predictions, decided.unserved) = counted;
            rows.push(LaneRows { events, rows: lane_rows });
        }
        // What a champion's own rules refuse and those of the project do not gets no prediction: it is told once too.
        for refused in unpredicted {
            if !rejects.iter().any(|told| told.tells_of(&refused)) {
                rejects.push(refused);
            }
        }
        let features = started.elapsed();

        let committed =
            Committed { events: count as u64, decided, appended_at, decode, features, ..Committed::default() };
        Ok(Some(Folded { committed, events: decoded, rows, rejects, next }))
    }

    /// The lane that says which events cannot be used: one by the rules that the project declares, or, while there is none,
    /// one by those that serve.
    fn lead(&self) -> Option<usize> {
        let by_the_project = |lane: &Lane| lane.live && lane.decoder.is_none();
        let lead = self.lanes.iter().position(by_the_project);
        lead.or_else(|| self.lanes.iter().position(|lane| lane.live))
    }

    /// Publishes the batch that has just ended; the states of the lanes go with it where one write holds both.
    fn commit(&mut self, outputs: Vec<Entry>) -> Result<(), WorkerError> {
        if !self.backend.commits_states() {
            self.backend.commit(outputs, self.next, &[])?;
            return Ok(());
        }
        let flushes: Vec<_> = self.lanes.iter_mut().filter(|lane| lane.live).map(Lane::flush).collect();
        let holds = self.backend.commit(outputs, self.next, &flushes)?;
        for (lane, hold) in self.lanes.iter_mut().filter(|lane| lane.live).zip(holds) {
            lane.flushed(hold);
        }
        Ok(())
    }

    /// The records of `rejects`, in the order of the log; `None` if there are none.
    fn dead_letters(&self, rejects: &mut [DeadLetter<'_>]) -> Result<Option<Entry>, WorkerError> {
        rejects.sort_by_key(|reject| (reject.record.offset, reject.element.map(|element| element.index)));
        let now = self.clock.now();
        let mut batch = RecordBatch::new();
        for reject in rejects.iter() {
            let write = |out: &mut Vec<u8>| reject.write(&self.plan.topic, self.backend.partition(), now, out);
            batch.push_with(reject.record.key, write)?;
            batch.trace_last(reject.record.trace);
        }
        let place = TopicPartition { topic: self.plan.dead_letters.clone(), partition: self.backend.partition() };
        Ok((!batch.is_empty()).then_some(Entry { place, batch }))
    }

    /// Flushes the lanes that are live, each in a write of its own.
    pub(super) fn flush(&mut self) -> Result<(), WorkerError> {
        for lane in self.lanes.iter_mut().filter(|lane| lane.live && lane.flush_due()) {
            let hold = self.backend.flush(&lane.flush())?;
            lane.flushed(hold);
        }
        self.flushed_at = self.clock.now();
        Ok(())
    }
}
