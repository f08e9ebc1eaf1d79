//! A stream that is worked, migrated, and worked again leaves what one leaves that was never moved.

use std::collections::BTreeMap;
use std::sync::Arc;

use features::online::{Claim, MemoryStore, OnlineStore, Slot};
use features::project::Project;
use serde_json::Value;

use super::{MigrateError, Migrated, Target, migrate};
use crate::clock::ManualClock;
use crate::log::{Entry, EventLog, MemoryLog, ReadLimit, RecordBatch, StoredBatch, TopicPartition};
use crate::worker::fixture::{play, project_of, served};
use crate::worker::{Ground, Settings, Step, StreamPlan, Worker};

const GAMES: u64 = 7;

/// One project over a log and a store that outlive it.
struct Bench {
    clock: Arc<ManualClock>,
    log: Arc<MemoryLog>,
    store: Arc<MemoryStore>,
}

impl Bench {
    fn new(sparse: bool) -> Bench {
        let clock = Arc::new(ManualClock::at(0));
        let log = if sparse { MemoryLog::sparse(clock.clone()) } else { MemoryLog::new(clock.clone()) };
        Bench { clock, log: Arc::new(log), store: Arc::default() }
    }

    fn plan(&self, project: &Project) -> Arc<StreamPlan> {
        let plan = StreamPlan::new(project, "plays", &served(project)).expect("plan");
        for topic in plan.topics() {
            self.log.create_topic(&topic, plan.stream.partitions).expect("topic");
        }
        Arc::new(plan)
    }

    /// Plays of every game, late and from the future ones among them, each appended where `partitions` put it.
    fn append(&self, topic: &str, partitions: u32, numbers: std::ops::Range<u64>) {
        for number in numbers {
            let now = 1_000 + 10 * number as i64;
            self.clock.set(now);
            let game = format!("g{}", number % GAMES);
            let time = match number % 11 {
                3 => now - 500,
                // The future of then is the past of later.
                5 => now + 1_500,
                _ => now,
            };
            let mut batch = RecordBatch::new();
            batch.push(game.as_bytes(), play(&game, number, time, Some(number as f64)).as_bytes()).expect("push");
            let partition = features::partition::partition_of(game.as_bytes(), partitions);
            let place = TopicPartition { topic: topic.into(), partition };
            self.log.append(None, vec![Entry { place, batch }]).expect("append");
        }
    }

    /// Works every partition until nothing is left to do.
    fn work(&self, plan: &Arc<StreamPlan>) {
        for partition in 0..plan.stream.partitions {
            let ground = Ground::separate(self.log.clone(), self.store.clone());
            let backend = ground.backend(plan.consumer(partition));
            let mut worker = Worker::new(backend, plan.clone(), self.clock.clone(), Settings::default(), claim);
            while worker.step().expect("step") != Step::Idle {}
        }
    }

    /// What was predicted for each play, in each topic.
    fn predictions(&self, topic: &str) -> BTreeMap<u64, (Value, Value)> {
        let mut found = BTreeMap::new();
        for partition in 0..self.log.partitions(topic).expect("topic") {
            let place = TopicPartition { topic: topic.into(), partition };
            let all = ReadLimit { records: usize::MAX, bytes: usize::MAX };
            for record in self.log.read(&place, 0, all).expect("read").batches.iter().flat_map(StoredBatch::records) {
                let value: Value = serde_json::from_slice(record.value).expect("JSON");
                let play = value["id"]["play"].as_u64().expect("play");
                let twice = found.insert(play, (value["include"].clone(), value["outputs"].clone()));
                assert_eq!(twice, None, "{play} was predicted twice");
            }
        }
        found
    }

    fn states(&self, plan: &StreamPlan) -> BTreeMap<Vec<u8>, Vec<u8>> {
        let mut states = BTreeMap::new();
        for partition in 0..plan.stream.partitions {
            let slot = Slot::of(&plan.views.kept("plays")[0].view, partition);
            self.store.scan(&slot, &mut |key, state| drop(states.insert(key.to_vec(), state.to_vec()))).expect("scan");
        }
        states
    }

    fn migrate(&self, plan: &StreamPlan, target: &Target) -> Result<Migrated, MigrateError> {
        migrate(&*self.log, &*self.store, &plan.stream, target, &|_| {})
    }
}

fn claim() -> Claim {
    Claim(*uuid::Uuid::new_v4().as_bytes())
}

fn project(topic: &str, partitions: u32) -> Project {
    let topic = format!("topic      = \"{topic}\"");
    project_of(&[("topic      = \"plays\"", &topic), ("PARTITIONS", &partitions.to_string())])
}

#[test]
fn a_migrated_stream_goes_on_as_if_it_had_always_been_there() {
    for sparse in [false, true] {
        let (moved, stayed) = (Bench::new(sparse), Bench::new(sparse));
        let old = moved.plan(&project("plays", 2));
        moved.append("plays", 2, 0..60);
        moved.work(&old);
        moved.append("plays", 2, 60..90);
        let target = Target { topic: "wider".into(), partitions: 5 };
        let answer = moved.migrate(&old, &target).expect("migrated");
        assert_eq!(answer, Migrated { consumed: 60, waiting: 30, slots: 2 });
        // Begun again it finds everything done.
        assert_eq!(moved.migrate(&old, &target).expect("again"), Migrated { slots: 0, ..answer });
        let new = moved.plan(&project("wider", 5));
        moved.work(&new);
        moved.append("wider", 5, 90..120);
        moved.work(&new);

        let plan = stayed.plan(&project("stayed", 5));
        stayed.append("stayed", 5, 0..120);
        stayed.work(&plan);

        let mut predicted = moved.predictions("plays-win");
        for (play, prediction) in moved.predictions("wider-win") {
            assert_eq!(predicted.insert(play, prediction), None, "{play} was predicted again");
        }
        assert_eq!(predicted, stayed.predictions("stayed-win"));
        assert_eq!(moved.states(&new), stayed.states(&plan));
    }
}

#[test]
fn a_migration_that_breaks_off_goes_on_where_it_was() {
    let bench = Bench::new(false);
    let plan = bench.plan(&project("plays", 2));
    bench.append("plays", 2, 0..40);
    bench.work(&plan);
    let target = Target { topic: "wider".into(), partitions: 3 };
    bench.migrate(&plan, &target).expect("migrated");
    let count = |bench: &Bench| (0..3).map(|partition| bench.log.end(&place(partition)).expect("end")).sum::<u64>();
    assert_eq!(count(&bench), 40);
    bench.migrate(&plan, &target).expect("migrated again");
    assert_eq!(count(&bench), 40);
}

fn place(partition: u32) -> TopicPartition {
    TopicPartition { topic: "wider".into(), partition }
}

#[test]
fn a_log_that_has_forgotten_what_states_need_is_not_migrated() {
    let bench = Bench::new(false);
    let plan = bench.plan(&project("plays", 1));
    bench.append("plays", 1, 0..10);
    bench.work(&plan);
    bench.log.forget_before(&TopicPartition { topic: "plays".into(), partition: 0 }, 4);
    let refused = bench.migrate(&plan, &Target { topic: "wider".into(), partitions: 3 }).expect_err("refused");
    assert!(matches!(refused, MigrateError::Truncated { start: 4, .. }), "{refused}");
    let same = bench.migrate(&plan, &Target { topic: "plays".into(), partitions: 3 }).expect_err("refused");
    assert!(matches!(same, MigrateError::SameTopic { .. }), "{same}");
}
