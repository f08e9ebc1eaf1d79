//! Every kept seed, and every crash that was ever found, in each run of the tests.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use super::{sample, state};
use crate::host::{KeyState, Position};
use crate::kernel::{Kernel, StateError};
use crate::wire::{self, Reader};

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

/// The states after so many events, as bytes, with a placeholder for the view's hash; then the last of them as a later
/// version might write it, and cut short.
fn written_today() -> Vec<(String, Vec<u8>)> {
    let counts = [0, 1, 3, 5, 6, 8];
    let mut states: Vec<(String, Vec<u8>)> =
        counts.map(|count| (format!("after_{count}_events"), written_after(count))).into();
    let whole = written_after(8);
    let (hash, end) = (hash_in(&whole), whole.len());
    let cut_body = |keep: fn(usize) -> usize| with_body(&whole, |body| body[..keep(body.len())].to_vec());
    let more = [
        ("of_a_future_format", with_byte(&whole, 0)),
        ("of_future_windows", with_body(&whole, |body| with_byte(body, windows_in(body)))),
        ("cut_in_the_ids", whole[..hash / 2].to_vec()),
        ("cut_in_a_hash", whole[..hash + 7].to_vec()),
        ("cut_in_a_view", whole[..hash + (end - hash) / 2].to_vec()),
        ("cut_before_its_end", whole[..end - 1].to_vec()),
        ("with_a_cut_latest_row", cut_body(|_| 9)),
        ("with_cut_windows", cut_body(|length| length * 3 / 4)),
        ("with_windows_cut_before_their_end", cut_body(|length| length - 1)),
        ("with_more_behind_its_end", [whole.as_slice(), &[0]].concat()),
    ];
    states.extend(more.map(|(name, bytes)| (name.to_owned(), bytes)));
    states
}

fn hash_in(bytes: &[u8]) -> usize {
    bytes.windows(state::HASH.len()).position(|window| window == state::HASH).expect("the hash of a view")
}

/// One more than what stands there.
fn with_byte(bytes: &[u8], at: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[at] += 1;
    bytes
}

/// Another body for the first view, framed as it should be.
fn with_body(bytes: &[u8], change: impl Fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
    let begin = hash_in(bytes) + state::HASH.len();
    let mut reader = Reader::new(&bytes[begin..]);
    let body = reader.bytes().unwrap();
    let (mut out, rest) = (bytes[..begin].to_vec(), reader.rest());
    wire::put_bytes(&mut out, &change(body));
    out.extend_from_slice(rest);
    out
}

/// Where the windows' state begins in the body of the first view, whose latest row comes before it.
fn windows_in(body: &[u8]) -> usize {
    let host = sample::host();
    let kernel = Kernel::new(&host.views()[0]);
    (0..body.len()).find(|at| kernel.decode(&body[*at..]).is_ok()).expect("a state of windows")
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

#[test]
fn states_of_the_future_are_told_from_damaged_ones() {
    let host = sample::host();
    for (name, bytes) in written_today() {
        let read = KeyState::decode(&state::with_hash(&bytes, &host), &host);
        let as_expected = match name.split('_').next() {
            Some("after") => read.is_ok(),
            Some("of") => matches!(read, Err(StateError::Version { found, supported }) if found == supported + 1),
            _ => matches!(read, Err(StateError::Truncated { .. } | StateError::Corrupt(_))),
        };
        assert!(as_expected, "{name}: {read:?}");
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
