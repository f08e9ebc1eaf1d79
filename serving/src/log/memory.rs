//! A log in memory: for tests and simulations.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use smol_str::SmolStr;

use super::batch::{RecordBatch, StoredBatch};
use super::progress::Progress;
use super::rules::{self, Position};
use super::seam::{
    Appended, Consumer, Entry, Epoch, EventLog, LogError, ProducerId, Read, ReadLimit, Sequence, TopicPartition,
    Transaction,
};
use crate::clock::Clock;

/// Keeps every batch in memory, in its stored form.
#[derive(Debug)]
pub struct MemoryLog {
    clock: Arc<dyn Clock>,
    /// Offsets left out behind each entry.
    gap: u64,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    topics: HashMap<SmolStr, Topic>,
    producers: HashMap<ProducerId, u64>,
    consumers: HashMap<Consumer, Position>,
}

#[derive(Debug)]
struct Topic {
    progress: Arc<Progress>,
    partitions: Vec<Partition>,
}

#[derive(Debug, Clone, Default)]
struct Partition {
    /// Nothing before it is kept.
    start: u64,
    /// Last offset and stored form of each batch.
    batches: Vec<(u64, Arc<[u8]>)>,
}

impl MemoryLog {
    pub fn new(clock: Arc<dyn Clock>) -> MemoryLog {
        MemoryLog { clock, gap: 0, inner: Mutex::default() }
    }

    /// A log that leaves out an offset behind each entry, as Kafka does behind each transaction, and that gives back the
    /// records of many appends as one batch.
    pub fn sparse(clock: Arc<dyn Clock>) -> MemoryLog {
        MemoryLog { gap: 1, ..MemoryLog::new(clock) }
    }

    /// Forgets the batches of a partition that end at or before `offset`, as a log with a retention does.
    #[cfg(test)]
    pub(crate) fn forget_before(&self, place: &TopicPartition, offset: u64) {
        let mut inner = self.lock();
        let topic = inner.topics.get_mut(&place.topic).expect("topic");
        let index = usize::try_from(place.partition).expect("partition");
        let partition = &mut topic.partitions[index];
        partition.batches.retain(|(last, _)| *last >= offset);
        partition.start = partition.start.max(offset);
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Everything that can fail is checked before the first change under this lock.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn progress(&self, topic: &str) -> Result<Arc<Progress>, LogError> {
        Ok(Arc::clone(&self.lock().topic(topic)?.progress))
    }
}

impl Inner {
    fn topic(&self, topic: &str) -> Result<&Topic, LogError> {
        self.topics.get(topic).ok_or_else(|| LogError::UnknownTopic { topic: topic.into() })
    }

    fn end(&self, place: &TopicPartition) -> Result<u64, LogError> {
        let progress = &self.topic(&place.topic)?.progress;
        let unknown = || LogError::UnknownPartition { place: place.clone(), partitions: progress.partitions() };
        progress.end(place.partition).ok_or_else(unknown)
    }

    fn add(&mut self, entries: Vec<Entry>, now: i64, gap: u64) -> Result<(), LogError> {
        for entry in &entries {
            self.end(&entry.place)?;
        }
        for Entry { place, batch } in entries {
            let base = self.end(&place)?;
            let end = base + u64::from(batch.len());
            let last = end.checked_sub(1).filter(|_| !batch.is_empty());
            let Some(topic) = self.topics.get_mut(&place.topic) else { continue };
            let index = usize::try_from(place.partition).unwrap_or(usize::MAX);
            if let (Some(partition), Some(last)) = (topic.partitions.get_mut(index), last) {
                partition.batches.push((last, batch.seal(base, now).into()));
                topic.progress.grow(place.partition, end + gap);
            }
        }
        Ok(())
    }
}

impl EventLog for MemoryLog {
    fn create_topic(&self, topic: &str, partitions: u32) -> Result<(), LogError> {
        let mut inner = self.lock();
        match inner.topics.get(topic).map(|topic| topic.progress.partitions()) {
            Some(found) if found == partitions => Ok(()),
            Some(found) => Err(LogError::PartitionCount { topic: topic.into(), found, declared: partitions }),
            None => {
                let count = usize::try_from(partitions).unwrap_or(usize::MAX);
                let progress = Arc::new(Progress::new(vec![0; count]));
                inner.topics.insert(topic.into(), Topic { progress, partitions: vec![Partition::default(); count] });
                Ok(())
            }
        }
    }

    fn partitions(&self, topic: &str) -> Result<u32, LogError> {
        Ok(self.lock().topic(topic)?.progress.partitions())
    }

    fn append(&self, sequence: Option<Sequence>, entries: Vec<Entry>) -> Result<Appended, LogError> {
        rules::check_sizes(&entries)?;
        let mut inner = self.lock();
        if let Some(Sequence { producer, .. }) = sequence {
            let last = inner.producers.get(&producer).copied().unwrap_or_default();
            if !rules::is_new(sequence, last)? {
                return Ok(Appended::Repeated);
            }
        }
        inner.add(entries, self.clock.now(), self.gap)?;
        if let Some(Sequence { producer, number }) = sequence {
            inner.producers.insert(producer, number);
        }
        Ok(Appended::Written)
    }

    fn last_sequence(&self, producer: ProducerId) -> Result<u64, LogError> {
        Ok(self.lock().producers.get(&producer).copied().unwrap_or_default())
    }

    fn read(&self, place: &TopicPartition, from: u64, limit: ReadLimit) -> Result<Read, LogError> {
        let inner = self.lock();
        let end = inner.end(place)?;
        let index = usize::try_from(place.partition).unwrap_or(usize::MAX);
        let Some(Partition { start, batches }) = inner.topic(&place.topic)?.partitions.get(index) else {
            return Ok(Read { batches: Vec::new(), next: from });
        };
        if from < *start {
            return Err(LogError::Truncated { place: place.clone(), from, start: *start });
        }
        let first = batches.partition_point(|(last, _)| *last < from);
        let (mut found, mut records, mut bytes) = (Vec::new(), 0, 0);
        for (last, stored) in &batches[first..] {
            if records >= limit.records || bytes >= limit.bytes {
                break;
            }
            let batch = StoredBatch::open(Box::new(Arc::clone(stored)), place, *last)?;
            records += batch.records_from(from).count();
            bytes += stored.len();
            found.push(batch);
        }
        let all = first + found.len() == batches.len();
        let next = found.last().map_or(from, StoredBatch::end);
        let next = if all { next.max(end) } else { next };
        let batches = if self.gap == 0 { found } else { gather(&found, from, limit) };
        // Of a batch that was cut short the next read has the rest.
        let next = batches.last().map_or(next, |batch| if records > limit.records { batch.end() } else { next });
        Ok(Read { batches, next })
    }

    fn wait(&self, topic: &str, after: &[(u32, u64)], timeout: Duration) -> Result<bool, LogError> {
        Ok(self.progress(topic)?.wait(after, timeout))
    }

    fn end(&self, place: &TopicPartition) -> Result<u64, LogError> {
        self.lock().end(place)
    }

    fn count(&self, place: &TopicPartition) -> Result<Option<u64>, LogError> {
        let inner = self.lock();
        let end = inner.end(place)?;
        Ok((self.gap == 0).then_some(end))
    }

    fn open(&self, consumer: &Consumer) -> Result<Epoch, LogError> {
        let mut inner = self.lock();
        inner.end(&consumer.place)?;
        let position = inner.consumers.entry(consumer.clone()).or_default();
        position.epoch += 1;
        Ok(Epoch(position.epoch))
    }

    fn committed(&self, consumer: &Consumer) -> Result<u64, LogError> {
        let inner = self.lock();
        inner.end(&consumer.place)?;
        Ok(inner.consumers.get(consumer).map_or(0, |position| position.offset))
    }

    fn commit(&self, transaction: Transaction) -> Result<(), LogError> {
        let Transaction { consumer, epoch, outputs, offset } = transaction;
        let mut inner = self.lock();
        let position = inner.consumers.get(&consumer).copied().unwrap_or_default();
        let end = inner.end(&consumer.place)?;
        rules::check_commit(&consumer, epoch, offset, position, end)?;
        inner.add(outputs, self.clock.now(), self.gap)?;
        inner.consumers.insert(consumer, Position { offset, ..position });
        Ok(())
    }
}

/// The records of `batches` from `from` on as one batch, no more than `limit` allows.
fn gather(batches: &[StoredBatch], from: u64, limit: ReadLimit) -> Vec<StoredBatch> {
    let (mut batch, mut marks) = (RecordBatch::new(), Vec::new());
    for record in batches.iter().flat_map(|batch| batch.records_from(from)).take(limit.records.max(1)) {
        if batch.push(record.key, record.value).is_ok() {
            marks.push((record.offset, record.append_time));
            if record.redriven {
                batch.redriven_last();
            }
        }
    }
    StoredBatch::gathered(batch, marks).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::super::contract;
    use super::*;
    use crate::clock::ManualClock;

    #[test]
    fn keeps_the_contract() {
        let clock = Arc::new(ManualClock::at(1_000));
        let log = MemoryLog::new(clock.clone());
        contract::event_log(&log);
        contract::append_times(&log, &clock);
    }

    #[test]
    fn keeps_the_contract_where_offsets_are_left_out() {
        let clock = Arc::new(ManualClock::at(1_000));
        let log = MemoryLog::sparse(clock.clone());
        contract::event_log(&log);
        contract::append_times(&log, &clock);
    }
}
