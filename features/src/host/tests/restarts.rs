use proptest::collection::vec;
use proptest::prelude::*;

use super::key_state::FORMAT;
use super::*;
use crate::kernel::StateError;

/// Time, play, kind and yards of an event, and whether the host restarts before it.
type Step = (Micros, i64, &'static str, f64, bool);

fn any_steps() -> impl Strategy<Value = Vec<Step>> {
    let time = prop_oneof![0..60_i64, 0..60_i64, 3600..8000_i64].prop_map(|s| s * SECOND);
    let kind = prop::sample::select(vec!["run", "pass", "kickoff", ""]);
    let yards = prop_oneof![Just(0.1), -10.0..99.0_f64, Just(-0.0)];
    vec((time, 0..30_i64, kind, yards, prop::bool::weighted(0.2)), 0..60)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn restarts_leave_no_trace(steps in any_steps()) {
        let mut host = host();
        let (mut undisturbed, mut restarted) = (Key::new(), Key::new());
        for (time, number, kind, yards, restart) in steps {
            if restart {
                let bytes = restarted.state.encode(&host);
                restarted.state = KeyState::decode(&bytes, &host).unwrap();
                prop_assert_eq!(&restarted.state.encode(&host), &bytes);
            }
            let event = play(number, time, kind, yards);
            prop_assert_eq!(restarted.process(&mut host, &event), undisturbed.process(&mut host, &event));
        }
        prop_assert_eq!(restarted.state.encode(&host), undisturbed.state.encode(&host));
    }

    #[test]
    fn how_the_log_counts_its_events_leaves_no_trace_once_offsets_are_numbered(steps in any_steps()) {
        let mut host = host();
        let (mut dense, mut sparse) = (Key::new(), Key::new());
        for (time, number, kind, yards, gap) in steps {
            sparse.offset += if gap { 7 } else { 0 };
            let event = play(number, time, kind, yards);
            prop_assert_eq!(dense.process(&mut host, &event), sparse.process(&mut host, &event));
        }
        dense.state.number_offsets();
        sparse.state.number_offsets();
        prop_assert_eq!(dense.state.encode(&host), sparse.state.encode(&host));
    }

    #[test]
    fn no_bytes_make_decoding_panic(bytes in vec(any::<u8>(), 0..100)) {
        let host = host();
        let _ = KeyState::decode(&bytes, &host);
        let _ = KeyState::decode(&[&[FORMAT as u8][..], &bytes].concat(), &host);
    }
}

proptest! {
    #[test]
    fn no_damage_makes_the_hosts_panic(damage in vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)) {
        // With fading means, frames of time and a latest row that ages.
        static ALL: LazyLock<Project> = LazyLock::new(|| project(&[("recent", RECENT), ("totals", TOTALS), ("quiet", as_of::QUIET)]));
        let mut host = StreamHost::new(Arc::clone(&ALL.streams["plays"]), ALL.views_of("plays"));
        let mut bytes = played(&mut host).encode(&host);
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Ok(state) = KeyState::decode(&bytes, &host) {
            for (index, view) in host.views().iter().enumerate() {
                let mut requests = RequestHost::new(Arc::clone(view), index);
                let _ = requests.row(Some(&state), &play(3, 4 * SECOND, "run", f64::MAX));
                for as_of in [None, Some(0), Some(70 * SECOND), Some(Micros::MAX), Some(Micros::MIN)] {
                    let _ = requests.latest(Some(&state), as_of);
                }
            }
            let mut key = Key { state, offset: 3 };
            for time in [4, 9, i64::MAX / SECOND, i64::MIN / SECOND] {
                key.process(&mut host, &play(time, time * SECOND, "run", f64::MAX));
            }
            key.state.encode(&host);
        }
    }
}

fn played(host: &mut StreamHost) -> KeyState {
    let mut key = Key::new();
    for number in 1..6 {
        key.process(host, &play(number, number * SECOND, "run", 0.1));
    }
    key.state
}

#[test]
fn a_cut_state_is_refused() {
    let mut host = host();
    let bytes = played(&mut host).encode(&host);
    for end in 0..bytes.len() {
        assert!(KeyState::decode(&bytes[..end], &host).is_err(), "{end}");
    }
}

#[test]
fn a_state_from_the_future_is_refused() {
    let mut host = host();
    let mut bytes = played(&mut host).encode(&host);
    let found = FORMAT + 1;
    bytes[0] = found as u8;
    assert_eq!(KeyState::decode(&bytes, &host), Err(StateError::Version { found, supported: FORMAT }));
}

#[test]
fn a_fresh_state_survives() {
    let host = host();
    let bytes = KeyState::default().encode(&host);
    assert_eq!(KeyState::decode(&bytes, &host).unwrap(), KeyState::default());
}

#[test]
fn a_changed_view_starts_anew_and_decisions_go_on() {
    let mut host = host();
    let bytes = played(&mut host).encode(&host);
    let changed = RECENT.replace("yards * 2.0", "yards * 3.0");
    let mut other = host_of(&[("recent", &changed), ("totals", TOTALS)]);
    let mut key = Key { state: KeyState::decode(&bytes, &other).unwrap(), offset: 9 };
    assert_eq!(key.state.latest[0], None);
    let repeat = key.process(&mut other, &play(5, 5 * SECOND, "run", 1.0));
    assert_eq!(repeat.decision, crate::event::Decision::Duplicate);
    let next = key.process(&mut other, &play(6, 6 * SECOND, "run", 1.0));
    assert_eq!(columns(&next, 0)[5], Value::Null, "nothing before it");
    assert_eq!(columns(&next, 1)[2], Value::Int(6), "the other view goes on");
}

#[test]
fn views_find_their_state_wherever_they_stand() {
    let mut host = host();
    let state = played(&mut host);
    let bytes = state.encode(&host);
    let only_totals = host_of(&[("totals", TOTALS)]);
    let found = KeyState::decode(&bytes, &only_totals).unwrap();
    let at = host.views().iter().position(|view| view.name == "totals").unwrap();
    assert_eq!((&found.views[0], &found.latest[0]), (&state.views[at], &state.latest[at]));
}

/// The bytes of the current format.
#[test]
fn the_format_is_pinned() {
    let mut host = host();
    let bytes = played(&mut host).encode(&host);
    // The views' hashes change with the kernel's version; all else is pinned.
    let mut hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    for view in host.views() {
        hex = hex.replace(&view.hash.0, &format!("[{}]", view.name));
    }
    insta::assert_snapshot!(hex);
}
