//! What is known of a key's events, and when that is not enough.

use std::sync::Arc;

use super::*;
use crate::worker::fixture::project;

const ALL: u64 = u64::MAX;

fn stream(retention: Option<Micros>) -> Stream {
    let stream = Arc::clone(&project(1).streams["plays"]);
    Stream { retention, ..stream.as_ref().clone() }
}

struct Bench {
    index: Index,
    share: Share,
    stream: Stream,
    next: u64,
}

impl Bench {
    fn new(limits: Limits, retention: Option<Micros>) -> Bench {
        Bench { index: Index::new(1, limits), share: Share::new("plays", 1.0), stream: stream(retention), next: 0 }
    }

    fn event(&mut self, key: &str, time: Micros) {
        let event =
            Noted { partition: 0, sequence: self.next, key: key.as_bytes(), time, append_time: time.min(1_000_000) };
        self.index.note(&self.share, &self.stream, event);
        self.next += 1;
    }

    fn history(&self, key: &str, sequence: u64) -> Result<&[u64], Unchecked> {
        self.index.partition(0).keys[key.as_bytes()].history(sequence, ALL)
    }
}

#[test]
fn a_key_is_recomputed_from_its_first_event_on() {
    let mut bench = Bench::new(Limits::default(), None);
    for key in ["a", "b", "a", "a"] {
        bench.event(key, 10);
    }
    assert_eq!(bench.history("a", 3), Ok(&[0, 2, 3][..]));
    assert_eq!(bench.index.partition(0).keys[&b"a"[..]].within(&(1..3)), [2]);
    assert_eq!(bench.index.partition(0).keys[&b"a"[..]].history(2, 2), Ok(&[0, 2][..]));
}

#[test]
fn a_key_that_started_anew_keeps_nothing_older_once_that_is_checked() {
    let mut bench = Bench::new(Limits::default(), Some(100));
    for time in [10, 20, 121, 130] {
        bench.event("a", time);
    }
    assert_eq!(bench.history("a", 1), Ok(&[0, 1, 2, 3][..]));
    bench.index.shorten(0, 2);
    assert_eq!(bench.history("a", 1), Ok(&[0, 1, 2, 3][..]), "its rows before are not checked yet");
    bench.index.shorten(0, 4);
    assert_eq!(bench.history("a", 3), Ok(&[2, 3][..]));
    assert_eq!(bench.history("a", 1), Err(Unchecked::History));
}

#[test]
fn an_event_from_the_future_starts_nothing_anew() {
    let mut bench = Bench::new(Limits::default(), Some(100));
    for time in [10, 2_000_000, 20] {
        bench.event("a", time);
    }
    bench.index.shorten(0, ALL);
    assert_eq!(bench.history("a", 2), Ok(&[0, 1, 2][..]));
}

#[test]
fn a_key_without_its_first_events_is_not_recomputed_until_it_starts_anew() {
    let mut bench = Bench::new(Limits::default(), Some(100));
    bench.event("a", 10);
    bench.index.begins_at(&bench.stream, 0, 5);
    bench.next = 5;
    for key in ["a", "b", "b"] {
        bench.event(key, 20);
    }
    assert_eq!(bench.history("a", 5), Err(Unchecked::History));
    assert_eq!(bench.history("b", 7), Err(Unchecked::History), "who knows what it was before");
    bench.event("b", 500);
    bench.event("b", 510);
    assert_eq!(bench.history("b", 9), Ok(&[8, 9][..]));
    assert_eq!(bench.history("b", 7), Err(Unchecked::History));
}

#[test]
fn a_key_with_too_many_events_is_left_alone() {
    let mut bench = Bench::new(Limits { key_events: 3, ..Limits::default() }, Some(100));
    for time in [10, 20, 30] {
        bench.event("a", time);
    }
    assert!(bench.history("a", 2).is_ok());
    bench.event("a", 40);
    assert_eq!(bench.history("a", 3), Err(Unchecked::Long));
    bench.event("a", 500);
    assert_eq!(bench.history("a", 4), Ok(&[4][..]), "it starts anew");
    let followed = &bench.index.partition(0).keys[&b"a"[..]];
    assert_eq!(followed.forgotten(3), Some(Unchecked::Long), "what it was before is not known any more");
    assert_eq!(followed.forgotten(4), None);
}

#[test]
fn beyond_the_bound_half_of_the_keys_are_given_up_for_good() {
    let mut bench = Bench::new(Limits { events: 100, key_events: 10 }, None);
    for n in 0..1_000 {
        bench.event(&format!("game-{}", n % 500), 10);
    }
    let held: usize = bench.index.partition(0).keys.values().map(|followed| followed.sequences.len()).sum();
    assert_eq!(held, bench.index.events);
    assert!((10..=100).contains(&held), "{held}");
    assert!(bench.share.now() < 0.5, "{}", bench.share.now());
    // Who is left has both of its events.
    assert!(bench.index.partition(0).keys.values().all(|followed| followed.sequences.len() == 2));
}
