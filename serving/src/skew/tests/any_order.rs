//! Whatever comes, in whatever order: a worker that works raises no alarm.

use proptest::prelude::*;

use super::Bench;
use crate::worker::fixture::play;

/// One of the things that happen to a stream.
#[derive(Debug, Clone)]
enum Act {
    /// Game, how far behind or ahead of the clock, and the value.
    Play(u8, i64, Option<u8>),
    /// An earlier event once more.
    Repeat(prop::sample::Index),
    Garbage,
    Restart,
    Check,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        12 => (0..3_u8, -200..30_i64, prop::option::weighted(0.9, 0..9_u8)).prop_map(|(g, t, y)| Act::Play(g, t, y)),
        1 => (0..3_u8, 1_000..5_000_i64).prop_map(|(g, ahead)| Act::Play(g, ahead, Some(1))),
        2 => any::<prop::sample::Index>().prop_map(Act::Repeat),
        1 => Just(Act::Garbage),
        1 => Just(Act::Restart),
        1 => Just(Act::Check),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Late, repeated, future, out of order, undecodable, with restarts and passes wherever they may fall.
    #[test]
    fn no_order_of_events_restarts_and_passes_raises_an_alarm(acts in prop::collection::vec(act(), 1..80)) {
        let mut bench = Bench::new();
        let mut events: Vec<String> = Vec::new();
        for (number, act) in acts.into_iter().enumerate() {
            let now = 1_000 + number as i64 * 20;
            bench.clock.set(now);
            match act {
                Act::Play(game, off, yards) => {
                    let yards = yards.map(|yards| f64::from(yards) / 7.0);
                    events.push(play(&format!("g{game}"), number as u64, now + off, yards));
                }
                Act::Repeat(_) if events.is_empty() => continue,
                Act::Repeat(which) => events.push(which.get(&events).clone()),
                Act::Garbage => events.push("{\"game\":".to_owned()),
                Act::Restart => {
                    bench.restart();
                    continue;
                }
                Act::Check => {
                    bench.check();
                    continue;
                }
            }
            bench.serve(&events[events.len() - 1..]);
        }
        bench.check();
        let predictions = bench.records("plays-win").len() as u64;
        prop_assert_eq!(bench.seen(), (predictions, 0, 0));
    }
}
