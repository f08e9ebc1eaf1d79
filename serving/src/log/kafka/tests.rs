//! The log on a real broker.

use super::broker::Broker;
use super::producer::TransactionalProducer;
use super::*;
use crate::log::batch::{RecordBatch, StoredBatch};
use crate::log::contract;

const ALL: ReadLimit = ReadLimit { records: usize::MAX, bytes: usize::MAX };

/// A log on the shared broker, under a namespace and with topics of the test's own.
struct Bench {
    log: KafkaLog,
    input: TopicPartition,
    output: TopicPartition,
    consumer: Consumer,
}

impl Bench {
    fn new(broker: &Broker, name: &str) -> Bench {
        let log = KafkaLog::open(broker.settings(name)).expect("a broker");
        let place = |topic: String| TopicPartition { topic: topic.into(), partition: 0 };
        let (input, output) = (place(format!("{name}-in")), place(format!("{name}-out")));
        for place in [&input, &output] {
            log.create_topic(&place.topic, 1).expect("topic");
        }
        let consumer = Consumer { group: "worker".into(), place: input.clone() };
        Bench { log, input, output, consumer }
    }

    /// As another process over the same project.
    fn second(&self) -> Bench {
        let log = KafkaLog::open(self.log.settings.clone()).expect("a broker");
        Bench { log, input: self.input.clone(), output: self.output.clone(), consumer: self.consumer.clone() }
    }

    fn feed(&self, values: &[&str]) {
        self.log.append(None, vec![entry(&self.input, values)]).expect("append");
    }

    fn commit(&self, epoch: Epoch, value: &str, offset: u64) -> Result<(), LogError> {
        let outputs = vec![entry(&self.output, &[value])];
        self.log.commit(Transaction { consumer: self.consumer.clone(), epoch, outputs, offset })
    }

    /// Publishes part of a transaction, as a worker that dies in the middle of it, and returns what would have gone on.
    fn leave_open(&self, value: &str) -> TransactionalProducer {
        let name = format!("{}-{}-0", self.log.settings.group("worker"), self.input.topic);
        let dying = TransactionalProducer::open(&self.log.settings, &name).expect("producer");
        dying.begin(&[entry(&self.output, &[value])]).expect("sent");
        dying.deliver().expect("delivered");
        dying
    }

    /// The next offset, and everything of the output, once there are `count` records.
    fn outputs(&self, count: usize) -> Vec<String> {
        read(&self.log, &self.output, count)
    }
}

fn entry(place: &TopicPartition, values: &[&str]) -> Entry {
    let mut batch = RecordBatch::new();
    for value in values {
        batch.push(b"key", value.as_bytes()).expect("push");
    }
    Entry { place: place.clone(), batch }
}

/// All values that are there once there are `count`.
fn read(log: &KafkaLog, place: &TopicPartition, count: usize) -> Vec<String> {
    let (mut found, mut from) = (Vec::new(), 0);
    while found.len() < count {
        assert!(log.wait(&place.topic, &[(place.partition, from)], PATIENCE).expect("wait"), "{found:?}");
        let read = log.read(place, from, ALL).expect("read");
        let records = read.batches.iter().flat_map(StoredBatch::records);
        found.extend(records.map(|record| String::from_utf8(record.value.to_vec()).expect("text")));
        from = read.next;
    }
    found
}

const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn keeps_the_contract() {
    let Some(broker) = Broker::shared() else { return };
    contract::event_log(&KafkaLog::open(broker.settings("contract")).expect("a broker"));
}

#[test]
fn a_record_has_the_brokers_time() {
    let Some(broker) = Broker::shared() else { return };
    let bench = Bench::new(broker, "time");
    let before = chrono::Utc::now().timestamp_micros();
    bench.feed(&["a"]);
    read(&bench.log, &bench.input, 1);
    let read = bench.log.read(&bench.input, 0, ALL).expect("read");
    let time = read.batches[0].append_time();
    // Both are clocks of this machine; the broker's has milliseconds.
    assert!(before - 1_000 <= time && time <= chrono::Utc::now().timestamp_micros(), "{time} after {before}");
}

#[test]
fn an_owner_in_another_process_fences_the_one_before() {
    let Some(broker) = Broker::shared() else { return };
    let old = Bench::new(broker, "zombie");
    old.feed(&["a", "b"]);
    read(&old.log, &old.input, 2);
    let epoch = old.log.open(&old.consumer).expect("open");
    old.commit(epoch, "old", 1).expect("it is the owner");
    let new = old.second();
    let newer = new.log.open(&new.consumer).expect("open");
    assert_eq!(new.log.committed(&new.consumer).expect("committed"), 1);
    let refused = old.commit(epoch, "zombie", 2).expect_err("fenced");
    assert!(matches!(refused, LogError::Fenced { .. }), "{refused}");
    new.commit(newer, "new", 2).expect("it is the owner");
    assert_eq!(new.outputs(2), ["old", "new"]);
}

#[test]
fn what_a_dead_owner_left_open_is_never_seen() {
    let Some(broker) = Broker::shared() else { return };
    let bench = Bench::new(broker, "left_open");
    bench.feed(&["a"]);
    read(&bench.log, &bench.input, 1);
    let dead = bench.leave_open("half");
    let epoch = bench.log.open(&bench.consumer).expect("open");
    assert_eq!(bench.log.committed(&bench.consumer).expect("committed"), 0);
    bench.commit(epoch, "whole", 1).expect("commit");
    assert_eq!(bench.outputs(1), ["whole"]);
    assert!(dead.finish().is_err(), "it has been fenced");
    bench.commit(epoch, "next", 1).expect("commit");
    assert_eq!(bench.outputs(2), ["whole", "next"]);
}

#[test]
fn reads_stand_still_before_an_open_transaction_and_go_on_behind_it() {
    let Some(broker) = Broker::shared() else { return };
    let bench = Bench::new(broker, "open_txn");
    let open = bench.leave_open("first");
    bench.log.append(None, vec![entry(&bench.output, &["second"])]).expect("append");
    let read = bench.log.read(&bench.output, 0, ALL).expect("read");
    assert!(read.batches.is_empty() && read.next == 0, "{read:?}");
    open.finish().expect("commit");
    assert_eq!(bench.outputs(2), ["first", "second"]);
}

#[test]
fn appends_keep_their_numbers_across_processes() {
    let Some(broker) = Broker::shared() else { return };
    let first = Bench::new(broker, "numbers");
    let sequence = |number| Some(Sequence { producer: ProducerId([7; 16]), number });
    for (number, value) in [(1, "a"), (2, "b")] {
        first.log.append(sequence(number), vec![entry(&first.input, &[value])]).expect("append");
    }
    let second = first.second();
    assert_eq!(second.log.last_sequence(ProducerId([7; 16])).expect("known"), 2);
    for number in [1, 2] {
        let again = second.log.append(sequence(number), vec![entry(&first.input, &["again"])]).expect("append");
        assert_eq!(again, Appended::Repeated);
    }
    second.log.append(sequence(3), vec![entry(&first.input, &["c"])]).expect("append");
    assert_eq!(read(&second.log, &first.input, 3), ["a", "b", "c"]);
    // The first has been fenced; it goes on behind the second.
    first.log.append(sequence(4), vec![entry(&first.input, &["d"])]).expect("append");
    assert_eq!(read(&first.log, &first.input, 4), ["a", "b", "c", "d"]);
}

#[test]
fn a_commit_survives_a_broker_that_is_killed_in_the_middle_of_the_next() {
    let Some(mut broker) = Broker::start() else { return };
    let bench = Bench::new(&broker, "killed");
    bench.feed(&["a", "b"]);
    read(&bench.log, &bench.input, 2);
    let epoch = bench.log.open(&bench.consumer).expect("open");
    bench.commit(epoch, "1", 1).expect("commit");
    let half = bench.leave_open("half");
    broker.kill();
    broker.start_again();
    let epoch = bench.log.open(&bench.consumer).expect("open");
    assert_eq!(bench.log.committed(&bench.consumer).expect("committed"), 1);
    bench.commit(epoch, "2", 2).expect("commit");
    assert!(half.finish().is_err(), "it has been fenced");
    assert_eq!(bench.outputs(2), ["1", "2"]);
    assert_eq!(bench.log.committed(&bench.consumer).expect("committed"), 2);
}

#[test]
fn whoever_opens_the_partition_anew_learns_what_became_of_a_commit_over_a_broken_connection() {
    let Some(mut broker) = Broker::start() else { return };
    let bench = Bench::new(&broker, "broken");
    let events: Vec<String> = (0..200).map(|number| number.to_string()).collect();
    bench.feed(&events.iter().map(String::as_str).collect::<Vec<_>>());
    read(&bench.log, &bench.input, events.len());
    // One event a commit, until the broker is gone; then from where the log says.
    let mut published = 0;
    std::thread::scope(|scope| {
        let working = scope.spawn(|| {
            let mut failures = 0;
            let mut next = 0;
            let mut epoch = bench.log.open(&bench.consumer);
            while next < events.len() as u64 {
                let done = match &epoch {
                    Ok(epoch) => bench.commit(*epoch, &next.to_string(), next + 1).is_ok(),
                    Err(_) => false,
                };
                if done {
                    next += 1;
                } else {
                    failures += 1;
                    epoch = bench.log.open(&bench.consumer);
                    next = bench.log.committed(&bench.consumer).unwrap_or(next);
                }
            }
            failures
        });
        let watching = KafkaLog::open(broker.settings("broken")).expect("a broker");
        published += read(&watching, &bench.output, 20).len();
        broker.kill();
        broker.start_again();
        working.join().expect("worked");
    });
    assert!(published < events.len(), "the broker was killed in between");
    assert_eq!(bench.outputs(events.len()), events);
}

#[test]
fn a_log_that_has_forgotten_an_offset_says_from_where_on_it_has_events() {
    let Some(broker) = Broker::shared() else { return };
    let bench = Bench::new(broker, "forgotten");
    for value in ["a", "b", "c"] {
        bench.feed(&[value]);
    }
    let all = read(&bench.log, &bench.input, 3);
    assert_eq!(all, ["a", "b", "c"]);
    let second = bench.second();
    // The first event and the mark of its transaction.
    broker.forget_before(&bench.input, 2);
    for log in [&bench.log, &second.log] {
        let refused = log.read(&bench.input, 0, ALL).expect_err("it is gone");
        assert!(matches!(refused, LogError::Truncated { from: 0, start: 2, .. }), "{refused}");
        let left = log.read(&bench.input, 2, ALL).expect("read").batches;
        let first = left.iter().flat_map(StoredBatch::records).next().expect("a record");
        assert_eq!((first.offset, first.value), (2, b"b".as_slice()));
    }
}

#[test]
fn a_dead_letter_that_came_back_keeps_its_mark() {
    let Some(broker) = Broker::shared() else { return };
    let bench = Bench::new(broker, "redriven");
    bench.feed(&["a"]);
    let mut batch = RecordBatch::redriven();
    batch.push(b"key", b"b").expect("push");
    bench.log.append(None, vec![Entry { place: bench.input.clone(), batch }]).expect("append");
    let (mut marks, mut from) = (Vec::new(), 0);
    while marks.len() < 2 {
        assert!(bench.log.wait(&bench.input.topic, &[(0, from)], PATIENCE).expect("wait"), "{marks:?}");
        let read = bench.log.read(&bench.input, from, ALL).expect("read");
        marks.extend(read.batches.iter().flat_map(StoredBatch::records).map(|record| record.redriven));
        from = read.next;
    }
    assert_eq!(marks, [false, true]);
}

#[test]
fn a_copy_keeps_the_times_at_which_its_records_were_taken() {
    let Some(broker) = Broker::shared() else { return };
    let bench = Bench::new(broker, "copied");
    let copy = TopicPartition { topic: "copied-copy".into(), partition: 0 };
    bench.log.create_copy(&copy.topic, 1).expect("topic");
    let mut batch = RecordBatch::new().taken_at(1_700_000_000_123_000);
    batch.push(b"key", b"old").expect("push");
    bench.log.append(None, vec![Entry { place: copy.clone(), batch }]).expect("append");
    bench.log.finish_copy(&copy.topic).expect("finished");
    bench.log.append(None, vec![entry(&copy, &["new"])]).expect("append");
    let (mut times, mut from) = (Vec::new(), 0);
    while times.len() < 2 {
        assert!(bench.log.wait(&copy.topic, &[(0, from)], PATIENCE).expect("wait"), "{times:?}");
        let read = bench.log.read(&copy, from, ALL).expect("read");
        times.extend(read.batches.iter().flat_map(StoredBatch::records).map(|record| record.append_time));
        from = read.next;
    }
    assert_eq!(times[0], 1_700_000_000_123_000);
    assert!(times[1] > times[0], "{times:?}");
}
