//! The promises of [`OnlineStore`] and [`StateReader`], as tests that every implementation runs.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a contract suite is test code, wherever it is compiled")]

use std::sync::atomic::{AtomicU64, Ordering};

use futures::FutureExt;
use futures::future::BoxFuture;
use smol_str::SmolStr;

use super::record::{Counters, SlotRecord};
use super::seam::{Flush, OnlineStore, Removal, StateReader, StoreError};
use super::slot::{Claim, Hold, Slot, ViewSet};

/// A slot of a stream that only this test uses.
pub fn slot(stream: &str, partition: u32) -> Slot {
    Slot { stream: SmolStr::from(stream), views: ViewSet::of(&[]), partition }
}

/// Runs every promise of [`OnlineStore`] against an empty `store`.
pub fn online_store(store: &dyn OnlineStore) {
    a_slot_begins_without_a_record(store);
    the_first_claim_creates_an_empty_record(store);
    a_later_claim_keeps_everything_but_the_claim_and_the_number(store);
    a_flush_writes_states_offset_and_counters(store);
    a_flush_replaces_states_and_leaves_others(store);
    keys_and_states_are_any_bytes(store);
    a_large_flush_is_one(store);
    many_states_are_read_in_the_order_asked_for(store);
    write_numbers_carry(store);
    a_stale_owner_is_refused(store);
    a_repeated_write_number_is_refused(store);
    a_slot_without_a_record_is_refused(store);
    slots_do_not_see_each_other(store);
    a_scan_visits_keys_in_order(store);
    slots_are_listed_by_their_stream(store);
    a_removed_slot_is_gone_in_steps(store);
    a_removal_that_broke_off_leaves_nothing_to_read(store);
    only_the_owner_removes(store);
}

/// Runs every promise of [`StateReader`] against a `reader` of an empty `store`. `wait` drives a read to its end.
pub fn state_reader(store: &dyn OnlineStore, reader: &dyn StateReader, wait: impl Fn(Read<'_>) -> Answer) {
    let slot = slot("reader", 1);
    let read = |key: &[u8]| wait(reader.state(&slot, key)).unwrap();
    assert_eq!(read(b"a"), None);
    let hold = store.claim(&slot, claim()).unwrap().hold();
    let hold = store.flush(&slot, hold, &flush(1, &[("a", "1"), ("", "empty key")])).unwrap();
    assert_eq!(read(b"a"), Some(b"1".to_vec()));
    assert_eq!(read(b""), Some(b"empty key".to_vec()));
    store.flush(&slot, hold, &flush(2, &[("a", "2")])).unwrap();
    assert_eq!(read(b"a"), Some(b"2".to_vec()));
    assert_eq!(read(b"b"), None);
    assert_eq!(read(&[b'k'; 100_000]), None);
}

pub type Answer = Result<Option<Vec<u8>>, StoreError>;
pub type Read<'a> = BoxFuture<'a, Answer>;

/// For readers that answer without waiting.
pub fn at_once(read: Read<'_>) -> Answer {
    read.now_or_never().unwrap()
}

fn a_slot_begins_without_a_record(store: &dyn OnlineStore) {
    assert_eq!(store.record(&slot("begins", 0)).unwrap(), None);
}

fn the_first_claim_creates_an_empty_record(store: &dyn OnlineStore) {
    let slot = slot("first", 0);
    let claim = claim();
    let record = store.claim(&slot, claim).unwrap();
    assert_eq!((record.claim, record.number, record.folded, record.newest), (claim, 0, 0, None));
    assert_eq!(record.counters, Counters::default());
    assert_eq!(store.record(&slot).unwrap(), Some(record));
}

fn a_later_claim_keeps_everything_but_the_claim_and_the_number(store: &dyn OnlineStore) {
    let slot = slot("later", 0);
    let hold = store.claim(&slot, claim()).unwrap().hold();
    store.flush(&slot, hold, &flush(7, &[("a", "1")])).unwrap();
    let before = store.record(&slot).unwrap().unwrap();
    let newer = claim();
    let after = store.claim(&slot, newer).unwrap();
    assert_eq!((after.claim, after.number), (newer, before.number + 1));
    assert_eq!((after.folded, after.newest, after.counters), (before.folded, before.newest, before.counters));
    assert_eq!(store.get(&slot, after.hold(), b"a").unwrap(), Some(b"1".to_vec()));
}

fn a_flush_writes_states_offset_and_counters(store: &dyn OnlineStore) {
    let slot = slot("writes", 0);
    let hold = store.claim(&slot, claim()).unwrap().hold();
    let written = flush(5, &[("a", "1"), ("b", "2"), ("", "empty key")]);
    let next = store.flush(&slot, hold, &written).unwrap();
    assert_eq!(next, Hold { number: hold.number + 1, ..hold });
    let record = store.record(&slot).unwrap().unwrap();
    assert_eq!(record.hold(), next);
    assert_eq!((record.folded, record.newest, record.counters), (5, written.newest, written.counters));
    for (key, state) in &written.states {
        assert_eq!(store.get(&slot, next, key).unwrap().as_ref(), Some(state));
    }
    assert_eq!(store.get(&slot, next, b"c").unwrap(), None);
}

fn a_flush_replaces_states_and_leaves_others(store: &dyn OnlineStore) {
    let slot = slot("replaces", 0);
    let hold = store.claim(&slot, claim()).unwrap().hold();
    let hold = store.flush(&slot, hold, &flush(1, &[("a", "1"), ("b", "1")])).unwrap();
    let hold = store.flush(&slot, hold, &flush(2, &[("a", "2")])).unwrap();
    assert_eq!(store.get(&slot, hold, b"a").unwrap(), Some(b"2".to_vec()));
    assert_eq!(store.get(&slot, hold, b"b").unwrap(), Some(b"1".to_vec()));
}

fn keys_and_states_are_any_bytes(store: &dyn OnlineStore) {
    let slot = slot("bytes", 0);
    let hold = store.claim(&slot, claim()).unwrap().hold();
    let keys: Vec<Vec<u8>> = (0..=255).map(|byte| vec![byte]).chain([b"\r\n{}*".to_vec(), vec![0, 255, 0]]).collect();
    let states = keys.iter().map(|key| (key.clone(), key.iter().rev().chain(&[0, 10, 255]).copied().collect()));
    let written = Flush { folded: 1, states: states.collect(), ..Flush::default() };
    let hold = store.flush(&slot, hold, &written).unwrap();
    for (key, state) in &written.states {
        assert_eq!(store.get(&slot, hold, key).unwrap().as_ref(), Some(state), "key {key:?}");
    }
}

fn a_large_flush_is_one(store: &dyn OnlineStore) {
    const KEYS: usize = 6_001;
    let slot = slot("large", 0);
    let hold = store.claim(&slot, claim()).unwrap().hold();
    let states = (0..KEYS).map(|i| (i.to_string().into_bytes(), vec![b'x'; i % 97])).collect();
    let hold = store.flush(&slot, hold, &Flush { folded: 1, states, ..Flush::default() }).unwrap();
    assert_eq!(hold.number, 1);
    let mut seen = 0;
    store.scan(&slot, &mut |_, _| seen += 1).unwrap();
    assert_eq!(seen, KEYS);
    let keys: Vec<_> = (0..KEYS).rev().map(|i| i.to_string().into_bytes()).collect();
    let keys: Vec<&[u8]> = keys.iter().map(Vec::as_slice).collect();
    let lengths = store.get_many(&slot, hold, &keys).unwrap().into_iter().map(|state| state.unwrap().len());
    assert!(lengths.eq((0..KEYS).rev().map(|i| i % 97)));
}

fn many_states_are_read_in_the_order_asked_for(store: &dyn OnlineStore) {
    let slot = slot("many", 0);
    let hold = store.claim(&slot, claim()).unwrap().hold();
    let hold = store.flush(&slot, hold, &flush(1, &[("a", "1"), ("b", "2"), ("c", "3")])).unwrap();
    let read = store.get_many(&slot, hold, &[b"c", b"nobody", b"a", b"c"]).unwrap();
    let state = |text: &str| Some(text.as_bytes().to_vec());
    assert_eq!(read, [state("3"), None, state("1"), state("3")]);
    assert_eq!(store.get_many(&slot, hold, &[]).unwrap(), [] as [Option<Vec<u8>>; 0]);
    refused(store.get_many(&slot, Hold { number: 0, ..hold }, &[b"a"]));
}

/// Past 255, where a number of several bytes carries.
fn write_numbers_carry(store: &dyn OnlineStore) {
    let slot = slot("carry", 0);
    let hold = store.claim(&slot, claim()).unwrap().hold();
    let hold = store.flush(&slot, hold, &flush(9, &[("a", "1")])).unwrap();
    let mut record = store.record(&slot).unwrap().unwrap();
    for number in hold.number + 1..=260 {
        let newer = claim();
        let next = store.claim(&slot, newer).unwrap();
        assert_eq!(next, SlotRecord { claim: newer, number, ..record });
        record = next;
    }
    assert_eq!(store.get(&slot, record.hold(), b"a").unwrap(), Some(b"1".to_vec()));
}

fn a_stale_owner_is_refused(store: &dyn OnlineStore) {
    let slot = slot("stale", 0);
    let old = store.claim(&slot, claim()).unwrap().hold();
    let new = store.claim(&slot, claim()).unwrap().hold();
    refused(store.flush(&slot, old, &flush(1, &[("a", "old")])));
    refused(store.get(&slot, old, b"a"));
    // The right number with the wrong claim is no better.
    refused(store.flush(&slot, Hold { claim: old.claim, ..new }, &flush(1, &[("a", "old")])));
    assert_eq!(store.get(&slot, new, b"a").unwrap(), None);
    assert_eq!(store.record(&slot).unwrap().unwrap().folded, 0);
}

fn a_repeated_write_number_is_refused(store: &dyn OnlineStore) {
    let slot = slot("repeated", 0);
    let hold = store.claim(&slot, claim()).unwrap().hold();
    let next = store.flush(&slot, hold, &flush(1, &[("a", "1")])).unwrap();
    refused(store.flush(&slot, hold, &flush(2, &[("a", "2")])));
    refused(store.flush(&slot, Hold { number: next.number + 1, ..next }, &flush(2, &[("a", "2")])));
    assert_eq!(store.get(&slot, next, b"a").unwrap(), Some(b"1".to_vec()));
}

fn a_slot_without_a_record_is_refused(store: &dyn OnlineStore) {
    let slot = slot("nobody", 0);
    let hold = Hold { claim: claim(), number: 0 };
    refused(store.get(&slot, hold, b"a"));
    refused(store.flush(&slot, hold, &flush(1, &[])));
    assert_eq!(store.record(&slot).unwrap(), None);
}

fn slots_do_not_see_each_other(store: &dyn OnlineStore) {
    // Names chosen so that a careless concatenation of stream, partition and key would collide.
    let slots = [slot("near", 1), slot("near", 2), slot("near1", 1), slot("nea", 1)];
    for (i, slot) in slots.iter().enumerate() {
        let hold = store.claim(slot, claim()).unwrap().hold();
        store.flush(slot, hold, &flush(1, &[("k", &i.to_string())])).unwrap();
    }
    for (i, slot) in slots.iter().enumerate() {
        let hold = store.record(slot).unwrap().unwrap().hold();
        assert_eq!(store.get(slot, hold, b"k").unwrap(), Some(i.to_string().into_bytes()));
        let mut seen = 0;
        store.scan(slot, &mut |_, _| seen += 1).unwrap();
        assert_eq!(seen, 1, "slot {slot} sees keys of another");
    }
}

fn a_scan_visits_keys_in_order(store: &dyn OnlineStore) {
    let slot = slot("scan", 0);
    let hold = store.claim(&slot, claim()).unwrap().hold();
    let hold = store.flush(&slot, hold, &flush(1, &[("b", "2"), ("a", "1")])).unwrap();
    store.flush(&slot, hold, &flush(2, &[("c", "3"), ("a", "4")])).unwrap();
    let mut seen = Vec::new();
    let mut visit = |key: &[u8], state: &[u8]| seen.push((key.to_vec(), state.to_vec()));
    store.scan(&slot, &mut visit).unwrap();
    assert_eq!(seen, states(&[("a", "4"), ("b", "2"), ("c", "3")]));
}

fn slots_are_listed_by_their_stream(store: &dyn OnlineStore) {
    let slots = [slot("listed", 0), slot("listed", 7)];
    for slot in slots.iter().chain([&slot("listed2", 0), &slot("liste", 0)]) {
        store.claim(slot, claim()).unwrap();
    }
    let listed = store.slots("listed").unwrap();
    assert_eq!(listed.iter().map(|(slot, _)| slot.clone()).collect::<Vec<_>>(), slots);
    assert_eq!(Some(&listed[1].1), store.record(&slots[1]).unwrap().as_ref());
    assert_eq!(store.slots("nothing of the kind").unwrap(), []);
}

fn a_removed_slot_is_gone_in_steps(store: &dyn OnlineStore) {
    let (slot, neighbour) = (slot("removed", 0), slot("removed", 1));
    let filled = |slot| {
        let hold = store.claim(slot, claim()).unwrap().hold();
        store.flush(slot, hold, &flush(3, &[("a", "1"), ("b", "2"), ("c", "3")])).unwrap()
    };
    let (hold, _) = (filled(&slot), filled(&neighbour));
    let Removal::Begun(next) = store.remove(&slot, hold, 2).unwrap() else { panic!("one state is left") };
    assert_eq!(store.record(&slot).unwrap().map(|record| (record.folded, record.hold())), Some((0, next)));
    assert_eq!(store.remove(&slot, next, 2).unwrap(), Removal::Done);
    assert_eq!(store.record(&slot).unwrap(), None);
    let keys = |slot| {
        let mut keys = 0;
        store.scan(slot, &mut |_, _| keys += 1).unwrap();
        keys
    };
    assert_eq!([&slot, &neighbour].map(keys), [0, 3]);
}

fn a_removal_that_broke_off_leaves_nothing_to_read(store: &dyn OnlineStore) {
    let slot = slot("broke_off", 0);
    let hold = store.claim(&slot, claim()).unwrap().hold();
    let hold = store.flush(&slot, hold, &flush(3, &[("a", "1"), ("b", "2")])).unwrap();
    store.remove(&slot, hold, 1).unwrap();
    let record = store.claim(&slot, claim()).unwrap();
    assert_eq!(record.folded, 0);
    for key in [b"a", b"b"] {
        assert_eq!(store.get(&slot, record.hold(), key).unwrap(), None);
    }
}

fn only_the_owner_removes(store: &dyn OnlineStore) {
    let slot = slot("owned", 0);
    let old = store.claim(&slot, claim()).unwrap().hold();
    let new = store.claim(&slot, claim()).unwrap().hold();
    let new = store.flush(&slot, new, &flush(1, &[("a", "1")])).unwrap();
    refused(store.remove(&slot, old, 9));
    assert_eq!(store.get(&slot, new, b"a").unwrap(), Some(b"1".to_vec()));
}

#[track_caller]
fn refused<T: std::fmt::Debug>(answer: Result<T, StoreError>) {
    match answer {
        Err(StoreError::Refused { .. }) => {}
        other => panic!("expected a refusal, got {other:?}"),
    }
}

/// Claims that differ within one run of the suite.
fn claim() -> Claim {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    Claim(u128::from(number).to_be_bytes())
}

fn states(pairs: &[(&str, &str)]) -> Vec<(Vec<u8>, Vec<u8>)> {
    pairs.iter().map(|(key, state)| (key.as_bytes().to_vec(), state.as_bytes().to_vec())).collect()
}

fn flush(folded: u64, pairs: &[(&str, &str)]) -> Flush {
    let counters = Counters { accepted: folded, predictions: folded * 2, ..Counters::default() };
    Flush { folded, newest: Some(1_000), counters, states: states(pairs) }
}
