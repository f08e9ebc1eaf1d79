//! Two versions of a view in one partition.

use features::online::OnlineStore;
use models::registry::Version;

use super::*;
use crate::routing::{Binder, Routes};
use crate::views::InUse;
use crate::worker::fixture::{artifact, project, project_changed, project_with, recorded, view};

/// Keeps a version of the view with another window.
fn keep(bench: &Bench) -> InUse {
    bench.plan.views.keep(&view(&project(1), "ROWS 5 PRECEDING"))
}

fn plays(numbers: std::ops::Range<u64>) -> Vec<String> {
    numbers.map(|number| play("g1", number, number as i64, Some(1.0))).collect()
}

fn states(bench: &Bench, version: &InUse) -> usize {
    let mut states = 0;
    bench.store.scan(&Slot::of(&version.version().view, 0), &mut |_, _| states += 1).expect("scan");
    states
}

#[test]
fn a_new_version_is_built_up_in_portions_and_publishes_nothing() {
    let bench = Bench::new(1, true);
    bench.append(&plays(0..700));
    bench.drain();
    let published = bench.predictions();
    let newer = keep(&bench);
    assert!(newer.version().is_live(), "nobody has said otherwise");
    let batch = ReadLimit { records: 300, ..Settings::default().batch };
    let mut worker = bench.worker(Settings { batch, ..Settings::default() });
    let mut steps = Vec::new();
    let mut seen = Vec::new();
    loop {
        let step = worker.step().expect("step");
        if step == Step::Bootstrapping {
            seen.push(newer.version().standing(0).folded);
        }
        steps.push(step);
        if step == Step::Idle {
            break;
        }
        assert_eq!(newer.version().is_live(), newer.version().standing(0).live);
    }
    assert!(steps.contains(&Step::Ready));
    assert_eq!(seen, [300, 600, 700]);
    assert!(newer.version().is_live());
    assert_eq!(states(&bench, &newer), 1);
    assert_eq!(bench.predictions(), published);
}

#[test]
fn events_are_predicted_while_a_version_is_built_up() {
    let bench = Bench::new(1, true);
    bench.append(&plays(0..2_000));
    bench.drain();
    let newer = keep(&bench);
    let mut worker = bench.drain_until(Step::Ready);
    bench.append(&plays(2_000..2_001));
    let step = worker.step().expect("step");
    assert!(matches!(step, Step::Committed(committed) if committed.events == 1), "{step:?}");
    assert!(!newer.version().is_live());
    drain(&mut worker);
    assert!(newer.version().is_live());
    assert_eq!(bench.predictions().len(), 2_001);
}

#[test]
fn a_log_that_does_not_reach_back_builds_up_nothing_and_says_what_is_missing() {
    let bench = Bench::new(1, true);
    for play in plays(0..9) {
        bench.append(&[play]);
    }
    bench.drain();
    bench.log.forget_before(&place("plays"), 4);
    let newer = keep(&bench);
    let mut worker = bench.drain();
    let standing = newer.version().standing(0);
    assert!(!newer.version().is_live());
    assert_eq!(standing.problem.as_deref(), Some("plays/0 begins at offset 4: 0 is no longer there"));
    assert_eq!(states(&bench, &newer), 0);
    bench.append(&plays(9..11));
    drain(&mut worker);
    assert_eq!(bench.predictions().len(), 11, "the version that serves goes on");
}

#[test]
fn an_endpoint_without_a_champion_holds_up_no_other() {
    let project = project_with(1, "[endpoints.second]\nmodel = \"win\"\n");
    let routes = Routes::new(&project);
    let binder = Binder::new(&project, &routes, Arc::default());
    let artifact = artifact(&view(&project, "ROWS 5 PRECEDING"), 0.5);
    let model = binder.bind(Version { model: "win".into(), number: 1, artifact }).expect("it fits its view");
    routes.routes[0].champion.store(Some(Arc::new(model)));
    let bench = Bench::of(Arc::new(StreamPlan::new(&project, "plays", &routes).expect("plan")), 1);
    for play in plays(0..9) {
        bench.append(&[play]);
    }
    bench.drain();

    // The view that the project declares is new, and cannot be built up.
    let hold = bench.store.record(&bench.slot()).expect("record").expect("kept").hold();
    bench.store.remove(&bench.slot(), hold, usize::MAX).expect("removed");
    bench.log.forget_before(&place("plays"), 4);
    let mut worker = bench.worker(Settings::default());
    let mut steps = vec![worker.step().expect("step")];
    while steps.last() != Some(&Step::Ready) {
        steps.push(worker.step().expect("step"));
    }
    assert!(!steps.contains(&Step::CatchingUp), "{steps:?}");
    bench.append(&plays(9..11));
    drain(&mut worker);
    assert_eq!(bench.predictions().len(), 11);
    let declared = &bench.plan.views.kept("plays")[0];
    assert!(declared.standing(0).problem.is_some(), "{:?}", declared.standing(0));
}

#[test]
fn the_states_of_a_version_that_nobody_needs_are_removed_when_there_is_time() {
    let bench = Bench::new(1, true);
    bench.append(&plays(0..9));
    let newer = keep(&bench);
    let mut worker = bench.drain();
    assert_eq!(states(&bench, &newer), 1);
    let slot = Slot::of(&newer.version().view, 0);
    drop(newer);
    drain(&mut worker);
    assert_eq!(bench.store.record(&slot).expect("record"), None);
    assert_eq!(bench.counters().accepted, 9, "the others stay");

    let again = keep(&bench);
    drain(&mut worker);
    assert!(again.version().is_live());
    assert_eq!(states(&bench, &again), 1);
}

#[test]
fn a_version_from_before_the_stream_changed_decides_as_it_did_then() {
    let then = project_changed("lateness   = \"100us\"", "lateness   = \"50us\"");
    let now = project(1);
    let routes = Routes::new(&now);
    let binder = Binder::new(&now, &routes, Arc::default());
    let bind = |number, artifact| binder.bind(Version { model: "win".into(), number, artifact });
    bind(2, artifact(&then.views["form"], 0.5)).expect_err("it does not say how its stream was declared");
    let model = bind(1, recorded(&then, 0.5)).expect("it does");
    routes.routes[0].champion.store(Some(Arc::new(model)));

    let plan = Arc::new(StreamPlan::new(&now, "plays", &routes).expect("plan"));
    let bench = Bench { plan, ..Bench::new(1, true) };
    // The second is 70 µs late.
    bench.append(&[play("g1", 1, 100, Some(1.0)), play("g1", 2, 30, Some(2.0)), play("g1", 3, 110, Some(4.0))]);
    bench.drain();
    let predicted: Vec<_> = bench.predictions().iter().map(|p| p["id"]["play"].as_u64().expect("play")).collect();
    assert_eq!(predicted, [1, 3]);
    assert_eq!(bench.predictions()[1]["include"]["recent"], 5.0, "what came late then is in no window");
    let told = bench.dead_letters();
    assert_eq!(
        stages(&told),
        [("late", 1)],
        "it has no prediction, though by the rules as they are now it is not late"
    );
    assert_eq!(bench.counters().accepted, 3, "nor for the view that the project declares");
    let older = Slot::of(&routes.routes[0].champion.load().as_ref().expect("champion").view, 0);
    let counters = bench.store.record(&older).expect("record").expect("kept").counters;
    assert_eq!((counters.accepted, counters.late, counters.predictions), (2, 1, 2));
}

#[test]
fn states_that_an_earlier_server_left_behind_are_removed() {
    let bench = Bench::new(1, true);
    bench.append(&plays(0..9));
    let newer = keep(&bench);
    bench.drain();
    drop(newer);
    assert_eq!(bench.store.slots("plays").expect("slots").len(), 2);
    bench.drain();
    assert_eq!(bench.store.slots("plays").expect("slots").len(), 1);
}
