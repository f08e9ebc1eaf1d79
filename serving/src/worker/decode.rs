//! From the records of a batch to events that can be used. No log, no store and no state here.

use std::sync::Arc;

use features::event::{Decision, Event, EventDecoder};
use features::host::StreamHost;
use features::online::{Counters, MAX_KEY_BYTES};
use features::partition::partition_of;
use features::schema::Stream;
use features::value::Micros;

use super::dead_letter::{DeadLetter, DeadLetterStage};
use crate::log::RecordRef;

/// Decodes the events of one partition.
#[derive(Debug)]
pub(super) struct Decoder {
    decoder: EventDecoder,
    /// Without views: only to name keys.
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

/// What became of the events since a slot's record began.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) counters: Counters,
    pub(super) newest: Option<Micros>,
}

impl Decoder {
    pub(super) fn new(stream: &Arc<Stream>, partition: u32) -> Decoder {
        let host = StreamHost::new(Arc::clone(stream), Vec::new());
        Decoder { decoder: EventDecoder::new(Arc::clone(stream)), host, partition }
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
}

impl Tally {
    pub(super) fn count(&mut self, decision: Decision, time: Micros) {
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
