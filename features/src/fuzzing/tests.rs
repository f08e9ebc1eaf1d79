//! Every kept seed, and every crash that was ever found, in each run of the tests.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use super::{sample, state};
use crate::host::{KeyState, Position};

fn seeds(target: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fuzz/seeds").join(target)
}

/// Runs a target over its seeds; tells all that fail.
#[track_caller]
fn every_seed(target: &str, run: fn(&[u8])) {
    let entries = std::fs::read_dir(seeds(target)).unwrap_or_else(|error| panic!("{}: {error}", target));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(paths.len() >= 5, "{target} has {} seeds", paths.len());
    let failing: Vec<_> = paths
        .into_iter()
        .filter(|path| catch_unwind(AssertUnwindSafe(|| run(&std::fs::read(path).unwrap()))).is_err())
        .collect();
    assert!(failing.is_empty(), "{target} breaks a promise on {failing:?}");
}

#[test]
fn the_sql_front_end_keeps_its_promises_on_every_seed() {
    every_seed("sql", super::sql);
}

#[test]
fn the_project_parser_keeps_its_promises_on_every_seed() {
    every_seed("project", super::project);
}

#[test]
fn the_event_decoder_keeps_its_promises_on_every_seed() {
    every_seed("event", super::event);
}

#[test]
fn the_state_decoder_keeps_its_promises_on_every_seed() {
    every_seed("state", super::state);
}

/// The states after so many events, as bytes, with a placeholder for the view's hash.
fn written_today() -> Vec<(String, Vec<u8>)> {
    [0, 1, 3, 5, 6, 8].map(|count| (format!("after_{count}_events"), written_after(count))).into()
}

fn written_after(count: usize) -> Vec<u8> {
    let mut host = sample::host();
    let mut key = KeyState::default();
    for (offset, event) in state::events(1_700_000_000_000_000).iter().take(count).enumerate() {
        host.process(&mut key, event, Position { partition: 0, offset: 7 + offset as u64, append_time: None });
    }
    let hash = u128::from_str_radix(&host.views()[0].hash.0, 16).unwrap().to_be_bytes();
    let mut bytes = key.encode(&host);
    if let Some(at) = bytes.windows(hash.len()).position(|window| window == hash) {
        bytes[at..at + hash.len()].copy_from_slice(&state::HASH);
    }
    bytes
}

/// A new format needs new seeds, or the fuzzer starts from states that are refused at their first byte.
#[test]
fn the_seeds_of_states_are_of_the_present_format() {
    #[expect(clippy::disallowed_methods, reason = "how this test is told to write the seeds anew")]
    let write = std::env::var("CLUTCH_WRITE_SEEDS").is_ok();
    for (name, bytes) in written_today() {
        let path = seeds("state").join(name);
        if write {
            std::fs::write(&path, &bytes).unwrap();
        }
        let kept = std::fs::read(&path).unwrap_or_default();
        assert!(kept == bytes, "{} is of another format: run this test with CLUTCH_WRITE_SEEDS=1", path.display());
    }
}

/// The promise, not the fuzzer: a fault that is planted in the bytes of a state is one of the answers.
#[test]
fn a_state_cut_anywhere_is_answered() {
    let bytes = written_after(8);
    for end in 0..bytes.len() {
        super::state(&bytes[..end]);
    }
}
