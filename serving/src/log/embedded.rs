//! The embedded log: durable on the local disk, in the same database as the key states.
//!
//! What it stores, all numbers big-endian:
//! * `topics`: name → id (u32), partitions (u32);
//! * `log`: topic id, partition (u32 each), last offset (u64) → a record batch. Under its last offset, so that the batch
//!   which holds an offset is the first at or after it;
//! * `offsets`: group and its length (u16), topic id, partition → epoch, offset (u64 each);
//! * `producers`: producer id → number of its last append (u64).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use fjall::{Database, Keyspace, KeyspaceCreateOptions, KvSeparationOptions, OwnedWriteBatch};
use smol_str::SmolStr;

use super::batch::StoredBatch;
use super::progress::Progress;
use super::rules::{self, Position};
use super::seam::{
    Appended, Consumer, Entry, Epoch, EventLog, LogError, ProducerId, ReadLimit, Sequence, TopicPartition, Transaction,
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
    bases: Vec<u64>,
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
            let (Ok(name), Some((id, partitions))) = (std::str::from_utf8(&name), two_u32(&value)) else {
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
        let Staged { batch, ends, .. } = staged;
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
        let mut staged = Staged { batch: self.database.batch(), bases: Vec::new(), ends: Vec::new() };
        for Entry { place, batch } in entries {
            let topic = self.topic(&place.topic)?;
            let earlier = staged.ends.iter().rev().find(|(t, p, _)| t.id == topic.id && *p == place.partition);
            let base = match earlier {
                Some((_, _, end)) => *end,
                None => topic.end(&place)?,
            };
            staged.bases.push(base);
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
        let group = consumer.group.as_bytes();
        let length = u16::try_from(group.len()).unwrap_or(u16::MAX);
        let mut key = length.to_be_bytes().to_vec();
        key.extend_from_slice(&group[..usize::from(length)]);
        key.extend_from_slice(&topic.id.to_be_bytes());
        key.extend_from_slice(&consumer.place.partition.to_be_bytes());
        Ok(key)
    }

    fn position(&self, key: &[u8]) -> Result<Position, LogError> {
        let found = self.keyspaces.offsets.get(key).map_err(|source| unavailable("read an offset", source))?;
        Ok(found
            .and_then(|value| two_u64(&value))
            .map_or_else(Position::default, |(epoch, offset)| Position { epoch, offset }))
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
        let value = [id.to_be_bytes(), partitions.to_be_bytes()].concat();
        self.keyspaces.topics.insert(name, value).map_err(|source| unavailable("create a topic", source))?;
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
        Ok(Appended::Written { bases: staged.bases })
    }

    fn last_sequence(&self, producer: ProducerId) -> Result<u64, LogError> {
        let found =
            self.keyspaces.producers.get(producer.0).map_err(|source| unavailable("read a producer", source))?;
        Ok(found.and_then(|value| value.as_ref().try_into().ok()).map_or(0, u64::from_be_bytes))
    }

    fn read(&self, place: &TopicPartition, from: u64, limit: ReadLimit) -> Result<Vec<StoredBatch>, LogError> {
        let topic = self.topic(&place.topic)?;
        let end = topic.end(place)?;
        let (mut found, mut records, mut bytes): (Vec<StoredBatch>, _, _) = (Vec::new(), 0, 0);
        if from >= end {
            return Ok(found);
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
        Ok(found)
    }

    fn wait(&self, topic: &str, after: &[(u32, u64)], timeout: Duration) -> Result<bool, LogError> {
        Ok(self.topic(topic)?.progress.wait(after, timeout))
    }

    fn end(&self, place: &TopicPartition) -> Result<u64, LogError> {
        self.topic(&place.topic)?.end(place)
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

fn log_key(topic: u32, partition: u32, last: u64) -> [u8; 16] {
    let mut key = [0; 16];
    key[..4].copy_from_slice(&topic.to_be_bytes());
    key[4..8].copy_from_slice(&partition.to_be_bytes());
    key[8..].copy_from_slice(&last.to_be_bytes());
    key
}

fn last_offset(key: &[u8]) -> u64 {
    key.last_chunk::<8>().map_or(u64::MAX, |bytes| u64::from_be_bytes(*bytes))
}

fn encode_position(position: Position) -> Vec<u8> {
    [position.epoch.to_be_bytes(), position.offset.to_be_bytes()].concat()
}

fn two_u64(value: &[u8]) -> Option<(u64, u64)> {
    let (first, second) = value.split_first_chunk::<8>()?;
    Some((u64::from_be_bytes(*first), u64::from_be_bytes(second.try_into().ok()?)))
}

fn two_u32(value: &[u8]) -> Option<(u32, u32)> {
    let (first, second) = value.split_first_chunk::<4>()?;
    Some((u32::from_be_bytes(*first), u32::from_be_bytes(second.try_into().ok()?)))
}

fn unavailable(action: &'static str, source: fjall::Error) -> LogError {
    LogError::Unavailable { action, source: Box::new(source) }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::super::batch::RecordBatch;
    use super::super::contract;
    use super::*;
    use crate::clock::ManualClock;

    fn open(dir: &tempfile::TempDir) -> (Database, EmbeddedLog) {
        let database = Database::builder(dir.path()).open().expect("open");
        let log = EmbeddedLog::open(&database, Arc::new(ManualClock::at(5)), Box::new(|| None)).expect("open log");
        (database, log)
    }

    fn place() -> TopicPartition {
        TopicPartition { topic: "t".into(), partition: 1 }
    }

    fn entry(value: &str) -> Entry {
        let mut batch = RecordBatch::new();
        batch.push(b"key", value.as_bytes()).expect("push");
        Entry { place: place(), batch }
    }

    #[test]
    fn keeps_the_contract() {
        let dir = tempfile::tempdir().expect("folder");
        let database = Database::builder(dir.path()).open().expect("open");
        let clock = Arc::new(ManualClock::at(1_000));
        let log = EmbeddedLog::open(&database, clock.clone(), Box::new(|| None)).expect("open log");
        contract::event_log(&log, &clock);
    }

    #[test]
    fn everything_is_there_after_a_restart() {
        let dir = tempfile::tempdir().expect("folder");
        let consumer = Consumer { group: "g".into(), place: place() };
        let sequence = |number| Some(Sequence { producer: ProducerId([9; 16]), number });
        let epoch = {
            let (_database, log) = open(&dir);
            log.create_topic("other", 1).expect("create");
            log.create_topic("t", 2).expect("create");
            log.append(sequence(1), vec![entry("a"), entry("b")]).expect("append");
            let epoch = log.open(&consumer).expect("open");
            let consumer = consumer.clone();
            log.commit(Transaction { consumer, epoch, outputs: vec![], offset: 2 }).expect("commit");
            epoch
        };
        let (_database, log) = open(&dir);
        assert_eq!(log.partitions("t").expect("topic"), 2);
        assert_eq!(log.end(&place()).expect("end"), 2);
        assert_eq!(log.committed(&consumer).expect("committed"), 2);
        assert_eq!(log.append(sequence(1), vec![entry("a")]).expect("append"), Appended::Repeated);
        assert_eq!(log.append(sequence(2), vec![entry("c")]).expect("append"), Appended::Written { bases: vec![2] });
        assert!(log.open(&consumer).expect("open") > epoch);
        let batches = log.read(&place(), 0, ReadLimit { records: 9, bytes: 1 << 20 }).expect("read");
        let values: Vec<_> = batches.iter().flat_map(StoredBatch::records).map(|r| r.value.to_vec()).collect();
        assert_eq!(values, [b"a", b"b", b"c"]);
    }

    #[test]
    fn a_corrupt_batch_is_an_error_that_names_topic_partition_and_offset() {
        let dir = tempfile::tempdir().expect("folder");
        let (_database, log) = open(&dir);
        log.create_topic("t", 2).expect("create");
        log.append(None, vec![entry("a")]).expect("append");
        log.keyspaces.log.insert(log_key(0, 1, 0), b"rubbish").expect("insert");
        let error = log.read(&place(), 0, ReadLimit { records: 9, bytes: 99 }).expect_err("corrupt");
        assert!(matches!(&error, LogError::Corrupt { place: p, offset: 0, .. } if *p == place()), "{error}");
        assert!(error.to_string().contains("offset 0 of t/1"), "{error}");
    }

    #[test]
    fn a_log_that_no_longer_reaches_back_says_where_it_begins() {
        let dir = tempfile::tempdir().expect("folder");
        let (_database, log) = open(&dir);
        log.create_topic("t", 2).expect("create");
        log.append(None, vec![entry("a"), entry("b")]).expect("append");
        log.keyspaces.log.remove(log_key(0, 1, 0)).expect("remove");
        let error = log.read(&place(), 0, ReadLimit { records: 9, bytes: 99 }).expect_err("truncated");
        assert!(matches!(error, LogError::Truncated { from: 0, start: 1, .. }), "{error}");
    }

    #[test]
    fn a_full_disk_refuses_writes_and_leaves_the_log_as_it_was() {
        let dir = tempfile::tempdir().expect("folder");
        let database = Database::builder(dir.path()).open().expect("open");
        let free = Arc::new(AtomicU64::new(u64::MAX));
        let probe = Arc::clone(&free);
        let probe: FreeSpace = Box::new(move || Some(probe.load(Ordering::Relaxed)));
        let log = EmbeddedLog::open(&database, Arc::new(ManualClock::at(5)), probe).expect("open log");
        log.create_topic("t", 2).expect("create");
        let consumer = Consumer { group: "g".into(), place: place() };
        let epoch = log.open(&consumer).expect("open");
        let commit = || Transaction { consumer: consumer.clone(), epoch, outputs: vec![entry("out")], offset: 0 };
        free.store(DISK_RESERVE - 1, Ordering::Relaxed);
        assert!(matches!(log.append(None, vec![entry("a")]), Err(LogError::DiskFull { .. })));
        assert!(matches!(log.commit(commit()), Err(LogError::DiskFull { .. })));
        assert_eq!(log.end(&place()).expect("end"), 0);
        free.store(u64::MAX, Ordering::Relaxed);
        log.commit(commit()).expect("there is room again");
        assert_eq!(log.end(&place()).expect("end"), 1);
    }
}
