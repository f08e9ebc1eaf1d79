//! Dead letters that come back, and a stream of which too much is refused.

use super::*;
use crate::admin::{Desk, LetterPlace, RedriveAnswer};
use crate::worker::fixture::{project_changed, served};

fn desk(bench: &Bench) -> Desk {
    let routes = Arc::new(served(&crate::worker::fixture::project(1)));
    let (log, store) = (bench.log.clone(), bench.store.clone());
    let (plans, requests) = (vec![bench.plan.clone()], Vec::new());
    Desk {
        log,
        store,
        plans,
        routes,
        workers: None,
        responders: None,
        requests,
        sinks: None,
        checks: None,
        prediction_log: None,
    }
}

fn letter(offset: u64) -> LetterPlace {
    LetterPlace { partition: 0, offset }
}

#[test]
fn a_letter_that_comes_back_is_accepted_whatever_its_lateness_and_once() {
    let bench = Bench::new(1, true);
    bench.append(&[play("g", 1, 1_000, Some(1.0)), play("g", 2, 10, Some(2.0)), play("g", 3, 1_001, Some(4.0))]);
    bench.drain();
    assert_eq!(stages(&bench.dead_letters()), [("late", 1)]);
    let desk = desk(&bench);
    let answer = desk.redrive("plays", &[letter(0), letter(0)]).expect("redriven");
    assert_eq!(answer, RedriveAnswer { redriven: 1, before: 0, unusable: 0 });
    let again = desk.redrive("plays", &[letter(0), letter(7)]).expect("asked again");
    assert_eq!(again, RedriveAnswer { redriven: 0, before: 1, unusable: 1 });
    bench.drain();
    let recent: Vec<_> =
        bench.predictions().iter().map(|p| (p["offset"].clone(), p["include"]["recent"].clone())).collect();
    // It takes its place before the others; what was predicted already stays as it was.
    assert_eq!(recent, [(0.into(), 1.0.into()), (2.into(), 5.0.into()), (3.into(), 2.0.into())]);
    // The first letter, and the note that it was given back.
    assert_eq!(bench.dead_letters().len(), 2);
    assert_eq!(bench.counters().accepted, 3);
}

#[test]
fn a_letter_that_comes_back_is_a_duplicate_where_its_event_is_known() {
    let bench = Bench::new(1, true);
    bench.append(&[play("g", 1, 1_000, Some(1.0)), play("g", 1, 1_000, Some(1.0))]);
    bench.drain();
    desk(&bench).redrive("plays", &[letter(0)]).expect("redriven");
    bench.drain();
    assert_eq!(bench.counters().duplicate, 2);
    assert_eq!(bench.predictions().len(), 1);
}

#[test]
fn a_note_is_no_letter() {
    let bench = Bench::new(1, true);
    bench.append(&["{"]);
    bench.drain();
    let desk = desk(&bench);
    desk.redrive("plays", &[letter(0)]).expect("redriven");
    let answer = desk.redrive("plays", &[letter(1)]).expect("asked");
    assert_eq!(answer, RedriveAnswer { redriven: 0, before: 0, unusable: 1 });
}

#[test]
fn a_stream_of_which_too_much_is_refused_stops_before_it_is_drained() {
    let project = project_changed("lateness   =", "reject_limit = 0.5\nlateness   =");
    let plan = StreamPlan::new(&project, "plays", &served(&project)).expect("plan");
    let bench = Bench::of(Arc::new(plan), 1);
    for number in 0..20 {
        let event = |place: u64| play("g", 100 * number + place, 1_000, Some(1.0));
        let good: Vec<_> = (0..100).map(event).collect();
        bench.append(&good);
    }
    let mut worker = bench.drain();
    for _ in 0..20 {
        bench.append(&["{"; 100]);
    }
    let refused = (0..40).find_map(|_| worker.step().err()).expect("it stops");
    assert!(matches!(refused, WorkerError::TooManyRejected { .. }), "{refused}");
    let drained = bench.dead_letters().len();
    // Taken again it stops at the same event.
    let again = (0..40).find_map(|_| worker.step().err()).expect("it stops again");
    assert!(matches!(again, WorkerError::TooManyRejected { .. }), "{again}");
    assert_eq!(bench.dead_letters().len(), drained);
    assert!(drained < 1_000, "{drained} were drained");
}
