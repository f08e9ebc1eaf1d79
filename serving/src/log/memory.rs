//! A log in memory: for tests and simulations.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use smol_str::SmolStr;

use super::batch::StoredBatch;
use super::progress::Progress;
use super::rules::{self, Position};
use super::seam::{
    Appended, Consumer, Entry, Epoch, EventLog, LogError, ProducerId, ReadLimit, Sequence, TopicPartition, Transaction,
};
use crate::clock::Clock;

/// Keeps every batch in memory, in its stored form.
#[derive(Debug)]
pub struct MemoryLog {
    clock: Arc<dyn Clock>,
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
    /// Per partition: last offset and stored form of each batch.
    partitions: Vec<Vec<(u64, Arc<[u8]>)>>,
}

impl MemoryLog {
    pub fn new(clock: Arc<dyn Clock>) -> MemoryLog {
        MemoryLog { clock, inner: Mutex::default() }
    }

    /// Forgets the batches of a partition that end at or before `offset`, as a log with a retention does.
    #[cfg(test)]
    pub(crate) fn forget_before(&self, place: &TopicPartition, offset: u64) {
        let mut inner = self.lock();
        let topic = inner.topics.get_mut(&place.topic).expect("topic");
        let index = usize::try_from(place.partition).expect("partition");
        topic.partitions[index].retain(|(last, _)| *last >= offset);
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

    fn add(&mut self, entries: Vec<Entry>, now: i64) -> Result<Vec<u64>, LogError> {
        for entry in &entries {
            self.end(&entry.place)?;
        }
        let mut bases = Vec::with_capacity(entries.len());
        for Entry { place, batch } in entries {
            let base = self.end(&place)?;
            bases.push(base);
            let end = base + u64::from(batch.len());
            let Some(topic) = self.topics.get_mut(&place.topic) else { continue };
            let index = usize::try_from(place.partition).unwrap_or(usize::MAX);
            if let (Some(partition), true) = (topic.partitions.get_mut(index), end > base) {
                partition.push((end - 1, batch.seal(base, now).into()));
                topic.progress.grow(place.partition, end);
            }
        }
        Ok(bases)
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
                inner.topics.insert(topic.into(), Topic { progress, partitions: vec![Vec::new(); count] });
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
        let bases = inner.add(entries, self.clock.now())?;
        if let Some(Sequence { producer, number }) = sequence {
            inner.producers.insert(producer, number);
        }
        Ok(Appended::Written { bases })
    }

    fn last_sequence(&self, producer: ProducerId) -> Result<u64, LogError> {
        Ok(self.lock().producers.get(&producer).copied().unwrap_or_default())
    }

    fn read(&self, place: &TopicPartition, from: u64, limit: ReadLimit) -> Result<Vec<StoredBatch>, LogError> {
        let inner = self.lock();
        inner.end(place)?;
        let index = usize::try_from(place.partition).unwrap_or(usize::MAX);
        let batches = inner.topic(&place.topic)?.partitions.get(index).map(Vec::as_slice).unwrap_or_default();
        let first = batches.partition_point(|(last, _)| *last < from);
        let (mut found, mut records, mut bytes) = (Vec::new(), 0, 0);
        for (last, stored) in &batches[first..] {
            if records >= limit.records || bytes >= limit.bytes {
                break;
            }
            let batch = StoredBatch::open(Box::new(Arc::clone(stored)), place, *last)?;
            if found.is_empty() && batch.base() > from {
                return Err(LogError::Truncated { place: place.clone(), from, start: batch.base() });
            }
            records += batch.records_from(from).count();
            bytes += stored.len();
            found.push(batch);
        }
        Ok(found)
    }

    fn wait(&self, topic: &str, after: &[(u32, u64)], timeout: Duration) -> Result<bool, LogError> {
        Ok(self.progress(topic)?.wait(after, timeout))
    }

    fn end(&self, place: &TopicPartition) -> Result<u64, LogError> {
        self.lock().end(place)
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
        inner.add(outputs, self.clock.now())?;
        inner.consumers.insert(consumer, Position { offset, ..position });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::contract;
    use super::*;
    use crate::clock::ManualClock;

    #[test]
    fn keeps_the_contract() {
        let clock = Arc::new(ManualClock::at(1_000));
        contract::event_log(&MemoryLog::new(clock.clone()), &clock);
    }
}
