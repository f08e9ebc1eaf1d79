//! The embedded log: durable on the local disk, in the same database as the key states.

mod layout;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use fjall::{Database, Keyspace, KeyspaceCreateOptions, KvSeparationOptions, OwnedWriteBatch};
use smol_str::SmolStr;

use layout::{decode_position, decode_topic, encode_position, encode_topic, last_offset, log_key, offset_key};

use super::batch::StoredBatch;
use super::progress::Progress;
use super::rules::{self, Position};
use super::seam::{
    Appended, Consumer, Entry, Epoch, EventLog, LogError, ProducerId, Read, ReadLimit, Sequence, TopicPartition,
    Transaction,
};
use crate::clock::Clock;

/// With less than this left on the disk the log takes nothing more: a write that fails half-way costs a restart, one
/// that is refused costs nothing.
const DISK_RESERVE: u64 = 128 << 20;

/// Bytes left on the disk that holds the database, as far as that can be known.
pub type FreeSpace = Box<dyn Fn() -> Option<u64> + Send + Sync>;

/// A log in a fjall database. A commit survives the end of the process at once, and a loss of power once the database
/// has been synchronised, which is its owner's to do.
pub struct EmbeddedLog {
    database: Database,
    keyspaces: Keyspaces,
    clock: Arc<dyn Clock>,
    free: FreeSpace,
    topics: RwLock<HashMap<SmolStr, Arc<Topic>>>,
    /// Held while offsets are given out and until what has them is committed.
    writing: Mutex<()>,
}

struct Keyspaces {
    topics: Keyspace,
    log: Keyspace,
    offsets: Keyspace,
    producers: Keyspace,
}

struct Topic {
    id: u32,
    progress: Progress,
}

/// Writes that wait for their commit, and the ends that become visible with it.
struct Staged {
    batch: OwnedWriteBatch,
    ends: Vec<(Arc<Topic>, u32, u64)>,
}

impl std::fmt::Debug for EmbeddedLog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EmbeddedLog").finish_non_exhaustive()
    }
}

impl EmbeddedLog {
    pub fn open(database: &Database, clock: Arc<dyn Clock>, free: FreeSpace) -> Result<EmbeddedLog, LogError> {
        let small = |name| {
            database.keyspace(name, KeyspaceCreateOptions::default).map_err(|source| unavailable("be opened", source))
        };
        // Batches are large and written once: kept out of the tree, they are not rewritten by compactions.
        let separated = || {
            let blobs = KvSeparationOptions::default().compression(fjall::CompressionType::Lz4);
            KeyspaceCreateOptions::default().with_kv_separation(Some(blobs))
        };
        let log = database.keyspace("log", separated).map_err(|source| unavailable("be opened", source))?;
        let keyspaces =
            Keyspaces { topics: small("topics")?, log, offsets: small("offsets")?, producers: small("producers")? };
        let mut topics = HashMap::new();
        for entry in keyspaces.topics.iter() {
            let (name, value) = entry.into_inner().map_err(|source| unavailable("read its topics", source))?;
            let (Ok(name), Some((id, partitions))) = (std::str::from_utf8(&name), decode_topic(&value)) else {
                let topic = String::from_utf8_lossy(&name).as_ref().into();
                let place = TopicPartition { topic, partition: 0 };
                return Err(LogError::Corrupt { place, offset: 0, reason: "its topic's entry cannot be read" });
            };
            topics.insert(SmolStr::from(name), Arc::new(Topic::recover(&keyspaces.log, name, id, partitions)?));
        }
        Ok(EmbeddedLog {
            database: database.clone(),
            keyspaces,
            clock,
            free,
            topics: RwLock::new(topics),
            writing: Mutex::new(()),
        })
    }

    /// As [`EventLog::commit`], but hands the staged writes to `finish`, which adds its own and commits them all as one.
    pub fn commit_with<T, E: From<LogError>>(
        &self,
        transaction: Transaction,
        finish: impl FnOnce(OwnedWriteBatch) -> Result<T, E>,
    ) -> Result<T, E> {
        self.check_space()?;
        let Transaction { consumer, epoch, outputs, offset } = transaction;
        let _writing = self.begin();
        let key = self.consumer_key(&consumer)?;
        let position = self.position(&key)?;
        rules::check_commit(&consumer, epoch, offset, position, self.end(&consumer.place)?)?;
        let mut staged = self.stage(outputs)?;
        staged.batch.insert(&self.keyspaces.offsets, key, encode_position(Position { offset, ..position }));
        let Staged { batch, ends } = staged;
        let done = finish(batch)?;
        make_visible(ends);
        Ok(done)
    }

    /// The lock guards no data of its own: a panic under it leaves the database as it was.
    fn begin(&self) -> MutexGuard<'_, ()> {
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn topic(&self, name: &str) -> Result<Arc<Topic>, LogError> {
        let topics = self.topics.read().unwrap_or_else(PoisonError::into_inner);
        topics.get(name).cloned().ok_or_else(|| LogError::UnknownTopic { topic: name.into() })
    }

    fn check_space(&self) -> Result<(), LogError> {
        match (self.free)() {
            Some(free) if free < DISK_RESERVE => Err(LogError::DiskFull { free, reserve: DISK_RESERVE }),
            _ => Ok(()),
        }
    }

    /// Gives offsets to `entries`. The caller holds the writing lock until the commit.
    fn stage(&self, entries: Vec<Entry>) -> Result<Staged, LogError> {
        let now = self.clock.now();
        let mut staged = Staged { batch: self.database.batch(), ends: Vec::new() };
        for Entry { place, batch } in entries {
            let topic = self.topic(&place.topic)?;
            let earlier = staged.ends.iter().rev().find(|(t, p, _)| t.id == topic.id && *p == place.partition);
            let base = match earlier {
                Some((_, _, end)) => *end,
                None => topic.end(&place)?,
            };
            if batch.is_empty() {
                continue;
            }
            let end = base + u64::from(batch.len());
            staged.batch.insert(
                &self.keyspaces.log,
                log_key(topic.id, place.partition, end - 1),
                batch.seal(base, now),
            );
            staged.ends.push((topic, place.partition, end));
        }
        Ok(staged)
    }

    fn consumer_key(&self, consumer: &Consumer) -> Result<Vec<u8>, LogError> {
        let topic = self.topic(&consumer.place.topic)?;
        topic.end(&consumer.place)?;
        Ok(offset_key(&consumer.group, topic.id, consumer.place.partition))
    }

    fn position(&self, key: &[u8]) -> Result<Position, LogError> {
        let found = self.keyspaces.offsets.get(key).map_err(|source| unavailable("read an offset", source))?;
        Ok(found.and_then(|value| decode_position(&value)).unwrap_or_default())
    }
}

impl EventLog for EmbeddedLog {
    fn create_topic(&self, name: &str, partitions: u32) -> Result<(), LogError> {
        let mut topics = self.topics.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(topic) = topics.get(name) {
            let found = topic.progress.partitions();
            return if found == partitions {
                Ok(())
            } else {
                Err(LogError::PartitionCount { topic: name.into(), found, declared: partitions })
            };
        }
        let id = topics.values().map(|topic| topic.id + 1).max().unwrap_or_default();
        self.keyspaces
            .topics
            .insert(name, encode_topic(id, partitions))
            .map_err(|source| unavailable("create a topic", source))?;
        topics.insert(name.into(), Arc::new(Topic::recover(&self.keyspaces.log, name, id, partitions)?));
        Ok(())
    }

    fn partitions(&self, topic: &str) -> Result<u32, LogError> {
        Ok(self.topic(topic)?.progress.partitions())
    }

    fn append(&self, sequence: Option<Sequence>, entries: Vec<Entry>) -> Result<Appended, LogError> {
        rules::check_sizes(&entries)?;
        self.check_space()?;
        let _writing = self.begin();
        if let Some(Sequence { producer, .. }) = sequence
            && !rules::is_new(sequence, self.last_sequence(producer)?)?
        {
            return Ok(Appended::Repeated);
        }
        let mut staged = self.stage(entries)?;
        if let Some(Sequence { producer, number }) = sequence {
            staged.batch.insert(&self.keyspaces.producers, producer.0.as_slice(), number.to_be_bytes().as_slice());
        }
        staged.batch.commit().map_err(|source| unavailable("append", source))?;
        make_visible(staged.ends);
        Ok(Appended::Written)
    }

    fn last_sequence(&self, producer: ProducerId) -> Result<u64, LogError> {
        let found =
            self.keyspaces.producers.get(producer.0).map_err(|source| unavailable("read a producer", source))?;
        Ok(found.and_then(|value| value.as_ref().try_into().ok()).map_or(0, u64::from_be_bytes))
    }

    fn read(&self, place: &TopicPartition, from: u64, limit: ReadLimit) -> Result<Read, LogError> {
        let topic = self.topic(&place.topic)?;
        let end = topic.end(place)?;
        let (mut found, mut records, mut bytes): (Vec<StoredBatch>, _, _) = (Vec::new(), 0, 0);
        if from >= end {
            return Ok(Read { batches: found, next: from });
        }
        let range = log_key(topic.id, place.partition, from)..=log_key(topic.id, place.partition, end - 1);
        for entry in self.keyspaces.log.range(range) {
            let (key, value) = entry.into_inner().map_err(|source| unavailable("read", source))?;
            let batch = StoredBatch::open(Box::new(value), place, last_offset(&key))?;
            if found.is_empty() && batch.base() > from {
                return Err(LogError::Truncated { place: place.clone(), from, start: batch.base() });
            }
            records += usize::try_from(batch.end() - batch.base().max(from)).unwrap_or(usize::MAX);
            bytes += batch.size();
            found.push(batch);
            if records >= limit.records || bytes >= limit.bytes {
                break;
            }
        }
        let next = found.last().map_or(from, StoredBatch::end);
        Ok(Read { batches: found, next })
    }

    fn wait(&self, topic: &str, after: &[(u32, u64)], timeout: Duration) -> Result<bool, LogError> {
        Ok(self.topic(topic)?.progress.wait(after, timeout))
    }

    fn end(&self, place: &TopicPartition) -> Result<u64, LogError> {
        self.topic(&place.topic)?.end(place)
    }

    /// No offset is left out.
    fn count(&self, place: &TopicPartition) -> Result<Option<u64>, LogError> {
        Ok(Some(self.end(place)?))
    }

    fn open(&self, consumer: &Consumer) -> Result<Epoch, LogError> {
        let _writing = self.begin();
        let key = self.consumer_key(consumer)?;
        let position = self.position(&key)?;
        let position = Position { epoch: position.epoch + 1, ..position };
        let value = encode_position(position);
        self.keyspaces.offsets.insert(key, value).map_err(|source| unavailable("take a partition", source))?;
        Ok(Epoch(position.epoch))
    }

    fn committed(&self, consumer: &Consumer) -> Result<u64, LogError> {
        Ok(self.position(&self.consumer_key(consumer)?)?.offset)
    }

    fn commit(&self, transaction: Transaction) -> Result<(), LogError> {
        self.commit_with(transaction, |batch| batch.commit().map_err(|source| unavailable("commit", source)))
    }
}

impl Topic {
    /// Finds out how far each partition reaches.
    fn recover(log: &Keyspace, name: &str, id: u32, partitions: u32) -> Result<Topic, LogError> {
        let mut ends = Vec::new();
        for partition in 0..partitions {
            let range = log_key(id, partition, 0)..=log_key(id, partition, u64::MAX);
            let end = match log.range(range).next_back() {
                Some(entry) => {
                    let key = entry.key().map_err(|source| unavailable("find its ends", source))?;
                    let place = || TopicPartition { topic: name.into(), partition };
                    let corrupt =
                        || LogError::Corrupt { place: place(), offset: u64::MAX, reason: "its offsets run over" };
                    last_offset(&key).checked_add(1).ok_or_else(corrupt)?
                }
                None => 0,
            };
            ends.push(end);
        }
        Ok(Topic { id, progress: Progress::new(ends) })
    }

    fn end(&self, place: &TopicPartition) -> Result<u64, LogError> {
        let unknown = || LogError::UnknownPartition { place: place.clone(), partitions: self.progress.partitions() };
        self.progress.end(place.partition).ok_or_else(unknown)
    }
}

fn make_visible(ends: Vec<(Arc<Topic>, u32, u64)>) {
    for (topic, partition, end) in ends {
        topic.progress.grow(partition, end);
    }
}

fn unavailable(action: &'static str, source: fjall::Error) -> LogError {
    // After a write that failed half-way the database takes no more until it is opened anew.
    let action = match source {
        fjall::Error::Poisoned => "write any more: an earlier write failed; restart once the disk has room",
        _ => action,
    };
    LogError::Unavailable { action, source: Box::new(source) }
}
