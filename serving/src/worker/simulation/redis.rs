//! The protocol on a real Redis: a crash injected before and after every call, one after the other; and what a server does
//! that dies, comes back empty, or fails over to a copy that lacks the newest writes. Each time everything must be as an
//! undisturbed worker leaves it.

use std::collections::BTreeMap;
use std::sync::Arc;

use features::online::sandbox::RedisServer;
use features::online::{Claim, OnlineStore, RedisStore, Slot, SlotRecord};
use features::project::RedisConnection;

use super::faulty::{Faults, FaultyLog, FaultyStore, Flaw};
use super::{Coupling, Dice, Outcome, World, events, unique_claim};
use crate::log::ReadLimit;
use crate::worker::backend::Ground;
use crate::worker::fixture::plan;
use crate::worker::machine::Worker;
use crate::worker::step::{Settings, Step};

/// A log with all events in it, and states in Redis under a prefix of their own.
struct Bench {
    world: World,
    store: Arc<RedisStore>,
    undisturbed: Outcome,
}

impl Bench {
    fn new(connection: RedisConnection) -> Bench {
        let plan = plan(1, true);
        let coming = events(&mut Dice::new(7));
        let world = || {
            let mut world = World::empty(Dice::new(0), Coupling::Separate, unique_claim, &plan);
            world.coming = coming.clone();
            world
        };
        let undisturbed = world().drain();
        let mut world = world();
        while !world.coming.is_empty() {
            world.append();
        }
        Bench { world, store: open(&connection), undisturbed }
    }

    fn worker(&self, faults: &Arc<Faults>) -> Worker {
        let log = Arc::new(FaultyLog { inner: self.world.log.clone(), faults: faults.clone() });
        let store = FaultyStore { inner: self.store.clone(), faults: faults.clone(), flaw: Flaw::None };
        let backend = Ground::separate(log, Arc::new(store)).backend(self.world.plan.consumer(0));
        // Small batches, flushes and caches, so that there is a call of every kind to fail.
        let settings = Settings {
            batch: ReadLimit { records: 3, bytes: usize::MAX },
            cached_keys: 1,
            flush_keys: 2,
            flush_every: 50,
        };
        Worker::new(backend, self.world.plan.clone(), self.world.clock.clone(), settings, unique_claim)
    }

    /// Lets a worker go on until there is nothing left to do; a failed step is a crash of which it knows.
    fn drain(&self, worker: &mut Worker) {
        for _ in 0..10_000 {
            if worker.step().is_ok_and(|step| step == Step::Idle) {
                return;
            }
        }
        panic!("the worker does not finish");
    }

    /// Steps until so many batches are committed.
    fn commit(&self, worker: &mut Worker, batches: usize) {
        let mut committed = 0;
        while committed < batches {
            if matches!(worker.step().expect("step"), Step::Committed(_)) {
                committed += 1;
            }
        }
    }

    #[track_caller]
    fn judge(&self, when: &str) {
        let slot = Slot::of(&self.world.plan.views.kept("plays")[0].view, 0);
        let mut states = BTreeMap::new();
        let mut visit = |key: &[u8], state: &[u8]| {
            states.insert(key.to_vec(), state.to_vec());
        };
        self.store.scan(&slot, &mut visit).expect("scan");
        let record = self.store.record(&slot).expect("record").expect("claimed");
        let found = Outcome {
            predictions: self.world.records("plays-win"),
            dead_letters: self.world.records("plays-dead-letters"),
            states,
            record: SlotRecord { claim: Claim([0; 16]), number: 0, ..record },
        };
        assert_eq!(found, self.undisturbed, "{when}");
    }
}

fn open(connection: &RedisConnection) -> Arc<RedisStore> {
    Arc::new(RedisStore::open(connection).unwrap_or_else(|problem| panic!("{problem}")))
}

#[test]
fn a_crash_between_any_two_steps_leaves_no_trace() {
    let Some(server) = RedisServer::start() else { return };
    let mut calls = 0;
    // Even calls fail before they take effect, odd ones after.
    for call in 0.. {
        let prefix = format!("crash-{call}");
        let bench = Bench::new(RedisConnection { prefix: prefix.as_str().into(), ..server.connection() });
        let faults = Arc::new(Faults::default());
        faults.arm(true, call);
        let mut worker = bench.worker(&faults);
        // The worker dies of the fault where it does not take the partition again itself.
        while !faults.struck() {
            match worker.step() {
                Ok(Step::Idle) => break,
                Ok(_) => {}
                Err(_) if call % 4 < 2 => worker = bench.worker(&faults),
                Err(_) => {}
            }
        }
        if !faults.struck() {
            break;
        }
        bench.drain(&mut worker);
        bench.judge(&format!("call {call}"));
        calls = call + 1;
    }
    assert!(calls > 60, "only {calls} faults were injected");
}

#[test]
fn a_zombie_is_stopped_by_log_and_store() {
    let Some(server) = RedisServer::start() else { return };
    let (bench, faults) = (Bench::new(server.connection()), Arc::default());
    let mut zombie = bench.worker(&faults);
    bench.commit(&mut zombie, 2);
    let mut owner = bench.worker(&faults);
    bench.commit(&mut owner, 1);
    assert!((0..4).any(|_| zombie.step().is_err()), "nothing stops the zombie");
    // It has begun to take the partition again; whoever comes last owns it.
    bench.drain(&mut owner);
    bench.judge("after a zombie");
}

#[test]
fn a_server_that_restarts_with_its_file_goes_on_where_it_was() {
    let Some(mut server) = RedisServer::start() else { return };
    let (bench, faults) = (Bench::new(server.connection()), Arc::default());
    let mut worker = bench.worker(&faults);
    bench.commit(&mut worker, 4);
    server.kill();
    assert!((0..4).any(|_| worker.step().is_err()), "the server is gone and nobody notices");
    server.restart();
    bench.drain(&mut worker);
    bench.judge("after a restart");
}

#[test]
fn a_server_that_comes_back_empty_is_filled_from_the_log() {
    let Some(mut server) = RedisServer::start() else { return };
    let (bench, faults) = (Bench::new(server.connection()), Arc::default());
    let mut worker = bench.worker(&faults);
    bench.commit(&mut worker, 5);
    server.kill();
    server.restart_empty();
    bench.drain(&mut worker);
    bench.judge("after a restart without files");
}

#[test]
fn a_fail_over_that_lost_writes_is_made_good_from_the_log() {
    let Some(primary) = RedisServer::start() else { return };
    let Some(replica) = RedisServer::replica_of(&primary) else { return };
    let (mut bench, faults) = (Bench::new(primary.connection()), Arc::default());
    let mut worker = bench.worker(&faults);
    bench.commit(&mut worker, 3);
    primary.await_copy(&replica);
    // The copy stands still while the worker goes on: what is flushed from here on is lost.
    replica.ask::<()>(&["REPLICAOF", "NO", "ONE"]);
    bench.commit(&mut worker, 3);
    drop(worker);
    bench.store = open(&replica.connection());
    let mut worker = bench.worker(&faults);
    bench.drain(&mut worker);
    bench.judge("after a fail-over");
}
