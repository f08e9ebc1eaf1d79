//! What a worker does with the events of a partition, on a log and a store in memory.

use std::sync::Arc;

use features::host::{KeyState, StreamHost};
use features::online::{Claim, Counters, MemoryStore, OnlineStore, Slot};
use features::partition::partition_of;
use features::plan::View;
use serde_json::Value;

use super::WorkerError;
use super::backend::Ground;
use super::fixture::{plan, play};
use super::machine::Worker;
use super::plan::StreamPlan;
use super::step::{Settings, Step};
use crate::clock::ManualClock;
use crate::log::{Entry, EventLog, LogError, MemoryLog, ReadLimit, RecordBatch, StoredBatch, TopicPartition};

mod explanations;
mod flushes;
mod refused;
mod versions;

const ALL: ReadLimit = ReadLimit { records: usize::MAX, bytes: usize::MAX };

struct Bench {
    plan: Arc<StreamPlan>,
    clock: Arc<ManualClock>,
    log: Arc<MemoryLog>,
    store: Arc<MemoryStore>,
}

impl Bench {
    fn new(partitions: u32, with_model: bool) -> Bench {
        Bench::of(plan(partitions, with_model), partitions)
    }

    fn of(plan: Arc<StreamPlan>, partitions: u32) -> Bench {
        let clock = Arc::new(ManualClock::at(1_000));
        let log = Arc::new(MemoryLog::new(clock.clone()));
        for topic in plan.topics() {
            log.create_topic(&topic, partitions).expect("topic");
        }
        Bench { plan, clock, log, store: Arc::default() }
    }

    fn worker(&self, settings: Settings) -> Worker {
        let backend = Ground::separate(self.log.clone(), self.store.clone()).backend(self.plan.consumer(0));
        Worker::new(backend, self.plan.clone(), self.clock.clone(), settings, || {
            Claim(*uuid::Uuid::new_v4().as_bytes())
        })
    }

    /// The slot of the view that the project declares.
    fn slot(&self) -> Slot {
        Slot::of(&self.view(), 0)
    }

    fn view(&self) -> Arc<View> {
        Arc::clone(&self.plan.views.kept("plays")[0].view)
    }

    fn append(&self, events: &[impl AsRef<[u8]>]) {
        let mut batch = RecordBatch::new();
        for event in events {
            batch.push(b"key", event.as_ref()).expect("push");
        }
        self.log.append(None, vec![Entry { place: place("plays"), batch }]).expect("append");
    }

    /// Runs a new worker until it has nothing left to do.
    fn drain(&self) -> Worker {
        let mut worker = self.worker(Settings::default());
        drain(&mut worker);
        worker
    }

    /// Runs a new worker until it has done this.
    fn drain_until(&self, last: Step) -> Worker {
        let mut worker = self.worker(Settings::default());
        while worker.step().expect("step") != last {}
        worker
    }

    fn records(&self, topic: &str) -> Vec<Value> {
        let batches = self.log.read(&place(topic), 0, ALL).expect("read").batches;
        let parse = |value: &[u8]| serde_json::from_slice(value).expect("JSON");
        batches.iter().flat_map(StoredBatch::records).map(|record| parse(record.value)).collect()
    }

    fn predictions(&self) -> Vec<Value> {
        self.records("plays-win")
    }

    fn dead_letters(&self) -> Vec<Value> {
        self.records("plays-dead-letters")
    }

    fn counters(&self) -> Counters {
        self.store.record(&self.slot()).expect("record").expect("claimed").counters
    }
}

fn place(topic: &str) -> TopicPartition {
    TopicPartition { topic: topic.into(), partition: 0 }
}

fn drain(worker: &mut Worker) {
    while worker.step().expect("step") != Step::Idle {}
}

fn stages(letters: &[Value]) -> Vec<(&str, u64)> {
    letters.iter().map(|l| (l["stage"].as_str().expect("stage"), l["offset"].as_u64().expect("offset"))).collect()
}

#[test]
fn a_prediction_has_its_published_form() {
    let bench = Bench::new(1, true);
    bench.append(&[play("g1", 1, 10, Some(4.0)), play("g1", 2, 20, Some(2.0))]);
    bench.clock.set(1_250);
    bench.drain();
    let mut predictions = bench.predictions();
    for prediction in &mut predictions {
        // Durations are measured, not handed in.
        let stages = prediction["stages_us"].as_object_mut().expect("stages");
        assert_eq!(stages.keys().collect::<Vec<_>>(), ["queue", "decode", "features", "predict"]);
        assert_eq!(stages["queue"], 250);
        for stage in ["decode", "features", "predict"] {
            stages.insert(stage.into(), 0.into());
        }
    }
    // 0.5 + 0.25 · 2 − 0.125 · (4 + 2) = 0.25, and the sigmoid of that.
    let golden = r#"{"prediction_id":"ID","endpoint":"win","model":"win","version":3,"arm":"champion","stream":"plays","partition":0,"offset":1,"event_time":"1970-01-01T00:00:00.000020Z","key":{"game":"g1"},"id":{"game":"g1","play":2},"outputs":{"probability":0.5621765008857981},"include":{"clock":20,"recent":6.0},"appended_at":1000,"stages_us":{"queue":250,"decode":0,"features":0,"predict":0},"logged":{"unit":"g1","digest":"DIGEST","view_hash":"HASH","key":"g1","features":[2.0,6.0]}}"#;
    let golden = golden.replace("ID", &super::prediction_id("win", "plays", 0, 1, None));
    let serving = bench.plan.endpoints[0].route.champion.load_full().expect("a version");
    let golden = golden.replace("DIGEST", &serving.digest).replace("HASH", &serving.view.hash.0);
    assert_eq!(predictions[1].to_string(), golden);
}

#[test]
fn a_prediction_id_is_fixed_by_endpoint_stream_partition_and_offset() {
    let id = super::prediction_id("win", "plays", 0, 1, None);
    assert_eq!(id, "480bd5b9952af7ab6facc8aed9a9e84c");
    for other in [("winp", "lays", 0, 1), ("win", "plays", 1, 0), ("win", "plays", 0, 2)] {
        assert_ne!(super::prediction_id(other.0, other.1, other.2, other.3, None), id);
    }
}

#[test]
fn each_event_that_the_view_keeps_has_one_prediction_under_its_key() {
    let bench = Bench::new(1, true);
    bench.append(&[play("g1", 1, 10, Some(4.0)), play("g1", 2, 20, None), play("g2", 1, 10, Some(1.0))]);
    bench.drain();
    let offsets: Vec<_> = bench.predictions().iter().map(|p| p["offset"].as_u64().expect("offset")).collect();
    assert_eq!(offsets, [0, 2]);
    let batches = bench.log.read(&place("plays-win"), 0, ALL).expect("read").batches;
    let keys: Vec<_> = batches.iter().flat_map(StoredBatch::records).map(|r| r.key.to_vec()).collect();
    assert_eq!(keys, [b"g1", b"g2"]);
    assert_eq!(bench.counters(), Counters { accepted: 3, predictions: 2, ..Counters::default() });
}

#[test]
fn what_cannot_be_used_goes_to_the_dead_letters_in_order() {
    let bench = Bench::new(1, true);
    let far = play("g1", 9, 9_000, Some(1.0));
    let out_of_range = play("g1", 4, 400, Some(100.0));
    let (first, late) = (play("g1", 1, 500, Some(1.0)), play("g1", 2, 399, Some(1.0)));
    bench.append(&[first.as_str(), "{\"game\":", &first, &late, &out_of_range, &far]);
    bench.drain();
    let letters = bench.dead_letters();
    let expected = [("decode", 1), ("duplicate", 2), ("late", 3), ("validate", 4), ("future", 5)];
    assert_eq!(stages(&letters), expected);
    assert_eq!(letters[0]["raw"], "{\"game\":");
    assert_eq!(letters[3]["field"], "yards");
    assert_eq!(bench.predictions().len(), 1);
    let counters = Counters { accepted: 1, late: 1, duplicate: 1, future: 1, invalid: 2, predictions: 1, unserved: 0 };
    assert_eq!(bench.counters(), counters);
}

#[test]
fn an_event_in_a_partition_that_is_not_its_keys_is_refused() {
    let bench = Bench::new(4, true);
    let game =
        |home| (0..).map(|i| format!("g{i}")).find(|game| partition_of(game.as_bytes(), 4) == home).expect("game");
    bench.append(&[play(&game(3), 1, 10, Some(1.0)), play(&game(0), 1, 10, Some(1.0))]);
    bench.drain();
    let letters = bench.dead_letters();
    assert_eq!(stages(&letters), [("partition", 0)]);
    assert_eq!(letters[0]["reason"], "its key belongs to partition 3");
    assert_eq!(bench.predictions().len(), 1);
}

#[test]
fn a_key_longer_than_the_store_takes_is_refused() {
    let bench = Bench::new(1, true);
    bench.append(&[play(&"g".repeat(5_000), 1, 10, Some(1.0)), play("g", 1, 10, Some(1.0))]);
    bench.drain();
    assert_eq!(stages(&bench.dead_letters()), [("validate", 0)]);
    assert_eq!(bench.predictions().len(), 1);
}

#[test]
fn without_a_champion_events_are_folded_and_the_missing_predictions_counted() {
    let bench = Bench::new(1, false);
    bench.append(&[play("g1", 1, 10, Some(4.0)), play("g1", 2, 20, Some(2.0))]);
    bench.drain();
    assert!(bench.predictions().is_empty());
    assert_eq!(bench.counters(), Counters { accepted: 2, unserved: 2, ..Counters::default() });
    assert_eq!(recent(&bench, "g1"), Some(6.0));
}

/// The latest value of the view's window, as a request by key would find it.
fn recent(bench: &Bench, key: &str) -> Option<f64> {
    let slot = bench.slot();
    let hold = bench.store.record(&slot).expect("record")?.hold();
    let bytes = bench.store.get(&slot, hold, key.as_bytes()).expect("get")?;
    let host = StreamHost::new(bench.plan.stream.clone(), vec![bench.view()]);
    let state = KeyState::decode(&bytes, &host).expect("state");
    state.latest[0].as_ref()?.row.columns[3].as_number()
}

#[test]
fn a_new_worker_goes_on_where_the_last_one_stopped() {
    let bench = Bench::new(1, true);
    bench.append(&[play("g1", 1, 10, Some(4.0))]);
    bench.drain();
    bench.append(&[play("g1", 2, 20, Some(2.0))]);
    bench.drain();
    let recents: Vec<_> = bench.predictions().iter().map(|p| p["include"]["recent"].as_f64()).collect();
    assert_eq!(recents, [Some(4.0), Some(6.0)]);
}

#[test]
fn an_emptied_store_is_rebuilt_from_the_log_without_publishing_again() {
    let bench = Bench::new(1, true);
    bench.append(&[play("g1", 1, 10, Some(4.0)), play("g2", 1, 20, Some(1.0)), play("g1", 1, 30, Some(9.0))]);
    bench.drain();
    let (predictions, letters, counters) = (bench.predictions(), bench.dead_letters(), bench.counters());
    bench.store.restore(Default::default());
    bench.append(&[play("g1", 2, 40, Some(2.0))]);
    bench.drain();
    assert_eq!(bench.predictions()[..2], predictions);
    assert_eq!(bench.predictions()[2]["include"]["recent"], 6.0);
    assert_eq!(bench.dead_letters(), letters);
    assert_eq!(bench.counters().accepted, counters.accepted + 1);
}

#[test]
fn a_log_without_its_first_events_is_worked_from_where_it_begins_by_who_has_consumed_nothing() {
    let bench = Bench::new(1, true);
    bench.append(&[play("g1", 1, 10, Some(4.0))]);
    bench.append(&[play("g1", 2, 20, Some(2.0))]);
    bench.log.forget_before(&place("plays"), 1);
    bench.drain();
    assert_eq!(bench.predictions().len(), 1);
    assert_eq!(bench.predictions()[0]["include"]["recent"], 2.0);
    // The beginning is settled: the next worker goes on.
    bench.append(&[play("g1", 3, 30, Some(1.0))]);
    bench.drain();
    assert_eq!(bench.predictions()[1]["include"]["recent"], 3.0);
}

#[test]
fn a_log_truncated_past_what_was_consumed_is_an_error_that_says_where_it_begins() {
    let bench = Bench::new(1, true);
    bench.append(&[play("g1", 1, 10, Some(4.0))]);
    bench.drain();
    bench.append(&[play("g1", 2, 20, Some(2.0))]);
    bench.append(&[play("g1", 3, 30, Some(2.0))]);
    bench.log.forget_before(&place("plays"), 2);
    let mut worker = bench.worker(Settings::default());
    let error = std::iter::repeat_with(|| worker.step()).find_map(Result::err).expect("error");
    let truncated = super::WorkerError::Log(LogError::Truncated { place: place("plays"), from: 1, start: 2 });
    assert_eq!(error.to_string(), truncated.to_string());
}

#[test]
fn offsets_that_the_log_leaves_out_are_neither_waited_for_nor_counted() {
    let bench = Bench { log: Arc::new(MemoryLog::sparse(Arc::new(ManualClock::at(1_000)))), ..Bench::new(1, true) };
    for topic in bench.plan.topics() {
        bench.log.create_topic(&topic, 1).expect("topic");
    }
    for number in 0..3 {
        bench.append(&[play("g1", number, 10 * number as i64, Some(1.0))]);
    }
    let worker = bench.drain();
    let offsets: Vec<_> = bench.predictions().iter().map(|p| p["offset"].as_u64().expect("offset")).collect();
    assert_eq!(offsets, [0, 2, 4]);
    assert_eq!((worker.lag().expect("lag"), worker.next_offset()), (0, 5));
    assert!(!worker.wait(std::time::Duration::ZERO).expect("wait"));
    bench.store.restore(Default::default());
    bench.append(&[play("g1", 3, 30, Some(1.0))]);
    bench.drain();
    assert_eq!(bench.predictions().len(), 4);
}

#[test]
fn an_older_worker_stops_publishing_once_a_newer_has_taken_the_partition() {
    let bench = Bench::new(1, true);
    let mut old = bench.drain();
    let mut new = bench.drain();
    bench.append(&[play("g1", 1, 10, Some(4.0))]);
    old.step().expect_err("fenced");
    assert!(!old.is_ready());
    drain(&mut new);
    assert_eq!(bench.predictions().len(), 1);
}

#[test]
fn states_that_are_ahead_of_the_log_are_an_error() {
    let bench = Bench::new(1, true);
    bench.append(&[play("g1", 1, 10, Some(4.0))]);
    bench.drain();
    let other_log = Bench { store: bench.store.clone(), ..Bench::new(1, true) };
    let mut worker = other_log.worker(Settings::default());
    let error = std::iter::repeat_with(|| worker.step()).find_map(Result::err).expect("error");
    assert!(matches!(error, super::WorkerError::Ahead { folded: 1, committed: 0 }), "{error}");
}

#[test]
fn small_batches_and_a_small_cache_give_the_same_predictions() {
    let events: Vec<String> = (0..60).map(|i| play(&format!("g{}", i % 7), i, 10 * i as i64, Some(i as f64))).collect();
    let outcome = |settings| {
        let bench = Bench::new(1, true);
        bench.append(&events);
        let mut worker = bench.worker(settings);
        drain(&mut worker);
        let values: Vec<_> =
            bench.predictions().into_iter().map(|p| (p["offset"].clone(), p["outputs"].clone())).collect();
        (values, bench.counters(), worker.cached_keys())
    };
    let batch = ReadLimit { records: 3, bytes: 1 };
    let (small, small_counters, cached) =
        outcome(Settings { batch, cached_keys: 2, flush_keys: 1, flush_every: i64::MAX });
    let (large, large_counters, _) = outcome(Settings::default());
    assert_eq!(small, large);
    assert_eq!(small_counters, large_counters);
    assert!(cached <= 3, "{cached} keys are held");
}
