//! A model on another version of the view is promoted, withdrawn and rolled back, again and again, while workers die and
//! calls fail. Every event must have one prediction, and whichever version made it, it must be the one that the version
//! makes when it serves from the first event on: its windows were as full.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use features::online::{Claim, Flush, OnlineStore, Slot};
use features::plan::View;
use features::project::Project;
use models::registry::{CHAMPION, MemoryRegistry, Registry};
use serde_json::Value;

use super::{Coupling, Dice, World, unique_claim};
use crate::log::EventLog;
use crate::metrics::Metrics;
use crate::routing::{Binder, Routes, refresh};
use crate::worker::StreamPlan;
use crate::worker::fixture::{artifact, project, view};

const SEEDS: u64 = 150;
const STEPS: usize = 900;

#[test]
fn a_cut_over_survives_any_schedule_where_log_and_store_are_separate() {
    assert_eq!(violation(Coupling::Separate, History::Whole), None);
}

#[test]
fn a_cut_over_survives_any_schedule_where_log_and_store_are_one() {
    assert_eq!(violation(Coupling::Together, History::Whole), None);
}

#[test]
fn windows_that_begin_half_filled_are_found_out() {
    assert_ne!(violation(Coupling::Together, History::Skipped), None);
}

/// What a new version of the view is built up from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum History {
    Whole,
    /// A planted fault: its record says that the history is folded when nothing is.
    Skipped,
}

/// Version 1 of the model is trained on the view that the project declares, version 2 on another.
struct Served {
    registry: MemoryRegistry,
    routes: Arc<Routes>,
    binder: Binder,
    metrics: Arc<Metrics>,
    plan: Arc<StreamPlan>,
    views: [Arc<View>; 2],
}

impl Served {
    fn new(project: &Project, champion: u32) -> Served {
        let views = [Arc::clone(&project.views["form"]), view(project, "ROWS 5 PRECEDING")];
        let registry = MemoryRegistry::new(Arc::new(|| 0));
        for (view, intercept) in views.iter().zip([0.5, -0.5]) {
            registry.publish(&artifact(view, intercept)).expect("publish");
        }
        let metrics = Arc::new(Metrics::new());
        let routes = Arc::new(Routes::new(project));
        let binder = Binder::new(project, &routes, Arc::clone(&metrics));
        let plan = Arc::new(StreamPlan::new(project, "plays", &routes).expect("plan"));
        let served = Served { registry, routes, binder, metrics, plan, views };
        served.promote(champion);
        served.follow();
        served
    }

    fn promote(&self, version: u32) {
        self.registry.set_alias("win", CHAMPION, version, "").expect("alias");
    }

    fn follow(&self) {
        refresh(&self.routes, &self.registry, &self.binder, &self.metrics);
    }

    fn serving(&self) -> Option<u32> {
        self.routes.routes[0].champion.load().as_ref().map(|model| model.version)
    }
}

/// What a version makes of the events when it serves from the first one on.
struct Quiet {
    predictions: BTreeMap<u64, Value>,
    dead_letters: Vec<Value>,
    states: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl Quiet {
    fn new(project: &Project, disturbed: &World, version: u32) -> Quiet {
        let served = Served::new(project, version);
        let mut world = World::empty(Dice::new(0), disturbed.coupling, unique_claim, &served.plan);
        world.coming = disturbed.coming.clone();
        let outcome = world.drain();
        let view = &served.views[version as usize - 1];
        Quiet {
            predictions: by_offset(&outcome.predictions).expect("one prediction for each event"),
            dead_letters: outcome.dead_letters,
            states: states(&world, view),
        }
    }
}

/// The first seed after whose schedule anything is not as it must be, and what.
fn violation(coupling: Coupling, history: History) -> Option<(u64, &'static str)> {
    let project = project(1);
    let mut versions = BTreeSet::new();
    let violated = |seed: u64| {
        let served = Served::new(&project, 1);
        let mut world = World::new(seed, coupling, unique_claim, &served.plan);
        let quiet = [1, 2].map(|version| Quiet::new(&project, &world, version));
        for _ in 0..STEPS {
            match world.dice.below(200) {
                0..3 => {
                    let version = 1 + u32::from(world.dice.below(2) == 0);
                    if version == 2 && history == History::Skipped {
                        skip_history(&world, &served.views[1]);
                    }
                    served.promote(version);
                }
                3..15 => served.follow(),
                _ => world.act(),
            }
        }
        judge(&mut world, &served, &quiet, &mut versions).err().map(|what| (seed, what))
    };
    let violation = (0..SEEDS).find_map(violated);
    assert!(violation.is_some() || versions.len() == 2, "both versions must have served");
    violation
}

fn judge(
    world: &mut World,
    served: &Served,
    quiet: &[Quiet; 2],
    versions: &mut BTreeSet<u64>,
) -> Result<(), &'static str> {
    // Twice: what is awaited becomes live, then serves, and what is not needed any more is removed.
    for _ in 0..2 {
        world.drain();
        served.follow();
    }
    let outcome = world.drain();
    let predictions = by_offset(&outcome.predictions).ok_or("an event has two predictions")?;
    if !predictions.keys().eq(quiet[0].predictions.keys()) {
        return Err("an event has no prediction");
    }
    for (offset, prediction) in &predictions {
        let version = prediction["version"].as_u64().ok_or("no version")?;
        versions.insert(version);
        let alone = usize::try_from(version - 1).ok().and_then(|place| quiet[place].predictions.get(offset));
        if alone != Some(prediction) {
            return Err("a prediction is not the one that its version makes alone");
        }
    }
    if outcome.dead_letters != quiet[0].dead_letters {
        return Err("the dead letters differ");
    }
    if states(world, &served.views[0]) != quiet[0].states {
        return Err("the states of the declared view differ");
    }
    let needed = served.serving() == Some(2);
    let listed = world.store.slots("plays").map_err(|_| "the slots cannot be listed")?;
    if listed.iter().any(|(slot, _)| *slot == Slot::of(&served.views[1], 0)) != needed {
        return Err("the other view's states are there and not needed, or needed and not there");
    }
    if needed && states(world, &served.views[1]) != quiet[1].states {
        return Err("the states of the other view differ");
    }
    Ok(())
}

/// `None` if an event has two.
fn by_offset(predictions: &[Value]) -> Option<BTreeMap<u64, Value>> {
    let mut found = BTreeMap::new();
    for prediction in predictions {
        let offset = prediction["offset"].as_u64()?;
        if found.insert(offset, prediction.clone()).is_some() {
            return None;
        }
    }
    Some(found)
}

fn states(world: &World, view: &Arc<View>) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let mut states = BTreeMap::new();
    let mut visit = |key: &[u8], state: &[u8]| {
        states.insert(key.to_vec(), state.to_vec());
    };
    world.store.scan(&Slot::of(view, 0), &mut visit).expect("scan");
    states
}

/// Writes a record that says that everything committed is folded, unless there is one.
fn skip_history(world: &World, view: &Arc<View>) {
    let slot = Slot::of(view, 0);
    if world.store.record(&slot).expect("record").is_none() {
        let hold = world.store.claim(&slot, Claim([1; 16])).expect("claim").hold();
        let folded = world.log.committed(&world.plan.consumer(0)).expect("committed");
        world.store.flush(&slot, hold, &Flush { folded, ..Flush::default() }).expect("flush");
    }
}
