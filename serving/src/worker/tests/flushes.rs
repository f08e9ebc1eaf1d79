//! When states are flushed that no commit takes along.

use features::online::OnlineStore;

use super::super::step::{Settings, Step};
use super::Bench;
use crate::log::ReadLimit;
use crate::worker::fixture::play;

fn one_at_a_time(bench: &Bench, flush_every: i64) -> super::Worker {
    let batch = ReadLimit { records: 1, bytes: usize::MAX };
    let mut worker = bench.worker(Settings { batch, flush_every, ..Settings::default() });
    while worker.step().expect("step") != Step::Ready {}
    worker
}

fn folded(bench: &Bench) -> u64 {
    bench.store.record(&bench.slot()).expect("record").expect("claimed").folded
}

#[test]
fn under_steady_load_states_are_flushed_in_time() {
    let bench = Bench::new(1, true);
    for number in 0..6 {
        bench.append(&[play("g", number, number as i64, Some(1.0))]);
    }
    let mut worker = one_at_a_time(&bench, 100);
    // The clock stands at 1000, and nothing was flushed before: the first flush is due after the first batch.
    let steps: Vec<_> = [1_000, 1_000, 1_050, 1_099, 1_100, 1_100]
        .map(|now| {
            bench.clock.set(now);
            let step = worker.step().expect("step");
            (matches!(step, Step::Flushed), folded(&bench))
        })
        .into();
    assert_eq!(steps, [(false, 0), (true, 1), (false, 1), (false, 1), (true, 3), (false, 3)]);
}

#[test]
fn who_leaves_flushes_first() {
    let bench = Bench::new(1, true);
    bench.append(&[play("g", 1, 10, Some(1.0))]);
    let mut worker = one_at_a_time(&bench, i64::MAX);
    assert!(matches!(worker.step().expect("step"), Step::Committed(_)));
    assert_eq!(folded(&bench), 0);
    worker.leave().expect("leave");
    assert_eq!(folded(&bench), 1);
}
