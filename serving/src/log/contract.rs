//! The promises of [`EventLog`], as tests that every implementation runs.

#![expect(clippy::unwrap_used, reason = "a contract suite is test code, wherever it is compiled")]

use std::time::Duration;

use super::batch::{RecordBatch, StoredBatch};
use super::rules::MAX_EVENT_BYTES;
use super::seam::{
    Appended, Consumer, Entry, Epoch, EventLog, LogError, ProducerId, ReadLimit, Sequence, TopicPartition, Transaction,
};
use crate::clock::ManualClock;

const ALL: ReadLimit = ReadLimit { records: usize::MAX, bytes: usize::MAX };
/// How long what was written may take to be seen before the suite gives up: never waited for where it is seen.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs every promise of [`EventLog`] against an empty `log`.
pub fn event_log(log: &dyn EventLog) {
    a_topic_keeps_its_partitions(log);
    unknown_places_are_refused(log);
    offsets_grow_in_the_order_of_appends(log);
    an_append_is_atomic_over_its_entries(log);
    an_empty_append_changes_nothing(log);
    a_repeated_append_adds_nothing(log);
    a_gap_in_the_sequence_is_refused(log);
    producers_do_not_share_sequences(log);
    an_oversized_event_is_refused(log);
    a_read_begins_with_the_batch_that_holds_its_offset(log);
    a_read_stops_at_its_limits(log);
    reads_go_on_where_the_last_one_ended(log);
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

/// Of a log that stamps its batches with `clock`: the records of one entry share their append time.
pub fn append_times(log: &dyn EventLog, clock: &ManualClock) {
    let place = topic(log, "time");
    for now in [50, 40] {
        clock.set(now);
        log.append(None, vec![entry(&place, &["a", "b"])]).unwrap();
    }
    let batches = log.read(&place, 0, ALL).unwrap().batches;
    let times: Vec<_> = batches.iter().flat_map(StoredBatch::records).map(|r| r.append_time).collect();
    assert_eq!(times, [50, 50, 40, 40]);
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

fn offsets_grow_in_the_order_of_appends(log: &dyn EventLog) {
    let place = topic(log, "order");
    log.append(None, vec![entry(&place, &["a", "b"])]).unwrap();
    log.append(None, vec![entry(&place, &["c"]), entry(&place, &["d", "e"])]).unwrap();
    let held = held(log, &place, 5);
    assert_eq!(values(&held), ["a", "b", "c", "d", "e"]);
    assert!(held.is_sorted_by(|(one, _), (next, _)| one < next), "{held:?}");
    assert!(log.end(&place).unwrap() > held[4].0);
}

fn an_append_is_atomic_over_its_entries(log: &dyn EventLog) {
    let place = topic(log, "atomic");
    let wrong = TopicPartition { partition: 9, ..place.clone() };
    assert!(log.append(None, vec![entry(&place, &["a"]), entry(&wrong, &["b"])]).is_err());
    let second = TopicPartition { partition: 1, ..place.clone() };
    log.append(None, vec![entry(&place, &["c"]), entry(&second, &["d"])]).unwrap();
    assert_eq!(values(&held(log, &place, 1)), ["c"]);
    assert_eq!(values(&held(log, &second, 1)), ["d"]);
}

fn an_empty_append_changes_nothing(log: &dyn EventLog) {
    let place = topic(log, "empty");
    assert_eq!(log.append(None, vec![entry(&place, &[])]).unwrap(), Appended::Written);
    assert_eq!(log.append(None, vec![]).unwrap(), Appended::Written);
    assert_holds(log, &place, &[]);
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
    assert_holds(log, &place, &["a", "b"]);
}

fn a_gap_in_the_sequence_is_refused(log: &dyn EventLog) {
    let place = topic(log, "gap");
    let gap = log.append(sequence(ProducerId([2; 16]), 2), vec![entry(&place, &["b"])]).unwrap_err();
    assert!(matches!(gap, LogError::SequenceGap { expected: 1, found: 2 }), "{gap}");
    assert_holds(log, &place, &[]);
}

fn producers_do_not_share_sequences(log: &dyn EventLog) {
    let place = topic(log, "producers");
    for producer in [3, 4] {
        let appended = log.append(sequence(ProducerId([producer; 16]), 1), vec![entry(&place, &["a"])]).unwrap();
        assert_eq!(appended, Appended::Written);
    }
    assert_holds(log, &place, &["a", "a"]);
}

fn an_oversized_event_is_refused(log: &dyn EventLog) {
    let place = topic(log, "oversized");
    let large = "x".repeat(MAX_EVENT_BYTES);
    let refused = log.append(None, vec![entry(&place, &["small", &large])]).unwrap_err();
    assert!(matches!(refused, LogError::TooLarge { .. }), "{refused}");
    assert_holds(log, &place, &[]);
}

fn a_read_begins_with_the_batch_that_holds_its_offset(log: &dyn EventLog) {
    let place = topic(log, "begins");
    log.append(None, vec![entry(&place, &["a", "b", "c"]), entry(&place, &["d"])]).unwrap();
    for (offset, value) in held(log, &place, 4) {
        let batches = log.read(&place, offset, ALL).unwrap().batches;
        let first = batches[0].records_from(offset).next().unwrap();
        assert_eq!((first.offset, first.value), (offset, value.as_bytes()));
    }
}

fn a_read_stops_at_its_limits(log: &dyn EventLog) {
    let place = topic(log, "limits");
    for _ in 0..5 {
        log.append(None, vec![entry(&place, &["a", "b"])]).unwrap();
    }
    let from = held(log, &place, 10)[1].0;
    let counts = |records, bytes| -> Vec<usize> {
        let read = log.read(&place, from, ReadLimit { records, bytes }).unwrap();
        read.batches.iter().map(|batch| batch.records_from(from).count()).collect()
    };
    for limit in [1, 2, 4, 9] {
        let counts = counts(limit, usize::MAX);
        let but_the_last: usize = counts[..counts.len() - 1].iter().sum();
        assert!(but_the_last < limit, "{counts:?} for {limit}");
    }
    assert_eq!(counts(usize::MAX, 1).len(), 1, "one batch is returned however small the limit");
}

fn reads_go_on_where_the_last_one_ended(log: &dyn EventLog) {
    let place = topic(log, "goes_on");
    let all: Vec<String> = (0..6).map(|number| number.to_string()).collect();
    for pair in all.chunks(2) {
        log.append(None, vec![entry(&place, &[&pair[0], &pair[1]])]).unwrap();
    }
    held(log, &place, 6);
    let (mut found, mut from) = (Vec::new(), 0);
    while found.len() < all.len() {
        let read = log.read(&place, from, ReadLimit { records: 1, bytes: 1 }).unwrap();
        assert!(read.next > from, "a read that finds nothing more");
        found.extend(records(&read.batches, from));
        from = read.next;
    }
    assert_eq!(values(&found), all);
}

fn a_read_at_the_end_is_empty(log: &dyn EventLog) {
    let place = topic(log, "end");
    assert!(log.read(&place, 0, ALL).unwrap().batches.is_empty());
    log.append(None, vec![entry(&place, &["a"])]).unwrap();
    let (last, _) = held(log, &place, 1)[0];
    for from in [last + 1, log.end(&place).unwrap(), u64::MAX] {
        let read = log.read(&place, from, ALL).unwrap();
        assert!(read.batches.is_empty() && read.next >= from, "{read:?} from {from}");
    }
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
    held(log, &place, 1);
    let next = log.read(&place, 0, ALL).unwrap().next;
    assert!(!log.wait("timeout", &[(0, next), (1, 0)], Duration::from_millis(1)).unwrap());
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
    let [first, second] = [0, 1].map(|index| held(log, &input, 2)[index].0);
    let consumer = consumer("g", &input);
    assert_eq!(log.committed(&consumer).unwrap(), 0);
    let epoch = log.open(&consumer).unwrap();
    commit(log, &consumer, epoch, &output, "1", first + 1).unwrap();
    commit(log, &consumer, epoch, &output, "2", second + 1).unwrap();
    assert_eq!(log.committed(&consumer).unwrap(), second + 1);
    // A commit may stand still: outputs that consume nothing.
    commit(log, &consumer, epoch, &output, "3", second + 1).unwrap();
    assert_eq!(log.committed(&consumer).unwrap(), second + 1);
    assert_holds(log, &output, &["1", "2", "3"]);
}

fn a_refused_commit_writes_nothing(log: &dyn EventLog) {
    let (input, output) = (topic(log, "in_refused"), topic(log, "out_refused"));
    log.append(None, vec![entry(&input, &["a"])]).unwrap();
    let next = held(log, &input, 1)[0].0 + 1;
    let consumer = consumer("g", &input);
    let epoch = log.open(&consumer).unwrap();
    let outputs = vec![entry(&output, &["1"]), entry(&place("no_such_output", 0), &["2"])];
    let transaction = Transaction { consumer: consumer.clone(), epoch, outputs, offset: next };
    assert!(log.commit(transaction).is_err());
    assert_eq!(log.committed(&consumer).unwrap(), 0);
    assert_holds(log, &output, &[]);
}

fn a_fenced_owner_cannot_commit(log: &dyn EventLog) {
    let (input, output) = (topic(log, "in_fenced"), topic(log, "out_fenced"));
    log.append(None, vec![entry(&input, &["a"])]).unwrap();
    let next = held(log, &input, 1)[0].0 + 1;
    let consumer = consumer("g", &input);
    let old = log.open(&consumer).unwrap();
    let new = log.open(&consumer).unwrap();
    assert!(new > old);
    for epoch in [old, Epoch(new.0 + 1)] {
        let refused = commit(log, &consumer, epoch, &output, "old", next).unwrap_err();
        assert!(matches!(refused, LogError::Fenced { .. }), "{refused}");
    }
    assert_eq!(log.committed(&consumer).unwrap(), 0);
    commit(log, &consumer, new, &output, "new", next).unwrap();
    assert_holds(log, &output, &["new"]);
}

fn an_offset_goes_neither_back_nor_beyond_the_end(log: &dyn EventLog) {
    let (input, output) = (topic(log, "in_offset"), topic(log, "out_offset"));
    log.append(None, vec![entry(&input, &["a", "b"])]).unwrap();
    let next = held(log, &input, 2)[1].0 + 1;
    let consumer = consumer("g", &input);
    let epoch = log.open(&consumer).unwrap();
    commit(log, &consumer, epoch, &output, "1", next).unwrap();
    for offset in [next - 1, log.end(&input).unwrap() + 1] {
        let refused = commit(log, &consumer, epoch, &output, "x", offset).unwrap_err();
        assert!(matches!(refused, LogError::Offset { committed, .. } if committed == next), "{refused}");
    }
    assert_holds(log, &output, &["1"]);
}

fn groups_do_not_share_offsets(log: &dyn EventLog) {
    let (input, output) = (topic(log, "in_groups"), topic(log, "out_groups"));
    log.append(None, vec![entry(&input, &["a"])]).unwrap();
    let next = held(log, &input, 1)[0].0 + 1;
    let (one, other) = (consumer("one", &input), consumer("other", &input));
    let epoch = log.open(&one).unwrap();
    log.open(&other).unwrap();
    commit(log, &one, epoch, &output, "1", next).unwrap();
    assert_eq!(log.committed(&one).unwrap(), next);
    assert_eq!(log.committed(&other).unwrap(), 0);
    let neighbour = consumer("one", &TopicPartition { partition: 1, ..input });
    assert_eq!(log.committed(&neighbour).unwrap(), 0);
}

/// The partition holds exactly these values: what else there was would stand before the one that is appended here.
#[track_caller]
fn assert_holds(log: &dyn EventLog, place: &TopicPartition, expected: &[&str]) {
    log.append(None, vec![entry(place, &["last"])]).unwrap();
    let found = held(log, place, expected.len() + 1);
    assert_eq!(values(&found), [expected, &["last"]].concat());
}

/// The first `count` records of a partition, with their offsets, once they are to be seen.
fn held(log: &dyn EventLog, place: &TopicPartition, count: usize) -> Vec<(u64, String)> {
    let (mut found, mut from) = (Vec::new(), 0);
    while found.len() < count {
        let more = log.wait(&place.topic, &[(place.partition, from)], PATIENCE).unwrap();
        assert!(more, "{place} has {} of {count} records", found.len());
        let read = log.read(place, from, ALL).unwrap();
        found.extend(records(&read.batches, from));
        from = read.next;
    }
    found
}

fn records(batches: &[StoredBatch], from: u64) -> Vec<(u64, String)> {
    let records = batches.iter().flat_map(|batch| batch.records_from(from));
    records.map(|record| (record.offset, String::from_utf8(record.value.to_vec()).unwrap())).collect()
}

fn values(records: &[(u64, String)]) -> Vec<&str> {
    records.iter().map(|(_, value)| value.as_str()).collect()
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
