//! From the records of a batch to events that can be used. No log, no store and no state here.

use std::sync::Arc;

use features::event::{Decision, Element, Event, EventDecoder, Invalid};
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
    /// Where it stands in the record, if it is an element of a list.
    pub(super) element: Option<Element<'a>>,
    pub(super) key: Vec<u8>,
    /// The key of its message, where that is not its own.
    message_key: Option<Vec<u8>>,
    pub(super) event: Event,
}

impl Decoded<'_> {
    /// The key that decides the partition.
    pub(super) fn message_key(&self) -> &[u8] {
        self.message_key.as_deref().unwrap_or(&self.key)
    }
}

/// What some records hold.
#[derive(Debug)]
pub(super) struct DecodedBatch<'a> {
    pub(super) events: Vec<Decoded<'a>>,
    /// How many events there were, those that cannot be used included.
    pub(super) count: usize,
    /// The offset behind the last record.
    pub(super) next: u64,
    /// When the log took the first record.
    pub(super) appended_at: Micros,
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

    /// Decodes and checks the events of records until there are `limit` of them, the last record's all; what cannot be
    /// used goes to `rejects`. `None`: there are no records.
    pub(super) fn decode<'a>(
        &mut self,
        records: impl Iterator<Item = RecordRef<'a>>,
        limit: usize,
        rejects: &mut Vec<DeadLetter<'a>>,
    ) -> Option<DecodedBatch<'a>> {
        let Decoder { decoder, host, partition } = self;
        let mut batch: Option<DecodedBatch<'a>> = None;
        // A record without events is one all the same: there is an end to what one batch reads.
        let mut read = 0;
        for record in records {
            let batch = batch.get_or_insert_with(|| DecodedBatch {
                events: Vec::new(),
                count: 0,
                next: record.offset,
                appended_at: record.append_time,
            });
            batch.next = record.offset + 1;
            decoder.decode_each(record.value, |element, event| {
                batch.count += 1;
                match checked(host, *partition, record, element, event) {
                    Ok(event) => batch.events.push(event),
                    Err(reject) => rejects.push(*reject),
                }
            });
            read += 1;
            if batch.count.max(read) >= limit {
                break;
            }
        }
        batch
    }
}

/// An event with its key, if both can be used here.
fn checked<'a>(
    host: &StreamHost,
    partition: u32,
    record: RecordRef<'a>,
    element: Option<Element<'a>>,
    event: Result<Event, Invalid>,
) -> Result<Decoded<'a>, Box<DeadLetter<'a>>> {
    let event = event.map_err(|invalid| Box::new(DeadLetter::invalid(record, element, invalid)))?;
    let key = host.key_of(&event);
    let reject = |stage, reason| Box::new(DeadLetter { record, element, stage, reason, field: None });
    if key.len() > MAX_KEY_BYTES {
        let reason = format!("its key has {} bytes, and a key has at most {MAX_KEY_BYTES}", key.len());
        return Err(reject(DeadLetterStage::Validate, reason));
    }
    let message_key = host.stream().explode.is_some().then(|| host.message_key_of(&event));
    let home = partition_of(message_key.as_deref().unwrap_or(&key), host.stream().partitions);
    if home != partition {
        let reason = format!("its key belongs to partition {home}");
        return Err(reject(DeadLetterStage::Partition, reason));
    }
    Ok(Decoded { record, element, key, message_key, event })
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
