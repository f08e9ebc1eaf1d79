//! States that were read a moment ago, so that a key that many ask for costs the store one read now and then.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use features::online::{Slot, StateReader, StoreError};
use features::value::Micros;
use futures::future::BoxFuture;

use crate::clock::Clock;

/// What is kept, in bytes of keys and states, is at most about twice this.
const GENERATION_BYTES: usize = 32 << 20;
/// What an entry costs beside its bytes.
const ENTRY_BYTES: usize = 160;

/// Answers from memory while what it read is younger than `max_age`: then a request sees what was flushed at most that
/// long ago, and not always what was flushed last.
#[derive(Debug)]
pub struct RecentStates {
    inner: Arc<dyn StateReader>,
    clock: Arc<dyn Clock>,
    max_age: Micros,
    generation_bytes: usize,
    kept: Mutex<Kept>,
}

/// Two generations: once the younger is full it becomes the older, and what was in that goes. What is asked for again moves
/// to the younger one.
#[derive(Debug, Default)]
struct Kept {
    young: HashMap<(Slot, Vec<u8>), Entry>,
    old: HashMap<(Slot, Vec<u8>), Entry>,
    /// Of the younger.
    bytes: usize,
}

#[derive(Debug, Clone)]
struct Entry {
    /// Before the store was asked: a state that was written since is not taken for one that was seen.
    read_at: Micros,
    state: Option<Arc<[u8]>>,
}

impl RecentStates {
    pub fn new(inner: Arc<dyn StateReader>, clock: Arc<dyn Clock>, max_age: Micros) -> RecentStates {
        RecentStates { inner, clock, max_age, generation_bytes: GENERATION_BYTES, kept: Mutex::default() }
    }

    fn recent(&self, place: &(Slot, Vec<u8>), now: Micros) -> Option<Entry> {
        let mut kept = self.lock();
        if let Some(entry) = kept.young.get(place) {
            return Some(entry.clone()).filter(|entry| self.is_recent(entry, now));
        }
        let entry = kept.old.remove(place).filter(|entry| self.is_recent(entry, now))?;
        kept.put(place.clone(), entry.clone(), self.generation_bytes);
        Some(entry)
    }

    /// A clock that was set back makes nothing young again.
    fn is_recent(&self, entry: &Entry, now: Micros) -> bool {
        (0..self.max_age).contains(&now.saturating_sub(entry.read_at))
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        // A panic between two of its maps' changes costs an entry, which is read again.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn put(&mut self, place: (Slot, Vec<u8>), entry: Entry, generation_bytes: usize) {
        let bytes = |entry: &Entry| ENTRY_BYTES + entry.state.as_ref().map_or(0, |state| state.len());
        self.bytes += place.1.len() + bytes(&entry);
        let key_bytes = place.1.len();
        if let Some(replaced) = self.young.insert(place, entry) {
            self.bytes -= key_bytes + bytes(&replaced);
        }
        if self.bytes > generation_bytes {
            self.old = std::mem::take(&mut self.young);
            self.bytes = 0;
        }
    }
}

impl StateReader for RecentStates {
    fn state<'a>(&'a self, slot: &'a Slot, key: &'a [u8]) -> BoxFuture<'a, Result<Option<Vec<u8>>, StoreError>> {
        Box::pin(async move {
            let place = (slot.clone(), key.to_vec());
            let now = self.clock.now();
            if let Some(entry) = self.recent(&place, now) {
                return Ok(entry.state.map(|state| state.to_vec()));
            }
            let state = self.inner.state(slot, key).await?;
            let entry = Entry { read_at: now, state: state.as_deref().map(Arc::from) };
            self.lock().put(place, entry, self.generation_bytes);
            Ok(state)
        })
    }
}

#[cfg(test)]
mod tests {
    use features::online::{Claim, Flush, MemoryStore, OnlineStore, contract};
    use futures::FutureExt;

    use super::*;
    use crate::clock::ManualClock;

    struct Bench {
        store: Arc<MemoryStore>,
        clock: Arc<ManualClock>,
        states: RecentStates,
        slot: Slot,
    }

    impl Bench {
        fn new() -> Bench {
            let (store, clock) = (Arc::new(MemoryStore::new()), Arc::new(ManualClock::at(1_000)));
            let states = RecentStates::new(store.clone(), clock.clone(), 100);
            Bench { store, clock, states, slot: contract::slot("plays", 0) }
        }

        fn write(&self, key: &str, state: &str) {
            let hold = self.store.claim(&self.slot, Claim([1; 16])).expect("claim").hold();
            let states = vec![(key.as_bytes().to_vec(), state.as_bytes().to_vec())];
            self.store.flush(&self.slot, hold, &Flush { folded: 1, states, ..Flush::default() }).expect("flush");
        }

        fn read(&self, key: &str) -> Option<String> {
            let read = self.states.state(&self.slot, key.as_bytes()).now_or_never().expect("at once").expect("read");
            read.map(|state| String::from_utf8(state).expect("text"))
        }
    }

    #[test]
    fn a_state_is_read_again_once_it_is_as_old_as_allowed() {
        let bench = Bench::new();
        bench.write("a", "1");
        assert_eq!(bench.read("a").as_deref(), Some("1"));
        bench.write("a", "2");
        bench.clock.set(1_099);
        assert_eq!(bench.read("a").as_deref(), Some("1"));
        bench.clock.set(1_100);
        assert_eq!(bench.read("a").as_deref(), Some("2"));
    }

    #[test]
    fn that_there_is_no_state_is_remembered_no_longer() {
        let bench = Bench::new();
        assert_eq!(bench.read("a"), None);
        bench.write("a", "1");
        assert_eq!(bench.read("a"), None);
        bench.clock.set(1_100);
        assert_eq!(bench.read("a").as_deref(), Some("1"));
    }

    #[test]
    fn a_clock_that_was_set_back_keeps_nothing_for_longer() {
        let bench = Bench::new();
        bench.write("a", "1");
        bench.read("a");
        bench.write("a", "2");
        bench.clock.set(0);
        assert_eq!(bench.read("a").as_deref(), Some("2"));
    }

    #[test]
    fn slots_are_kept_apart() {
        let bench = Bench::new();
        bench.write("a", "1");
        bench.read("a");
        let other = contract::slot("plays", 1);
        let read = bench.states.state(&other, b"a").now_or_never().expect("at once").expect("read");
        assert_eq!(read, None);
    }

    #[test]
    fn what_is_kept_is_bounded_and_what_is_asked_for_stays() {
        let mut bench = Bench::new();
        bench.states.generation_bytes = 10 * (ENTRY_BYTES + 8);
        bench.write("often", "1");
        bench.read("often");
        bench.write("often", "2");
        for n in 0..1_000 {
            bench.read(&format!("k{n:03}"));
            assert_eq!(bench.read("often").as_deref(), Some("1"), "after {n}");
        }
        let kept = bench.states.lock();
        assert!(kept.young.len() + kept.old.len() <= 22, "{} and {}", kept.young.len(), kept.old.len());
    }

    #[test]
    fn a_store_that_cannot_answer_is_asked_again() {
        #[derive(Debug)]
        struct Down;
        impl StateReader for Down {
            fn state<'a>(&'a self, slot: &'a Slot, _: &'a [u8]) -> BoxFuture<'a, Result<Option<Vec<u8>>, StoreError>> {
                Box::pin(futures::future::ready(Err(StoreError::Refused { slot: slot.clone() })))
            }
        }
        let states = RecentStates::new(Arc::new(Down), Arc::new(ManualClock::at(0)), 100);
        let slot = contract::slot("plays", 0);
        assert!(states.state(&slot, b"a").now_or_never().expect("at once").is_err());
        assert!(states.lock().young.is_empty());
    }
}
