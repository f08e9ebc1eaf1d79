//! Many more schedules, with more in them: the log forgets what is old as well. `make simulation` explores a hundred
//! thousand and more; the tests a share of that.
//!
//! A worker that needs what the log has forgotten must refuse, and leave everything as an undisturbed one has it at that
//! offset; any other must finish. Where nothing was consumed yet, the log begins where it begins. Flaws are planted in the
//! protocol, and each must be found.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use features::online::StoreError;

use super::faulty::Flaw;
use super::{Coupling, Dice, Outcome, STEPS, World, place, unique_claim};
use crate::log::LogError;
use crate::worker::WorkerError;
use crate::worker::fixture::plan;
use crate::worker::plan::StreamPlan;
use crate::worker::step::Step;

/// How many are explored where nothing else is asked for.
const SHORT: u64 = 1_000;
/// How far a planted flaw is searched for.
const SEARCH: u64 = 60_000;

#[test]
fn no_schedule_of_crashes_zombies_fail_overs_aborts_and_truncated_logs_breaks_the_protocol() {
    let schedules = std::env::var_os("CLUTCH_SCHEDULES")
        .map_or(SHORT, |given| given.to_str().and_then(|given| given.parse().ok()).expect("a number of schedules"));
    let started = Instant::now();
    let (found, met) = explore(schedules, Flaw::None, Coupling::Separate);
    let seconds = started.elapsed().as_secs_f64();
    println!("{schedules} schedules, {:.0} a second: {met:?}", schedules as f64 / seconds);
    assert_eq!(found, None);
    // What is never met is not survived.
    for (what, times) in met.tally() {
        assert!(times.load(Ordering::Relaxed) >= schedules / 100, "{what} was met too seldom: {met:?}");
    }
}

#[test]
fn a_counter_in_place_of_the_claim_is_found_out() {
    assert_found(Flaw::CountedClaims, Coupling::Separate);
}

#[test]
fn a_claim_that_is_not_renewed_is_found_out() {
    assert_found(Flaw::NoNewClaim, Coupling::Separate);
}

#[test]
fn a_flush_before_its_commit_is_found_out() {
    assert_found(Flaw::None, Coupling::StatesFirst);
}

#[test]
fn a_flush_that_is_not_refused_is_found_out() {
    assert_found(Flaw::NothingRefused, Coupling::Separate);
}

#[track_caller]
fn assert_found(flaw: Flaw, coupling: Coupling) {
    let (found, _) = explore(SEARCH, flaw, coupling);
    let (seed, what) = found.unwrap_or_else(|| panic!("{flaw:?}, {coupling:?}: not found in {SEARCH} schedules"));
    println!("{flaw:?}, {coupling:?}: found by schedule {seed}: {what}");
}

/// What schedules had in them, over all of them.
#[derive(Debug, Default)]
pub(super) struct Met {
    commits: AtomicU64,
    /// A zombie was stopped by the log.
    fenced: AtomicU64,
    /// A zombie, or an owner whose writes a fail-over lost, was stopped by the store.
    refused: AtomicU64,
    /// A call failed: before it took effect, as an aborted transaction does, or after.
    failed: AtomicU64,
    /// A worker needed what the log had forgotten.
    truncated: AtomicU64,
    /// Schedules that ended with a worker that refused to go on for that reason.
    ended_truncated: AtomicU64,
}

impl Met {
    pub(super) fn note(&self, step: &Result<Step, WorkerError>) {
        let what = match step {
            Ok(Step::Committed(_)) => &self.commits,
            Err(WorkerError::Log(LogError::Fenced { .. })) => &self.fenced,
            Err(WorkerError::Store(StoreError::Refused { .. })) => &self.refused,
            Err(WorkerError::Log(LogError::Truncated { .. })) => &self.truncated,
            Err(
                WorkerError::Log(LogError::Unavailable { .. }) | WorkerError::Store(StoreError::Unavailable { .. }),
            ) => &self.failed,
            _ => return,
        };
        what.fetch_add(1, Ordering::Relaxed);
    }

    fn tally(&self) -> [(&'static str, &AtomicU64); 6] {
        [
            ("a commit", &self.commits),
            ("a fenced worker", &self.fenced),
            ("a refused worker", &self.refused),
            ("a failed call", &self.failed),
            ("a truncated log", &self.truncated),
            ("a schedule that ends with a truncated log", &self.ended_truncated),
        ]
    }
}

/// A seed of the first so many after which something is not as it must be, with what; and what the schedules met.
fn explore(schedules: u64, flaw: Flaw, coupling: Coupling) -> (Option<(u64, String)>, Arc<Met>) {
    let (met, found, next) = (Arc::new(Met::default()), AtomicBool::new(false), AtomicU64::new(0));
    let plan = plan(1, true);
    let search = || {
        while !found.load(Ordering::Relaxed) {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= schedules {
                return None;
            }
            if let Err(what) = schedule(seed, flaw, coupling, &plan, &met) {
                found.store(true, Ordering::Relaxed);
                return Some((seed, what));
            }
        }
        None
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let violation = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(search)).collect();
        threads.into_iter().filter_map(|thread| thread.join().expect("a thread ends")).min()
    });
    (violation, met)
}

fn schedule(seed: u64, flaw: Flaw, coupling: Coupling, plan: &Arc<StreamPlan>, met: &Arc<Met>) -> Result<(), String> {
    let mut world = World::new(seed, coupling, unique_claim, plan);
    (world.flaw, world.met) = (flaw, Arc::clone(met));
    let events = world.coming.clone();
    // Some schedules fail over often, most never truncate the log.
    let stormy = world.dice.below(2) == 0;
    let forgets = world.dice.below(4) == 0;
    for _ in 0..STEPS {
        match world.dice.below(1_000) {
            0..3 if forgets => world.forget(),
            // The clock jumps, back or ahead; what the log takes has its own time.
            997.. => world.clock.set(world.dice.below(5_000) as i64),
            3..60 if stormy && coupling == Coupling::Separate => world.store.restore(world.replica.clone()),
            _ => world.act(),
        }
    }
    let end = world.finish();
    let undisturbed = |events: &[(i64, Vec<u8>)], begin: u64| {
        let mut world = World::empty(Dice::new(0), Coupling::Separate, unique_claim, plan);
        world.coming = events.to_vec();
        while !world.coming.is_empty() {
            world.append();
        }
        world.log.forget_before(&place("plays"), begin);
        world.drain()
    };
    match end {
        Ok(()) => matches(&world, &events, undisturbed, difference),
        Err(WorkerError::Log(LogError::Truncated { from, start, .. })) if from < start && start <= world.forgotten => {
            met.ended_truncated.fetch_add(1, Ordering::Relaxed);
            stopped(&world, &events, undisturbed)
        }
        Err(error) => Err(format!("the last worker does not finish: {error}")),
    }
}

/// Whether what is found is what an undisturbed worker makes of `events`, from any place where the first may have begun;
/// `differs` names what is not.
fn matches(
    world: &World,
    events: &[(i64, Vec<u8>)],
    undisturbed: impl Fn(&[(i64, Vec<u8>)], u64) -> Outcome,
    differs: fn(&Outcome, &Outcome) -> Option<&'static str>,
) -> Result<(), String> {
    let found = world.outcome();
    let begins = world.begins.iter().filter(|begin| **begin <= events.len() as u64);
    let mut told = None;
    for begin in begins {
        let what = differs(&found, &undisturbed(events, *begin));
        let Some(what) = what else { return Ok(()) };
        told = told.or(Some(what));
    }
    Err(format!("{} not those of an undisturbed worker", told.unwrap_or("everything is")))
}

fn difference(found: &Outcome, wanted: &Outcome) -> Option<&'static str> {
    published(found, wanted).or_else(|| held(found, wanted))
}

fn published(found: &Outcome, wanted: &Outcome) -> Option<&'static str> {
    let differs = [
        ("predictions are", found.predictions != wanted.predictions),
        ("dead letters are", found.dead_letters != wanted.dead_letters),
    ];
    differs.into_iter().find_map(|(what, differs)| differs.then_some(what))
}

fn held(found: &Outcome, wanted: &Outcome) -> Option<&'static str> {
    let differs = [("states are", found.states != wanted.states), ("the record is", found.record != wanted.record)];
    differs.into_iter().find_map(|(what, differs)| differs.then_some(what))
}

/// Of a world in which no worker can go on: what is published is what an undisturbed worker publishes up to the committed
/// offset, and the states are its states at the offset that they say.
fn stopped(
    world: &World,
    events: &[(i64, Vec<u8>)],
    undisturbed: impl Fn(&[(i64, Vec<u8>)], u64) -> Outcome,
) -> Result<(), String> {
    let upto = |offset: u64| &events[..usize::try_from(offset).expect("an offset")];
    let (folded, committed) = (world.outcome().record.folded, world.committed());
    if folded > committed {
        return Err("the states are ahead of what is committed".to_owned());
    }
    matches(world, upto(committed), &undisturbed, published)?;
    matches(world, upto(folded), &undisturbed, held)
}
