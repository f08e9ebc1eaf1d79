//! The promises of [`EventLog`], as tests that every implementation runs.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a contract suite is test code, wherever it is compiled")]

use std::time::Duration;

use super::batch::{RecordBatch, StoredBatch};
use super::rules::MAX_EVENT_BYTES;
use super::seam::{
    Appended, Consumer, Entry, Epoch, EventLog, LogError, ProducerId, ReadLimit, Sequence, TopicPartition, Transaction,
};
use crate::clock::ManualClock;

const ALL: ReadLimit = ReadLimit { records: usize::MAX, bytes: usize::MAX };

/// Runs every promise of [`EventLog`] against an empty `log`, which stamps its batches with `clock`.
pub fn event_log(log: &dyn EventLog, clock: &ManualClock) {
    a_topic_keeps_its_partitions(log);
    unknown_places_are_refused(log);
    offsets_count_from_zero_in_order_of_appends(log);
    records_of_one_entry_share_their_append_time(log, clock);
    an_append_is_atomic_over_its_entries(log);
    an_empty_append_changes_nothing(log);
    a_repeated_append_adds_nothing(log);
    a_gap_in_the_sequence_is_refused(log);
    producers_do_not_share_sequences(log);
    an_oversized_event_is_refused(log);
    a_read_begins_with_the_batch_that_holds_its_offset(log);
    a_read_stops_at_its_limits(log);
    a_read_at_the_end_is_empty(log);
    a_wait_returns_at_once_where_there_is_data(log);
    a_wait_without_data_ends_with_its_timeout(log);
    a_wait_is_woken_by_an_append(log);
    a_wait_is_woken_by_a_commit(log);
    a_commit_writes_outputs_and_offset(log);
    a_refused_commit_writes_nothing(log);
    a_fenced_owner_cannot_commit(log);
    an_offset_goes_neither_back_nor_beyond_the_end(log);
    groups_do_not_share_offsets(log);
}

fn a_topic_keeps_its_partitions(log: &dyn EventLog) {
    log.create_topic("keeps", 3).unwrap();
    log.create_topic("keeps", 3).unwrap();
    assert_eq!(log.partitions("keeps").unwrap(), 3);
    let changed = log.create_topic("keeps", 4).unwrap_err();
    assert!(matches!(changed, LogError::PartitionCount { found: 3, declared: 4, .. }), "{changed}");
}

fn unknown_places_are_refused(log: &dyn EventLog) {
    log.create_topic("known", 1).unwrap();
    let (topic, partition) = (place("unknown", 0), place("known", 1));
    assert!(matches!(log.partitions("unknown"), Err(LogError::UnknownTopic { .. })));
    assert!(matches!(log.append(None, vec![entry(&topic, &["a"])]), Err(LogError::UnknownTopic { .. })));
    assert!(matches!(log.append(None, vec![entry(&partition, &["a"])]), Err(LogError::UnknownPartition { .. })));
    assert!(matches!(log.read(&partition, 0, ALL), Err(LogError::UnknownPartition { .. })));
    assert!(matches!(log.end(&topic), Err(LogError::UnknownTopic { .. })));
    assert!(matches!(log.open(&consumer("g", &partition)), Err(LogError::UnknownPartition { .. })));
    assert!(matches!(log.wait("unknown", &[], Duration::ZERO), Err(LogError::UnknownTopic { .. })));
}

fn offsets_count_from_zero_in_order_of_appends(log: &dyn EventLog) {
    let place = topic(log, "order");
    assert_eq!(bases(log.append(None, vec![entry(&place, &["a", "b"])]).unwrap()), [0]);
    assert_eq!(bases(log.append(None, vec![entry(&place, &["c"]), entry(&place, &["d", "e"])]).unwrap()), [2, 3]);
    assert_eq!(log.end(&place).unwrap(), 5);
    let batches = log.read(&place, 0, ALL).unwrap();
    let offsets: Vec<u64> = batches.iter().flat_map(StoredBatch::records).map(|r| r.offset).collect();
    assert_eq!(offsets, [0, 1, 2, 3, 4]);
    assert_eq!(values(&batches), ["a", "b", "c", "d", "e"]);
}

fn records_of_one_entry_share_their_append_time(log: &dyn EventLog, clock: &ManualClock) {
    let place = topic(log, "time");
    for now in [50, 40] {
        clock.set(now);
        log.append(None, vec![entry(&place, &["a", "b"])]).unwrap();
    }
    let batches = log.read(&place, 0, ALL).unwrap();
    let times: Vec<_> = batches.iter().flat_map(StoredBatch::records).map(|r| r.append_time).collect();
    assert_eq!(times, [50, 50, 40, 40]);
}

fn an_append_is_atomic_over_its_entries(log: &dyn EventLog) {
    let place = topic(log, "atomic");
    let wrong = TopicPartition { partition: 9, ..place.clone() };
    assert!(log.append(None, vec![entry(&place, &["a"]), entry(&wrong, &["b"])]).is_err());
    assert_eq!(log.end(&place).unwrap(), 0);
    assert!(log.read(&place, 0, ALL).unwrap().is_empty());
    let both = vec![entry(&place, &["a"]), entry(&TopicPartition { partition: 1, ..place.clone() }, &["b"])];
    assert_eq!(bases(log.append(None, both).unwrap()), [0, 0]);
}

fn an_empty_append_changes_nothing(log: &dyn EventLog) {
    let place = topic(log, "empty");
    assert_eq!(bases(log.append(None, vec![entry(&place, &[])]).unwrap()), [0]);
    assert!(bases(log.append(None, vec![]).unwrap()).is_empty());
    assert_eq!(log.end(&place).unwrap(), 0);
    assert!(log.read(&place, 0, ALL).unwrap().is_empty());
}

fn a_repeated_append_adds_nothing(log: &dyn EventLog) {
    let place = topic(log, "repeated");
    let producer = ProducerId([1; 16]);
    assert_eq!(log.last_sequence(producer).unwrap(), 0);
    log.append(sequence(producer, 1), vec![entry(&place, &["a"])]).unwrap();
    log.append(sequence(producer, 2), vec![entry(&place, &["b"])]).unwrap();
    for number in [1, 2] {
        let again = log.append(sequence(producer, number), vec![entry(&place, &["again"])]).unwrap();
        assert_eq!(again, Appended::Repeated);
    }
    assert_eq!(log.last_sequence(producer).unwrap(), 2);
    assert_eq!(values(&log.read(&place, 0, ALL).unwrap()), ["a", "b"]);
}

fn a_gap_in_the_sequence_is_refused(log: &dyn EventLog) {
    let place = topic(log, "gap");
    let gap = log.append(sequence(ProducerId([2; 16]), 2), vec![entry(&place, &["b"])]).unwrap_err();
    assert!(matches!(gap, LogError::SequenceGap { expected: 1, found: 2 }), "{gap}");
    assert_eq!(log.end(&place).unwrap(), 0);
}

fn producers_do_not_share_sequences(log: &dyn EventLog) {
    let place = topic(log, "producers");
    for producer in [3, 4] {
        let appended = log.append(sequence(ProducerId([producer; 16]), 1), vec![entry(&place, &["a"])]).unwrap();
        assert!(matches!(appended, Appended::Written { .. }));
    }
    assert_eq!(log.end(&place).unwrap(), 2);
}

fn an_oversized_event_is_refused(log: &dyn EventLog) {
    let place = topic(log, "oversized");
    let large = "x".repeat(MAX_EVENT_BYTES);
    let refused = log.append(None, vec![entry(&place, &["small", &large])]).unwrap_err();
    assert!(matches!(refused, LogError::TooLarge { .. }), "{refused}");
    assert_eq!(log.end(&place).unwrap(), 0);
}

fn a_read_begins_with_the_batch_that_holds_its_offset(log: &dyn EventLog) {
    let place = topic(log, "begins");
    log.append(None, vec![entry(&place, &["a", "b", "c"]), entry(&place, &["d"])]).unwrap();
    for (from, base) in [(0, 0), (1, 0), (2, 0), (3, 3)] {
        let batches = log.read(&place, from, ALL).unwrap();
        assert_eq!(batches[0].base(), base, "read from {from}");
        let first = batches[0].records_from(from).next().unwrap();
        assert_eq!(first.offset, from);
    }
}

fn a_read_stops_at_its_limits(log: &dyn EventLog) {
    let place = topic(log, "limits");
    for _ in 0..5 {
        log.append(None, vec![entry(&place, &["a", "b"])]).unwrap();
    }
    let count = |records, bytes| log.read(&place, 1, ReadLimit { records, bytes }).unwrap().len();
    assert_eq!(count(1, usize::MAX), 1);
    assert_eq!(count(2, usize::MAX), 2, "the first batch has one record from offset 1 on");
    assert_eq!(count(4, usize::MAX), 3);
    assert_eq!(count(usize::MAX, 1), 1, "one batch is returned however small the limit");
}

fn a_read_at_the_end_is_empty(log: &dyn EventLog) {
    let place = topic(log, "end");
    assert!(log.read(&place, 0, ALL).unwrap().is_empty());
    log.append(None, vec![entry(&place, &["a"])]).unwrap();
    assert!(log.read(&place, 1, ALL).unwrap().is_empty());
    assert!(log.read(&place, u64::MAX, ALL).unwrap().is_empty());
}

fn a_wait_returns_at_once_where_there_is_data(log: &dyn EventLog) {
    let place = topic(log, "waits");
    log.append(None, vec![entry(&place, &["a"])]).unwrap();
    assert!(log.wait("waits", &[(0, 0)], Duration::MAX).unwrap());
    assert!(log.wait("waits", &[(1, 0), (0, 0)], Duration::MAX).unwrap());
}

fn a_wait_without_data_ends_with_its_timeout(log: &dyn EventLog) {
    let place = topic(log, "timeout");
    log.append(None, vec![entry(&place, &["a"])]).unwrap();
    assert!(!log.wait("timeout", &[(0, 1), (1, 0)], Duration::from_millis(1)).unwrap());
    assert!(!log.wait("timeout", &[], Duration::ZERO).unwrap());
}

fn a_wait_is_woken_by_an_append(log: &dyn EventLog) {
    let place = topic(log, "woken");
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| log.wait("woken", &[(1, 0), (0, 0)], Duration::MAX).unwrap());
        log.append(None, vec![entry(&place, &["a"])]).unwrap();
        assert!(waiting.join().unwrap());
    });
}

fn a_wait_is_woken_by_a_commit(log: &dyn EventLog) {
    let (place, output) = (topic(log, "in_wait"), topic(log, "out_wait"));
    let consumer = consumer("g", &place);
    let epoch = log.open(&consumer).unwrap();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| log.wait("out_wait", &[(0, 0)], Duration::MAX).unwrap());
        log.commit(Transaction { consumer, epoch, outputs: vec![entry(&output, &["a"])], offset: 0 }).unwrap();
        assert!(waiting.join().unwrap());
    });
}

fn a_commit_writes_outputs_and_offset(log: &dyn EventLog) {
    let (input, output) = (topic(log, "in"), topic(log, "out"));
    log.append(None, vec![entry(&input, &["a", "b"])]).unwrap();
    let consumer = consumer("g", &input);
    assert_eq!(log.committed(&consumer).unwrap(), 0);
    let epoch = log.open(&consumer).unwrap();
    commit(log, &consumer, epoch, &output, "1", 1).unwrap();
    commit(log, &consumer, epoch, &output, "2", 2).unwrap();
    assert_eq!(log.committed(&consumer).unwrap(), 2);
    assert_eq!(values(&log.read(&output, 0, ALL).unwrap()), ["1", "2"]);
    // A commit may stand still: outputs that consume nothing.
    commit(log, &consumer, epoch, &output, "3", 2).unwrap();
    assert_eq!(log.end(&output).unwrap(), 3);
}

fn a_refused_commit_writes_nothing(log: &dyn EventLog) {
    let input = topic(log, "in_refused");
    log.append(None, vec![entry(&input, &["a"])]).unwrap();
    let consumer = consumer("g", &input);
    let epoch = log.open(&consumer).unwrap();
    assert!(commit(log, &consumer, epoch, &place("no_such_output", 0), "1", 1).is_err());
    assert_eq!(log.committed(&consumer).unwrap(), 0);
}

fn a_fenced_owner_cannot_commit(log: &dyn EventLog) {
    let (input, output) = (topic(log, "in_fenced"), topic(log, "out_fenced"));
    log.append(None, vec![entry(&input, &["a"])]).unwrap();
    let consumer = consumer("g", &input);
    let old = log.open(&consumer).unwrap();
    let new = log.open(&consumer).unwrap();
    assert!(new > old);
    for epoch in [old, Epoch(new.0 + 1)] {
        let refused = commit(log, &consumer, epoch, &output, "old", 1).unwrap_err();
        assert!(matches!(refused, LogError::Fenced { .. }), "{refused}");
    }
    assert_eq!(log.end(&output).unwrap(), 0);
    assert_eq!(log.committed(&consumer).unwrap(), 0);
    commit(log, &consumer, new, &output, "new", 1).unwrap();
}

fn an_offset_goes_neither_back_nor_beyond_the_end(log: &dyn EventLog) {
    let (input, output) = (topic(log, "in_offset"), topic(log, "out_offset"));
    log.append(None, vec![entry(&input, &["a", "b"])]).unwrap();
    let consumer = consumer("g", &input);
    let epoch = log.open(&consumer).unwrap();
    commit(log, &consumer, epoch, &output, "1", 2).unwrap();
    for offset in [1, 3] {
        let refused = commit(log, &consumer, epoch, &output, "x", offset).unwrap_err();
        assert!(matches!(refused, LogError::Offset { committed: 2, end: 2, .. }), "{refused}");
    }
    assert_eq!(log.end(&output).unwrap(), 1);
}

fn groups_do_not_share_offsets(log: &dyn EventLog) {
    let (input, output) = (topic(log, "in_groups"), topic(log, "out_groups"));
    log.append(None, vec![entry(&input, &["a"])]).unwrap();
    let (one, other) = (consumer("one", &input), consumer("other", &input));
    let epoch = log.open(&one).unwrap();
    log.open(&other).unwrap();
    commit(log, &one, epoch, &output, "1", 1).unwrap();
    assert_eq!(log.committed(&other).unwrap(), 0);
    let neighbour = consumer("one", &TopicPartition { partition: 1, ..input });
    assert_eq!(log.committed(&neighbour).unwrap(), 0);
}

/// Creates a topic of two partitions; its first one.
fn topic(log: &dyn EventLog, name: &str) -> TopicPartition {
    log.create_topic(name, 2).unwrap();
    place(name, 0)
}

fn place(topic: &str, partition: u32) -> TopicPartition {
    TopicPartition { topic: topic.into(), partition }
}

fn consumer(group: &str, place: &TopicPartition) -> Consumer {
    Consumer { group: group.into(), place: place.clone() }
}

fn sequence(producer: ProducerId, number: u64) -> Option<Sequence> {
    Some(Sequence { producer, number })
}

fn entry(place: &TopicPartition, values: &[&str]) -> Entry {
    let mut batch = RecordBatch::new();
    for value in values {
        batch.push(b"key", value.as_bytes()).unwrap();
    }
    Entry { place: place.clone(), batch }
}

fn commit(
    log: &dyn EventLog,
    consumer: &Consumer,
    epoch: Epoch,
    output: &TopicPartition,
    value: &str,
    offset: u64,
) -> Result<(), LogError> {
    let outputs = vec![entry(output, &[value])];
    log.commit(Transaction { consumer: consumer.clone(), epoch, outputs, offset })
}

fn bases(appended: Appended) -> Vec<u64> {
    match appended {
        Appended::Written { bases } => bases,
        Appended::Repeated => panic!("the append was taken for a repeated one"),
    }
}

fn values(batches: &[StoredBatch]) -> Vec<String> {
    batches.iter().flat_map(StoredBatch::records).map(|r| String::from_utf8(r.value.to_vec()).unwrap()).collect()
}
