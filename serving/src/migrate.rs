//! A stream's events into another topic with another number of partitions: each key's events are in one partition again, in
//! the order in which the log took them, and with the times at which it did.
//!
//! What the group had consumed comes first, and its end is committed: whoever works the new topic folds that without publishing
//! it, as after an emptied store, and publishes what comes behind. The states of the old topic go, for they count by its
//! offsets.
//!
//! A migration that breaks off is begun again and goes on: appends are numbered, and what is appended depends only on the old
//! topic, which nobody may work meanwhile.

use std::collections::VecDeque;
use std::time::Duration;

use features::online::{OnlineStore, Removal, StoreError};
use features::partition::partition_of;
use features::schema::Stream;
use features::value::Micros;
use smol_str::SmolStr;

use crate::log::{
    Consumer, Entry, EventLog, LogError, ProducerId, ReadLimit, RecordBatch, Sequence, TooLarge, TopicPartition,
    Transaction,
};
use crate::worker::{consumer, new_claim};

/// Events in one append.
const TOGETHER: usize = 1_000;
/// Read of one partition at a time.
const PAGE: ReadLimit = ReadLimit { records: 2_000, bytes: 4 << 20 };
/// States removed in one write.
const REMOVED_AT_ONCE: usize = 5_000;
/// How long what was appended may take to be seen, at a time.
const VISIBLE: Duration = Duration::from_millis(200);

/// Where the events of a stream go.
#[derive(Debug, Clone)]
pub struct Target {
    pub topic: SmolStr,
    pub partitions: u32,
}

/// What was done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Migrated {
    /// Events that had been consumed: they are folded again, and not published.
    pub consumed: u64,
    /// Events that wait to be published for.
    pub waiting: u64,
    /// Versions of views whose states were removed, over all partitions.
    pub slots: u64,
}

#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    #[error(transparent)]
    Log(#[from] LogError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("an event cannot be copied")]
    TooLarge(#[from] TooLarge),
    #[error("topic `{topic}` is the stream's own: name another that is to take its place")]
    SameTopic { topic: SmolStr },
    #[error("events came into `{topic}` meanwhile: stop its producers, and migrate into a topic of another name")]
    Growing { topic: SmolStr },
    #[error("events of `{topic}` were worked meanwhile: stop its servers, and migrate into a topic of another name")]
    Worked { topic: SmolStr },
    #[error(
        "partition {partition} of `{topic}` begins at offset {start}: what was folded before is no longer there, and states \
         without it would be wrong"
    )]
    Truncated { topic: SmolStr, partition: u32, start: u64 },
}

/// Copies the events of `stream`, wherever its topic has them. `progress` is told how many events are copied.
pub fn migrate(
    log: &dyn EventLog,
    store: &dyn OnlineStore,
    stream: &Stream,
    target: &Target,
    progress: &dyn Fn(u64),
) -> Result<Migrated, MigrateError> {
    if stream.topic == target.topic {
        return Err(MigrateError::SameTopic { topic: target.topic.clone() });
    }
    let (from, mut committed) = (log.partitions(&stream.topic)?, Vec::new());
    for partition in 0..from {
        // Whoever works it yet is fenced: from here on nothing more is consumed.
        let consumer = consumer(stream, partition);
        log.open(&consumer)?;
        committed.push(log.committed(&consumer)?);
    }
    let ends = ends(log, stream, from)?;
    log.create_copy(&target.topic, target.partitions)?;
    let mut copy = Copy::new(log, stream, target)?;
    let spans = |consumed: bool| {
        let span = |(end, committed): (&u64, &u64)| if consumed { 0..*committed } else { *committed..*end };
        ends.iter().zip(&committed).map(span).collect()
    };
    let consumed = copy.all(Merged::new(log, stream, spans(true)), progress)?;
    let before = copy.copied.clone();
    let waiting = copy.all(Merged::new(log, stream, spans(false)), progress)?;
    if self::ends(log, stream, from)? != ends {
        return Err(MigrateError::Growing { topic: SmolStr::from(&stream.topic) });
    }
    // Who was fenced takes the partition again by itself.
    for (partition, committed) in (0..).zip(&committed) {
        if log.committed(&consumer(stream, partition))? != *committed {
            return Err(MigrateError::Worked { topic: SmolStr::from(&stream.topic) });
        }
    }
    for (partition, records) in (0..).zip(before) {
        let offset = behind(log, &copy.place(partition), records)?;
        let consumer = Consumer { place: copy.place(partition), ..consumer(stream, partition) };
        let epoch = log.open(&consumer)?;
        if log.committed(&consumer)? < offset {
            log.commit(Transaction { consumer, epoch, outputs: Vec::new(), offset })?;
        }
    }
    log.finish_copy(&target.topic)?;
    let slots = remove_states(store, stream)?;
    Ok(Migrated { consumed, waiting, slots })
}

fn ends(log: &dyn EventLog, stream: &Stream, partitions: u32) -> Result<Vec<u64>, LogError> {
    let place = |partition| TopicPartition { topic: SmolStr::from(&stream.topic), partition };
    (0..partitions).map(|partition| log.end(&place(partition))).collect()
}

/// An event on its way.
#[derive(Debug)]
struct Moving {
    appended_at: Micros,
    key: Vec<u8>,
    value: Vec<u8>,
    trace: Option<Vec<u8>>,
    redriven: bool,
}

/// The events of partitions in the order in which the log took them.
struct Merged<'a> {
    log: &'a dyn EventLog,
    topic: SmolStr,
    parts: Vec<Part>,
}

struct Part {
    /// Not read yet.
    left: std::ops::Range<u64>,
    read: VecDeque<Moving>,
}

impl<'a> Merged<'a> {
    fn new(log: &'a dyn EventLog, stream: &Stream, spans: Vec<std::ops::Range<u64>>) -> Merged<'a> {
        let parts = spans.into_iter().map(|left| Part { left, read: VecDeque::new() }).collect();
        Merged { log, topic: SmolStr::from(&stream.topic), parts }
    }

    /// Where two were taken at the same time the lower partition comes first: of one key they are in one partition.
    fn next(&mut self) -> Result<Option<Moving>, MigrateError> {
        let Merged { log, topic, parts } = self;
        let mut first: Option<(Micros, usize)> = None;
        for (partition, part) in (0..).zip(&mut *parts) {
            part.fill(*log, &TopicPartition { topic: topic.clone(), partition })?;
        }
        for (index, part) in parts.iter().enumerate() {
            if let Some(moving) = part.read.front()
                && first.is_none_or(|(time, _)| moving.appended_at < time)
            {
                first = Some((moving.appended_at, index));
            }
        }
        Ok(first.and_then(|(_, index)| parts.get_mut(index)?.read.pop_front()))
    }
}

impl Part {
    fn fill(&mut self, log: &dyn EventLog, place: &TopicPartition) -> Result<(), MigrateError> {
        while self.read.is_empty() && !self.left.is_empty() {
            let read = match log.read(place, self.left.start, PAGE) {
                Err(LogError::Truncated { start, .. }) => {
                    let (topic, partition) = (place.topic.clone(), place.partition);
                    return Err(MigrateError::Truncated { topic, partition, start });
                }
                read => read?,
            };
            let records = read.batches.iter().flat_map(|batch| batch.records_from(self.left.start));
            let end = self.left.end;
            self.read.extend(records.take_while(|record| record.offset < end).map(|record| Moving {
                appended_at: record.append_time,
                key: record.key.to_vec(),
                value: record.value.to_vec(),
                trace: record.trace.map(<[u8]>::to_vec),
                redriven: record.redriven,
            }));
            self.left.start = read.next.min(end);
            if read.batches.is_empty() && read.next < end {
                // What was appended becomes visible a little later.
                log.wait(&place.topic, &[(place.partition, self.left.start)], VISIBLE)?;
            }
        }
        Ok(())
    }
}

/// Appends to the new topic, in numbered appends.
struct Copy<'a> {
    log: &'a dyn EventLog,
    target: &'a Target,
    producer: ProducerId,
    /// Appends that are in the log from an earlier attempt.
    last: u64,
    number: u64,
    /// How many went to each partition.
    copied: Vec<u64>,
    total: u64,
}

impl<'a> Copy<'a> {
    fn new(log: &'a dyn EventLog, stream: &Stream, target: &'a Target) -> Result<Copy<'a>, MigrateError> {
        let digest =
            blake3::hash(format!("migrate {} {} {}", stream.topic, target.topic, target.partitions).as_bytes());
        let mut id = [0; 16];
        id.copy_from_slice(&digest.as_bytes()[..16]);
        let producer = ProducerId(id);
        let copied = (0..target.partitions).map(|_| 0).collect();
        Ok(Copy { log, target, producer, last: log.last_sequence(producer)?, number: 0, copied, total: 0 })
    }

    fn place(&self, partition: u32) -> TopicPartition {
        TopicPartition { topic: self.target.topic.clone(), partition }
    }

    fn all(&mut self, mut events: Merged<'_>, progress: &dyn Fn(u64)) -> Result<u64, MigrateError> {
        let before = self.total;
        loop {
            let mut entries: Vec<Entry> = Vec::new();
            let mut count = 0;
            while count < TOGETHER
                && let Some(moving) = events.next()?
            {
                count += 1;
                self.add(&mut entries, &moving)?;
            }
            if count == 0 {
                return Ok(self.total - before);
            }
            self.total += count as u64;
            self.number += 1;
            if self.number > self.last {
                self.log.append(Some(Sequence { producer: self.producer, number: self.number }), entries)?;
            }
            progress(self.total);
        }
    }

    /// Records of one partition that the log took at the same time go in one batch, which keeps that time.
    fn add(&mut self, entries: &mut Vec<Entry>, moving: &Moving) -> Result<(), MigrateError> {
        let partition = partition_of(&moving.key, self.target.partitions);
        let fits = |entry: &&mut Entry| {
            entry.place.partition == partition
                && entry.batch.as_of() == Some(moving.appended_at)
                && entry.batch.is_redriven(0) == moving.redriven
        };
        let last = entries.iter_mut().rev().find(|entry| entry.place.partition == partition).filter(fits);
        let entry = match last {
            Some(entry) => entry,
            None => {
                let batch = if moving.redriven { RecordBatch::redriven() } else { RecordBatch::new() };
                entries.push(Entry { place: self.place(partition), batch: batch.taken_at(moving.appended_at) });
                let Some(entry) = entries.last_mut() else { return Ok(()) };
                entry
            }
        };
        entry.batch.push(&moving.key, &moving.value)?;
        entry.batch.trace_last(moving.trace.as_deref());
        if let Some(copied) = self.copied.get_mut(usize::try_from(partition).unwrap_or(usize::MAX)) {
            *copied += 1;
        }
        Ok(())
    }
}

/// The offset behind the first so many records of a partition, once they can be seen.
fn behind(log: &dyn EventLog, place: &TopicPartition, records: u64) -> Result<u64, MigrateError> {
    let (mut seen, mut from) = (0, 0);
    while seen < records {
        let read = log.read(place, from, PAGE)?;
        for record in read.batches.iter().flat_map(|batch| batch.records_from(from)) {
            seen += 1;
            if seen == records {
                return Ok(record.offset + 1);
            }
        }
        from = read.next;
        if read.batches.is_empty() {
            log.wait(&place.topic, &[(place.partition, from)], VISIBLE)?;
        }
    }
    Ok(0)
}

/// The states of every version of the stream's views.
fn remove_states(store: &dyn OnlineStore, stream: &Stream) -> Result<u64, MigrateError> {
    let slots = store.slots(&stream.name)?;
    for (slot, _) in &slots {
        let mut hold = store.claim(slot, new_claim())?.hold();
        while let Removal::Begun(next) = store.remove(slot, hold, REMOVED_AT_ONCE)? {
            hold = next;
        }
    }
    Ok(slots.len() as u64)
}

#[cfg(test)]
mod tests;
