//! Workers whose rows are checked, on a log and a store in memory: clean runs give no alarm, planted faults do.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use features::online::{Claim, Flush, Hold, MemoryStore, OnlineStore, Removal, Slot, SlotRecord, StoreError};
use features::plan::View;
use features::value::Value;
use serde_json::{Value as Json, json};

use super::checker::{Checker, Pass};
use super::checks::ViewCounts;
use super::index::Limits;
use super::*;
use crate::clock::ManualClock;
use crate::log::{Entry, EventLog, MemoryLog, ReadLimit, RecordBatch, StoredBatch, TopicPartition};
use crate::metrics::{Metrics, SkewViewMetrics};
use crate::worker::fixture::{plan, play};
use crate::worker::{Ground, Settings, Step, StreamPlan, Worker};

mod any_order;

/// A stream with one partition, its worker and its check.
struct Bench {
    plan: Arc<StreamPlan>,
    clock: Arc<ManualClock>,
    log: Arc<MemoryLog>,
    store: Arc<Forgetful>,
    metrics: Arc<Metrics>,
    tray: Arc<Tray>,
    worker: Worker,
    checker: Checker,
}

impl Bench {
    fn new() -> Bench {
        Bench::with(1.0, Limits::default())
    }

    fn with(share: f64, limits: Limits) -> Bench {
        let plan = plan(1, true);
        let clock = Arc::new(ManualClock::at(1_000));
        let log = Arc::new(MemoryLog::new(clock.clone()));
        for topic in plan.topics().iter().chain([&plan.stream.skew_topic().into()]) {
            log.create_topic(topic, 1).expect("topic");
        }
        let metrics = Arc::new(Metrics::new());
        let tray = Arc::new(Tray::new(Share::new("plays", share), metrics.skew.stream("plays")));
        let views = Arc::new(ViewCounts::new(Arc::clone(&metrics)));
        let checker = Checker::new(log.clone(), plan.clone(), tray.clone(), views, clock.clone(), limits);
        let store = Arc::new(Forgetful::default());
        let worker = worker(&plan, &clock, &log, &store, &tray);
        Bench { plan, clock, log, store, metrics, tray, worker, checker }
    }

    /// Appends and works events.
    fn serve(&mut self, events: &[String]) {
        let mut batch = RecordBatch::new();
        for event in events {
            batch.push(b"", event.as_bytes()).expect("push");
        }
        self.log.append(None, vec![Entry { place: place("plays"), batch }]).expect("append");
        while self.worker.step().expect("step") != Step::Idle {}
    }

    fn restart(&mut self) {
        self.worker = worker(&self.plan, &self.clock, &self.log, &self.store, &self.tray);
    }

    fn check(&mut self) {
        assert_eq!(self.checker.pass().expect("pass"), Pass::Done);
    }

    /// Changes what the worker has left on the tray.
    fn plant(&self, fault: impl FnOnce(&mut Vec<Served>)) {
        let mut served = self.tray.take();
        self.tray.checked();
        fault(&mut served);
        for served in served {
            self.tray.put(served);
        }
    }

    fn view(&self) -> Arc<View> {
        Arc::clone(&self.plan.views.kept("plays")[0].view)
    }

    fn counts(&self) -> SkewViewMetrics {
        self.metrics.skew.view(&self.view())
    }

    /// Rows compared, values that differ, rows that are missing.
    fn seen(&self) -> (u64, u64, u64) {
        let counts = self.counts();
        (counts.rows.get(), counts.mismatches(), counts.missing_rows())
    }

    fn records(&self, topic: &str) -> Vec<Json> {
        let all = ReadLimit { records: usize::MAX, bytes: usize::MAX };
        let batches = self.log.read(&place(topic), 0, all).expect("read").batches;
        let parse = |value: &[u8]| serde_json::from_slice(value).expect("JSON");
        batches.iter().flat_map(StoredBatch::records).map(|record| parse(record.value)).collect()
    }
}

fn worker(
    plan: &Arc<StreamPlan>,
    clock: &Arc<ManualClock>,
    log: &Arc<MemoryLog>,
    store: &Arc<Forgetful>,
    tray: &Arc<Tray>,
) -> Worker {
    let backend = Ground::separate(log.clone(), store.clone()).backend(plan.consumer(0));
    let claim = || Claim(*uuid::Uuid::new_v4().as_bytes());
    Worker::new(backend, plan.clone(), clock.clone(), Settings::default(), claim).checked_by(Some(tray.clone()))
}

fn place(topic: &str) -> TopicPartition {
    TopicPartition { topic: topic.into(), partition: 0 }
}

fn plays(numbers: std::ops::Range<u64>) -> Vec<String> {
    numbers.map(|n| play("g", n, n as i64 * 10, Some(n as f64 / 3.0))).collect()
}

/// A store that can lose what it holds of every key, without knowing it.
#[derive(Debug, Default)]
struct Forgetful {
    inner: MemoryStore,
    forgets: AtomicBool,
}

impl OnlineStore for Forgetful {
    fn record(&self, slot: &Slot) -> Result<Option<SlotRecord>, StoreError> {
        self.inner.record(slot)
    }

    fn claim(&self, slot: &Slot, claim: Claim) -> Result<SlotRecord, StoreError> {
        self.inner.claim(slot, claim)
    }

    fn get(&self, slot: &Slot, hold: Hold, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let found = self.inner.get(slot, hold, key)?;
        Ok(found.filter(|_| !self.forgets.load(Ordering::SeqCst)))
    }

    fn flush(&self, slot: &Slot, hold: Hold, flush: &Flush) -> Result<Hold, StoreError> {
        self.inner.flush(slot, hold, flush)
    }

    fn slots(&self, stream: &str) -> Result<Vec<(Slot, SlotRecord)>, StoreError> {
        self.inner.slots(stream)
    }

    fn remove(&self, slot: &Slot, hold: Hold, limit: usize) -> Result<Removal, StoreError> {
        self.inner.remove(slot, hold, limit)
    }

    fn scan(&self, slot: &Slot, visit: &mut dyn FnMut(&[u8], &[u8])) -> Result<(), StoreError> {
        self.inner.scan(slot, visit)
    }
}

#[test]
fn what_is_served_rightly_raises_no_alarm() {
    let mut bench = Bench::new();
    bench.serve(&plays(0..5));
    bench.check();
    bench.restart();
    bench.serve(&plays(5..9));
    bench.check();
    assert_eq!(bench.seen(), (9, 0, 0));
    assert_eq!(bench.records("plays-skew"), [Json::Null; 0]);
    assert_eq!(bench.tray.metrics.waiting.get(), 0);
}

#[test]
fn a_value_that_is_one_unit_in_the_last_place_off_is_told_with_its_bits() {
    let mut bench = Bench::new();
    bench.serve(&plays(0..4));
    bench.plant(|served| {
        let row = served[0].rows[2].views[0].as_mut().expect("a row");
        let mut columns = row.columns.as_ref().clone();
        let Value::Float(recent) = columns[3] else { panic!("a float") };
        columns[3] = Value::Float(recent.next_up());
        row.columns = Arc::new(columns);
    });
    bench.check();
    assert_eq!(bench.seen(), (4, 1, 0));
    assert_eq!(bench.counts().features[3].mismatches.get(), 1);
    let records = bench.records("plays-skew");
    let one_up = f64::from_bits(1.0_f64.to_bits() + 1);
    assert_eq!(records.len(), 1, "{records:?}");
    assert_eq!((&records[0]["kind"], &records[0]["feature"]), (&json!("mismatch"), &json!("recent")));
    assert_eq!((&records[0]["offset"], &records[0]["key"]), (&json!(2), &json!("g")));
    assert_eq!(records[0]["view_hash"], bench.view().hash.to_string());
    assert_eq!(records[0]["recomputed"], json!({ "value": 1.0, "bits": "3ff0000000000000" }));
    assert_eq!(records[0]["served"], json!({ "value": one_up, "bits": "3ff0000000000001" }));
}

#[test]
fn a_state_that_is_lost_at_a_restart_is_found() {
    let mut bench = Bench::new();
    bench.serve(&plays(0..4));
    bench.check();
    bench.restart();
    bench.store.forgets.store(true, Ordering::SeqCst);
    bench.serve(&plays(4..6));
    bench.check();
    // Two rows see two plays before them each, of which a worker without memory knows none and one.
    assert_eq!(bench.seen(), (6, 2, 0));
    let features: Vec<Json> =
        bench.records("plays-skew").into_iter().map(|mut record| record["feature"].take()).collect();
    assert_eq!(features, ["recent", "recent"]);
}

#[test]
fn a_repeated_event_that_a_forgetful_worker_takes_for_new_is_a_row_that_is_not_recomputed() {
    let mut bench = Bench::new();
    bench.serve(&plays(0..2));
    bench.restart();
    bench.store.forgets.store(true, Ordering::SeqCst);
    bench.serve(&plays(1..2));
    bench.check();
    assert_eq!(bench.seen(), (3, 0, 1));
    assert_eq!(bench.counts().not_recomputed.get(), 1);
    assert_eq!(bench.records("plays-skew")[0]["kind"], "not_recomputed");
}

#[test]
fn an_event_without_its_row_is_a_row_that_was_not_served() {
    let mut bench = Bench::new();
    bench.serve(&plays(0..3));
    bench.plant(|served| {
        served[0].rows.remove(1);
    });
    bench.check();
    assert_eq!(bench.seen(), (3, 0, 1));
    assert_eq!(bench.counts().not_served.get(), 1);
    let records = bench.records("plays-skew");
    assert_eq!((&records[0]["kind"], &records[0]["offset"]), (&json!("not_served"), &json!(1)));
}

#[test]
fn a_row_of_an_event_that_was_not_in_the_log_is_not_recomputed() {
    let mut bench = Bench::new();
    bench.serve(&plays(0..1));
    bench.serve(&["{".to_owned()]);
    bench.plant(|served| {
        let ghost = ServedRow { sequence: 1, ..served[0].rows[0].clone() };
        served[0].rows.push(ghost);
    });
    bench.check();
    assert_eq!((bench.seen(), bench.counts().not_recomputed.get()), ((2, 0, 1), 1));
}

#[test]
fn nulls_are_counted_by_feature_and_side() {
    let mut bench = Bench::new();
    bench.serve(&plays(0..2));
    bench.plant(|served| {
        let row = served[0].rows[1].views[0].as_mut().expect("a row");
        let mut columns = row.columns.as_ref().clone();
        columns[2] = Value::Null;
        row.columns = Arc::new(columns);
    });
    bench.check();
    let yards = &bench.counts().features[2];
    assert_eq!((yards.nulls_served.get(), yards.nulls_recomputed.get(), yards.mismatches.get()), (1, 0, 1));
}

#[test]
fn what_was_shed_is_not_taken_for_missing() {
    let mut bench = Bench::new();
    bench.serve(&plays(0..3));
    bench.plant(Vec::clear);
    bench.serve(&plays(3..5));
    bench.check();
    assert_eq!(bench.seen(), (2, 0, 0));
}

#[test]
fn rows_of_keys_with_too_many_events_are_counted_as_unchecked() {
    let mut bench = Bench::with(1.0, Limits { key_events: 3, ..Limits::default() });
    bench.serve(&plays(0..3));
    bench.check();
    bench.serve(&plays(3..5));
    bench.check();
    assert_eq!((bench.seen(), bench.tray.metrics.unchecked_long.get()), ((3, 0, 0), 2));
}

#[test]
fn rows_of_keys_that_were_given_up_are_counted_as_unchecked() {
    let mut bench = Bench::with(1.0, Limits { events: 40, key_events: 10 });
    let of_game = |game: usize| play(&format!("g{game}"), 0, 0, Some(1.0));
    bench.serve(&(0..100).map(of_game).collect::<Vec<_>>());
    bench.check();
    let (checked, mismatches, missing) = bench.seen();
    assert_eq!((mismatches, missing), (0, 0));
    assert!((1..=40).contains(&checked), "{checked}");
    assert_eq!(checked + bench.tray.metrics.unchecked_share.get(), 100);
}

#[test]
fn only_rows_of_followed_keys_are_handed_over() {
    let mut bench = Bench::with(0.2, Limits::default());
    let of_game = |game: usize| play(&format!("g{game}"), 0, 0, Some(1.0));
    bench.serve(&(0..100).map(of_game).collect::<Vec<_>>());
    bench.check();
    let followed = (0..100).filter(|game| bench.tray.share.holds(format!("g{game}").as_bytes())).count() as u64;
    assert_eq!(bench.seen(), (followed, 0, 0));
    assert!((1..100).contains(&followed));
}

#[test]
fn rows_that_were_lost_with_a_panic_are_counted_and_make_room() {
    let mut bench = Bench::new();
    bench.serve(&plays(0..3));
    drop(bench.tray.take());
    bench.serve(&plays(3..5));
    bench.check();
    assert_eq!(bench.seen(), (2, 0, 0));
    assert_eq!((bench.tray.metrics.unchecked_failed.get(), bench.tray.metrics.waiting.get()), (3, 0));
}

#[test]
fn rows_of_keys_whose_events_went_from_the_log_meanwhile_are_counted_as_unchecked() {
    let mut bench = Bench::new();
    for play in plays(0..4) {
        bench.serve(&[play]);
    }
    bench.check();
    bench.serve(&plays(4..6));
    bench.log.forget_before(&place("plays"), 2);
    assert!(bench.checker.pass().is_err(), "the log is shorter than it was");
    bench.check();
    assert_eq!(bench.seen(), (4, 0, 0));
    assert_eq!((bench.tray.metrics.unchecked_history.get(), bench.tray.metrics.waiting.get()), (2, 0));
}

#[test]
fn a_pass_that_fails_leaves_its_rows_to_the_next() {
    let mut bench = Bench::new();
    bench.serve(&plays(0..3));
    bench.plant(|served| {
        served[0].rows.remove(1);
    });
    // Without its topic a difference cannot be told.
    let log = Arc::new(MemoryLog::new(bench.clock.clone()));
    for topic in bench.plan.topics() {
        log.create_topic(&topic, 1).expect("topic");
    }
    let mut batch = RecordBatch::new();
    for event in plays(0..3) {
        batch.push(b"", event.as_bytes()).expect("push");
    }
    log.append(None, vec![Entry { place: place("plays"), batch }]).expect("append");
    let consumer = bench.plan.consumer(0);
    let epoch = log.open(&consumer).expect("open");
    log.commit(crate::log::Transaction { consumer, epoch, outputs: Vec::new(), offset: 3 }).expect("commit");
    let views = Arc::new(ViewCounts::new(bench.metrics.clone()));
    let mut checker = Checker::new(
        log.clone(),
        bench.plan.clone(),
        bench.tray.clone(),
        views,
        bench.clock.clone(),
        Limits::default(),
    );
    assert!(checker.pass().is_err());
    assert_eq!(bench.seen(), (0, 0, 0));
    log.create_topic("plays-skew", 1).expect("topic");
    assert_eq!(checker.pass().expect("pass"), Pass::Done);
    assert_eq!(bench.seen(), (3, 0, 1));
}
