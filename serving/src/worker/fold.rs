//! From the records of a batch to the rows of its views: decoding, then deciding and folding. No log and no store here;
//! the states come through the cache.

use std::sync::Arc;

use features::event::{Decision, Event, EventDecoder};
use features::host::{KeyState, Position, StreamHost, ViewRow};
use features::online::{Counters, MAX_KEY_BYTES};
use features::partition::partition_of;
use features::value::Micros;

use super::cache::StateCache;
use super::dead_letter::{DeadLetter, DeadLetterStage};
use super::error::WorkerError;
use super::plan::StreamPlan;
use crate::log::RecordRef;

/// Decodes and folds the events of one partition.
#[derive(Debug)]
pub(super) struct Folder {
    decoder: EventDecoder,
    host: StreamHost,
    partition: u32,
}

/// An event that can be used, before it is decided whether it is.
#[derive(Debug)]
pub(super) struct Decoded<'a> {
    pub(super) record: RecordRef<'a>,
    pub(super) key: Vec<u8>,
    pub(super) event: Event,
}

/// An accepted event and its row in each view.
#[derive(Debug)]
pub(super) struct Row<'a> {
    pub(super) source: Decoded<'a>,
    pub(super) views: Vec<Option<ViewRow>>,
}

/// What became of the events since the slot's record began.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) counters: Counters,
    pub(super) newest: Option<Micros>,
}

impl Folder {
    pub(super) fn new(plan: &StreamPlan, partition: u32) -> Folder {
        Folder {
            decoder: EventDecoder::new(Arc::clone(&plan.stream)),
            host: StreamHost::new(Arc::clone(&plan.stream), plan.views.clone()),
            partition,
        }
    }

    pub(super) fn host(&self) -> &StreamHost {
        &self.host
    }

    /// Decodes and checks each record; what cannot be used goes to `rejects`.
    pub(super) fn decode<'a>(
        &mut self,
        records: impl Iterator<Item = RecordRef<'a>>,
        rejects: &mut Vec<DeadLetter<'a>>,
    ) -> Vec<Decoded<'a>> {
        let mut decoded = Vec::new();
        for record in records {
            match self.decode_one(record) {
                Ok(event) => decoded.push(event),
                Err(reject) => rejects.push(*reject),
            }
        }
        decoded
    }

    fn decode_one<'a>(&mut self, record: RecordRef<'a>) -> Result<Decoded<'a>, Box<DeadLetter<'a>>> {
        let event =
            self.decoder.decode(record.value).map_err(|invalid| Box::new(DeadLetter::invalid(record, invalid)))?;
        let key = self.host.key_of(&event);
        let reject = |stage, reason| Box::new(DeadLetter { record, stage, reason, field: None });
        if key.len() > MAX_KEY_BYTES {
            let reason = format!("its key has {} bytes, and a key has at most {MAX_KEY_BYTES}", key.len());
            return Err(reject(DeadLetterStage::Validate, reason));
        }
        let home = partition_of(&key, self.host.stream().partitions);
        if home != self.partition {
            let reason = format!("its key belongs to partition {home}");
            return Err(reject(DeadLetterStage::Partition, reason));
        }
        Ok(Decoded { record, key, event })
    }

    /// Decides and folds in the order of the log. Accepted events come back with their rows; the others go to `rejects`.
    pub(super) fn fold<'a>(
        &mut self,
        events: Vec<Decoded<'a>>,
        cache: &mut StateCache,
        load: impl Fn(&[u8]) -> Result<Option<Vec<u8>>, WorkerError>,
        tally: &mut Tally,
        rejects: &mut Vec<DeadLetter<'a>>,
    ) -> Result<Vec<Row<'a>>, WorkerError> {
        let mut rows = Vec::with_capacity(events.len());
        for source in events {
            let host = &self.host;
            let state = cache.state(&source.key, || match load(&source.key)? {
                None => Ok(KeyState::default()),
                Some(bytes) => KeyState::decode(&bytes, host).map_err(|error| WorkerError::State {
                    key: String::from_utf8_lossy(&source.key).into_owned(),
                    source: error,
                }),
            })?;
            let RecordRef { offset, append_time, .. } = source.record;
            let position = Position { partition: self.partition, offset, append_time: Some(append_time) };
            let accepted = self.host.process(state, &source.event, position);
            tally.count(accepted.decision, source.event.time);
            match DeadLetter::decided(source.record, accepted.decision) {
                Some(reject) => rejects.push(reject),
                None => rows.push(Row { source, views: accepted.rows }),
            }
        }
        Ok(rows)
    }
}

impl Tally {
    fn count(&mut self, decision: Decision, time: Micros) {
        match decision {
            Decision::Accept => {
                self.counters.accepted += 1;
                self.newest = self.newest.max(Some(time));
            }
            Decision::Late { .. } => self.counters.late += 1,
            Decision::Duplicate => self.counters.duplicate += 1,
            Decision::Future { .. } => self.counters.future += 1,
        }
    }
}
