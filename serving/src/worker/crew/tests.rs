//! Workers of several processes over one Kafka, each with states of its own.

use std::collections::BTreeMap;
use std::time::Duration;

use features::online::MemoryStore;
use features::partition::partition_of;
use serde_json::Value;

use super::*;
use crate::clock::SystemClock;
use crate::log::kafka::KafkaLog;
use crate::log::kafka::broker::Broker;
use crate::log::{Entry, EventLog, ReadLimit, RecordBatch, StoredBatch};
use crate::metrics::Metrics;
use crate::skew::Trays;
use crate::worker::fixture::{play, project, served};
use crate::worker::{Ground, Settings, Workers};

const PARTITIONS: u32 = 3;
const PATIENCE: Duration = Duration::from_secs(60);

/// What one process would be.
struct Process {
    log: Arc<KafkaLog>,
    workers: Workers,
}

impl Process {
    fn start(broker: &Broker) -> Process {
        let project = project(PARTITIONS);
        let log = Arc::new(KafkaLog::open(broker.settings("crew")).expect("a broker"));
        let parts = Parts {
            ground: Ground::separate(Arc::<KafkaLog>::clone(&log), Arc::new(MemoryStore::new())),
            groups: Some(Arc::<KafkaLog>::clone(&log)),
            routes: Arc::new(served(&project)),
            clock: Arc::new(SystemClock),
            metrics: Arc::new(Metrics::new()),
            settings: Settings::default(),
            trays: Trays::default(),
        };
        let workers = Workers::start(&project, &parts).expect("start");
        Process { log, workers }
    }

    /// The partitions that it works, once `are_enough` is true of their number.
    fn partitions(&self, are_enough: impl Fn(usize) -> bool) -> Vec<u32> {
        loop {
            let has = |partition: &u32| {
                self.workers.status("plays", *partition).is_some_and(|status| status.phase == Phase::Running)
            };
            let own: Vec<u32> = (0..PARTITIONS).filter(has).collect();
            if self.workers.is_ready() && are_enough(own.len()) {
                return own;
            }
            // Nothing is ever appended there: a pause, that ends early if the log says so.
            self.log.wait("plays-outcomes", &[(0, 0)], Duration::from_millis(20)).expect("topic");
        }
    }
}

/// A game in each partition.
fn games() -> Vec<String> {
    let home = |partition| {
        let mut names = (0..).map(|number| format!("g{number}"));
        names.find(|name| partition_of(name.as_bytes(), PARTITIONS) == partition).expect("a name")
    };
    (0..PARTITIONS).map(home).collect()
}

fn append(log: &KafkaLog, plays: std::ops::Range<u64>) {
    let entry = |game: String| {
        let mut batch = RecordBatch::new();
        for number in plays.clone() {
            let event = play(&game, number, number as i64, Some(1.0));
            batch.push(game.as_bytes(), event.as_bytes()).expect("push");
        }
        let partition = partition_of(game.as_bytes(), PARTITIONS);
        Entry { place: TopicPartition { topic: "plays".into(), partition }, batch }
    };
    log.append(None, games().into_iter().map(entry).collect()).expect("append");
}

/// For each game what its window held with each play, in the order of the predictions, once there are `count` of each game.
fn predictions(log: &KafkaLog, count: usize) -> BTreeMap<u32, Vec<(u64, f64)>> {
    let read = |partition| {
        let place = TopicPartition { topic: "plays-win".into(), partition };
        let (mut found, mut from) = (Vec::new(), 0);
        while found.len() < count {
            let more = log.wait(&place.topic, &[(partition, from)], PATIENCE).expect("topic");
            assert!(more, "{place} has {} of {count} predictions", found.len());
            let read = log.read(&place, from, ReadLimit { records: 1_000, bytes: 1 << 20 }).expect("read");
            for record in read.batches.iter().flat_map(StoredBatch::records) {
                let value: Value = serde_json::from_slice(record.value).expect("JSON");
                let play = value["id"]["play"].as_u64().expect("play");
                found.push((play, value["include"]["recent"].as_f64().expect("recent")));
            }
            from = read.next;
        }
        (partition, found)
    };
    (0..PARTITIONS).map(read).collect()
}

/// The window holds a play and the two before it.
fn expected(count: u64) -> BTreeMap<u32, Vec<(u64, f64)>> {
    let of_a_game: Vec<_> = (0..count).map(|number| (number, (number + 1).min(3) as f64)).collect();
    (0..PARTITIONS).map(|partition| (partition, of_a_game.clone())).collect()
}

#[test]
fn processes_share_the_partitions_and_take_over_from_one_that_leaves() {
    let Some(broker) = Broker::start() else { return };
    let first = Process::start(&broker);
    assert_eq!(first.partitions(|count| count == 3), [0, 1, 2]);
    append(&first.log, 0..5);
    assert_eq!(predictions(&first.log, 5), expected(5));

    let second = Process::start(&broker);
    let taken = second.partitions(|count| count > 0);
    let kept = first.partitions(|count| count < 3);
    assert_eq!(taken.len() + kept.len(), 3, "{taken:?} and {kept:?}");
    append(&first.log, 5..10);
    assert_eq!(predictions(&first.log, 10), expected(10));

    drop(first);
    assert_eq!(second.partitions(|count| count == 3), [0, 1, 2]);
    append(&second.log, 10..15);
    assert_eq!(predictions(&second.log, 15), expected(15));
}

#[test]
fn a_stream_stops_where_a_partition_is_added_and_says_what_to_do() {
    let Some(broker) = Broker::start() else { return };
    let process = Process::start(&broker);
    assert_eq!(process.partitions(|own| own == 3), [0, 1, 2]);
    broker.add_partitions("plays", 4);
    let deadline = std::time::Instant::now() + PATIENCE;
    for partition in 0..PARTITIONS {
        let error = loop {
            let status = process.workers.status("plays", partition).expect("it is known");
            if status.phase == Phase::Failing {
                break status.error.expect("it says why");
            }
            assert!(std::time::Instant::now() < deadline, "{partition} goes on: {status:?}");
            process.log.wait("plays-outcomes", &[(0, 0)], Duration::from_millis(20)).expect("topic");
        };
        assert!(error.contains("4 partitions") && error.contains("clutch stream migrate"), "{error}");
    }
    assert!(!process.workers.is_ready());
}
