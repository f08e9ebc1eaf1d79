//! Workers under a hostile schedule: several believe that they own the partition, each call to log or store may fail
//! before or after it took effect, workers die between any two steps, the store falls back to an older replica or is
//! emptied. Afterwards a fresh worker drains the log, and everything must be as if nothing had happened: one prediction
//! or dead letter for each event, equal values, equal states, equal counters.
//!
//! Everything runs on one thread from one seed, so a failing seed can be run again.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use features::online::{Claim, MemoryStore, OnlineStore, Slot, SlotRecord};
use serde_json::Value;

use super::WorkerError;
use super::backend::Ground;
use super::fixture::{plan, play};
use super::machine::Worker;
use super::plan::StreamPlan;
use super::step::{Settings, Step};
use crate::clock::ManualClock;
use crate::log::{Entry, EventLog, MemoryLog, ReadLimit, RecordBatch, StoredBatch, TopicPartition};

mod cut_over;
mod dice;
mod faulty;
#[cfg(feature = "redis")]
mod redis;
mod schedules;

use dice::Dice;
use faulty::{Faults, FaultyLog, FaultyStore, Flaw};
use schedules::Met;

const SEEDS: u64 = 400;
const EVENTS: usize = 24;
const STEPS: usize = 600;
const WORKERS: usize = 3;

#[test]
fn outputs_states_and_counters_survive_any_schedule_where_log_and_store_are_separate() {
    assert_eq!(violation(Coupling::Separate, unique_claim), None);
}

#[test]
fn outputs_states_and_counters_survive_any_schedule_where_log_and_store_are_one() {
    assert_eq!(violation(Coupling::Together, unique_claim), None);
}

#[test]
fn outputs_states_and_counters_survive_any_schedule_where_the_log_leaves_out_offsets() {
    assert_eq!(violation(Coupling::Sparse, unique_claim), None);
}

#[test]
fn states_written_before_their_commit_are_found_out() {
    assert_ne!(violation(Coupling::StatesFirst, unique_claim), None);
}

#[test]
fn owners_that_share_a_claim_are_found_out() {
    assert_ne!(violation(Coupling::Separate, || Claim([0; 16])), None);
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Coupling {
    Separate,
    /// Separate, over a log that leaves out offsets.
    Sparse,
    Together,
    /// A planted fault: states reach the store in a write of their own, before the commit.
    StatesFirst,
}

/// The first seed after whose schedule anything is not as an undisturbed worker leaves it.
fn violation(coupling: Coupling, claims: fn() -> Claim) -> Option<u64> {
    let plan = plan(1, true);
    let violated = |seed: &u64| {
        let mut world = World::new(*seed, coupling, claims, &plan);
        let quiet = Quiet::new(&world);
        for _ in 0..STEPS {
            world.act();
        }
        world.drain() != quiet.outcome
    };
    (0..SEEDS).find(violated)
}

type SimulatedWorker = Worker;

struct World {
    dice: Dice,
    coupling: Coupling,
    claims: fn() -> Claim,
    plan: Arc<StreamPlan>,
    clock: Arc<ManualClock>,
    log: Arc<MemoryLog>,
    store: Arc<MemoryStore>,
    replica: features::online::Image,
    workers: Vec<(SimulatedWorker, Arc<Faults>)>,
    /// Events not yet appended, with the log's time for each.
    coming: Vec<(i64, Vec<u8>)>,
    /// The log has nothing before it.
    forgotten: u64,
    /// Where the first worker may have begun: at the beginning, or where the log began while nothing was consumed yet.
    begins: Vec<u64>,
    /// What is wrong with the protocol on purpose.
    flaw: Flaw,
    met: Arc<Met>,
}

/// Everything that must not depend on the schedule.
#[derive(Debug, PartialEq)]
struct Outcome {
    predictions: Vec<Value>,
    dead_letters: Vec<Value>,
    states: BTreeMap<Vec<u8>, Vec<u8>>,
    record: SlotRecord,
}

/// What an undisturbed worker makes of the same events.
struct Quiet {
    outcome: Outcome,
}

impl Quiet {
    fn new(disturbed: &World) -> Quiet {
        let mut world = World::empty(Dice::new(0), disturbed.coupling, disturbed.claims, &disturbed.plan);
        world.coming = disturbed.coming.clone();
        Quiet { outcome: world.drain() }
    }
}

impl World {
    fn new(seed: u64, coupling: Coupling, claims: fn() -> Claim, plan: &Arc<StreamPlan>) -> World {
        let mut world = World::empty(Dice::new(seed), coupling, claims, plan);
        world.coming = events(&mut world.dice);
        world
    }

    fn empty(dice: Dice, coupling: Coupling, claims: fn() -> Claim, plan: &Arc<StreamPlan>) -> World {
        let clock = Arc::new(ManualClock::at(0));
        let log = Arc::new(match coupling {
            Coupling::Sparse => MemoryLog::sparse(clock.clone()),
            Coupling::Separate | Coupling::Together | Coupling::StatesFirst => MemoryLog::new(clock.clone()),
        });
        for topic in plan.topics() {
            log.create_topic(&topic, 1).expect("topic");
        }
        let store = Arc::new(MemoryStore::new());
        let (replica, plan) = (store.image(), Arc::clone(plan));
        World {
            dice,
            coupling,
            claims,
            plan,
            clock,
            log,
            store,
            replica,
            workers: Vec::new(),
            coming: Vec::new(),
            forgotten: 0,
            begins: vec![0],
            flaw: Flaw::None,
            met: Arc::default(),
        }
    }

    fn act(&mut self) {
        let is_separate = matches!(self.coupling, Coupling::Separate | Coupling::Sparse);
        match self.dice.below(1_000) {
            0..120 => self.append(),
            // Replication catches up, a fail-over loses the newest writes, the store is emptied. Where log and store
            // are one database none of it can happen to the store alone.
            120..200 if is_separate => self.replica = self.store.image(),
            200..230 if is_separate => self.store.restore(self.replica.clone()),
            230..233 if is_separate => self.store.restore(Default::default()),
            233..270 if self.workers.len() < WORKERS => self.hire(),
            270..290 if !self.workers.is_empty() => {
                let dying = self.dice.index(self.workers.len());
                self.workers.remove(dying);
            }
            _ if !self.workers.is_empty() => {
                let acting = self.dice.index(self.workers.len());
                let (worker, faults) = &mut self.workers[acting];
                faults.arm(self.dice.below(8) == 0, self.dice.below(12));
                // A failed step is a crash of which the worker knows; it takes the partition again.
                let step = worker.step();
                faults.arm(false, 0);
                self.met.note(&step);
            }
            _ => {}
        }
    }

    fn append(&mut self) {
        if self.coming.is_empty() {
            return;
        }
        let (now, event) = self.coming.remove(0);
        self.clock.set(now);
        let mut batch = RecordBatch::new();
        batch.push(b"key", &event).expect("push");
        self.log.append(None, vec![Entry { place: place("plays"), batch }]).expect("append");
    }

    fn hire(&mut self) {
        let faults = Arc::new(Faults::default());
        let log = Arc::new(FaultyLog { inner: self.log.clone(), faults: faults.clone() });
        let store = Arc::new(FaultyStore { inner: self.store.clone(), faults: faults.clone(), flaw: self.flaw });
        let ground = match self.coupling {
            Coupling::Separate | Coupling::Sparse => Ground::separate(log, store),
            Coupling::Together => Ground::together(log, store, faulty::commit_together),
            Coupling::StatesFirst => Ground::together(log, store, faulty::states_first),
        };
        let backend = ground.backend(self.plan.consumer(0));
        let records = 1 + self.dice.index(3);
        let settings = Settings {
            batch: ReadLimit { records, bytes: usize::MAX },
            cached_keys: self.dice.index(3),
            flush_keys: 1 + self.dice.index(4),
            flush_every: 20 * self.dice.below(16) as i64,
        };
        let worker = Worker::new(backend, self.plan.clone(), self.clock.clone(), settings, self.claims);
        self.workers.push((worker, faults));
    }

    /// The log forgets some of its oldest events, whether they were consumed or not; the newest it keeps.
    fn forget(&mut self) {
        let end = self.log.end(&place("plays")).expect("end");
        self.forgotten = self.forgotten.max(self.dice.below(end.max(1)));
        self.log.forget_before(&place("plays"), self.forgotten);
        if self.committed() == 0 {
            self.begins.push(self.forgotten);
        }
    }

    fn committed(&self) -> u64 {
        self.log.committed(&self.plan.consumer(0)).expect("committed")
    }

    /// A fresh worker finishes the work undisturbed.
    fn drain(&mut self) -> Outcome {
        // A broken protocol may leave nothing to go on with; what is there is judged all the same.
        let _ = self.finish();
        self.outcome()
    }

    /// Lets a fresh worker do all that is left; the error is why it could not.
    fn finish(&mut self) -> Result<(), WorkerError> {
        while !self.coming.is_empty() {
            self.append();
        }
        self.workers.clear();
        self.hire();
        let (worker, _) = &mut self.workers[0];
        while worker.step()? != Step::Idle {}
        Ok(())
    }

    fn outcome(&self) -> Outcome {
        let slot = Slot::of(&self.plan.views.kept("plays")[0].view, 0);
        let mut states = BTreeMap::new();
        let mut visit = |key: &[u8], state: &[u8]| {
            states.insert(key.to_vec(), state.to_vec());
        };
        self.store.scan(&slot, &mut visit).expect("scan");
        // Claims and write numbers tell the story of the schedule; all else must not.
        let record = self.store.record(&slot).expect("record").expect("claimed");
        let record = SlotRecord { claim: Claim([0; 16]), number: 0, ..record };
        Outcome {
            predictions: self.records("plays-win"),
            dead_letters: self.records("plays-dead-letters"),
            states,
            record,
        }
    }

    /// The records of a topic without what was measured.
    fn records(&self, topic: &str) -> Vec<Value> {
        let limit = ReadLimit { records: usize::MAX, bytes: usize::MAX };
        let batches = self.log.read(&place(topic), 0, limit).expect("read").batches;
        let parse = |value: &[u8]| {
            let mut record: Value = serde_json::from_slice(value).expect("JSON");
            if let Some(object) = record.as_object_mut() {
                object.remove("stages_us");
                object.remove("at");
            }
            record
        };
        batches.iter().flat_map(StoredBatch::records).map(|record| parse(record.value)).collect()
    }
}

fn place(topic: &str) -> TopicPartition {
    TopicPartition { topic: topic.into(), partition: 0 }
}

/// Plays of three games, with late, repeated, future and undecodable events among them.
fn events(dice: &mut Dice) -> Vec<(i64, Vec<u8>)> {
    let mut events: Vec<(i64, Vec<u8>)> = Vec::new();
    let mut now = 1_000;
    for number in 0..EVENTS {
        now += 20;
        let repeated = events.get(dice.index(EVENTS)).map(|(_, event)| event.clone());
        let game = format!("g{}", dice.below(3));
        let yards = (dice.below(5) > 0).then(|| dice.below(10) as f64);
        let event = match (dice.below(12), repeated) {
            (0, _) => b"{\"game\":\"g0\",".to_vec(),
            (1, Some(repeated)) => repeated,
            (2, _) => play(&game, number as u64, now + 5_000, yards).into_bytes(),
            (3..5, _) => play(&game, number as u64, now - 90 - dice.below(150) as i64, yards).into_bytes(),
            _ => play(&game, number as u64, now, yards).into_bytes(),
        };
        events.push((now, event));
    }
    events
}

/// Claims that never repeat.
fn unique_claim() -> Claim {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    Claim(u128::from(NEXT.fetch_add(1, Ordering::Relaxed)).to_be_bytes())
}
