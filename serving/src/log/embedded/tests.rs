//! The embedded log on the disk.

use std::sync::atomic::{AtomicU64, Ordering};

use super::layout::log_key;
use super::*;
use crate::clock::ManualClock;
use crate::log::batch::RecordBatch;
use crate::log::contract;

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
    contract::event_log(&log);
    contract::append_times(&log, &clock);
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
    assert_eq!(log.append(sequence(2), vec![entry("c")]).expect("append"), Appended::Written);
    assert!(log.open(&consumer).expect("open") > epoch);
    let batches = log.read(&place(), 0, ReadLimit { records: 9, bytes: 1 << 20 }).expect("read").batches;
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
