//! Key states in memory, between the store and the fold: bounded, written back at batch boundaries.

use std::collections::{HashMap, HashSet};

use features::host::KeyState;

/// States of keys. Every state handed out is about to be folded, so it counts as changed; what changed since the last
/// flush is never evicted.
#[derive(Debug, Default)]
pub(super) struct StateCache {
    index: HashMap<Vec<u8>, usize>,
    slots: Vec<Cached>,
    /// Slots folded since the last boundary, each once.
    folded: Vec<usize>,
    /// The number of boundaries so far.
    boundary: u64,
    /// Everything folded before this boundary has been flushed.
    flushed: u64,
}

#[derive(Debug)]
struct Cached {
    key: Vec<u8>,
    state: KeyState,
    /// The boundaries before it was last folded.
    used: u64,
}

impl StateCache {
    /// The state of a key about to be folded; `load` fetches one that is not here.
    pub(super) fn state<E>(
        &mut self,
        key: &[u8],
        load: impl FnOnce() -> Result<KeyState, E>,
    ) -> Result<&mut KeyState, E> {
        let place = match self.index.get(key) {
            Some(&place) => {
                if self.slots[place].used != self.boundary {
                    self.folded.push(place);
                }
                place
            }
            None => {
                let state = load()?;
                let place = self.slots.len();
                self.index.insert(key.to_vec(), place);
                self.slots.push(Cached { key: key.to_vec(), state, used: self.boundary });
                self.folded.push(place);
                place
            }
        };
        let cached = &mut self.slots[place];
        cached.used = self.boundary;
        Ok(&mut cached.state)
    }

    /// Of these keys those that are not here, each once.
    pub(super) fn missing<'k>(&self, keys: impl Iterator<Item = &'k [u8]>) -> Vec<&'k [u8]> {
        let mut seen = HashSet::new();
        keys.filter(|&key| !self.index.contains_key(key) && seen.insert(key)).collect()
    }

    /// Ends a batch: visits every key folded in it, once, with its state.
    pub(super) fn boundary(&mut self, mut visit: impl FnMut(&[u8], &KeyState)) {
        for place in self.folded.drain(..) {
            let Cached { key, state, .. } = &self.slots[place];
            visit(key, state);
        }
        self.boundary += 1;
    }

    /// Everything up to the last boundary has been flushed.
    pub(super) fn flushed(&mut self) {
        self.flushed = self.boundary;
    }

    /// Between batches: lets go of the states least recently folded, until at most `limit` are left or the rest has not
    /// been flushed.
    pub(super) fn shrink(&mut self, limit: usize) {
        if self.slots.len() <= limit {
            return;
        }
        // A tenth more than needed, so that not every batch has to look for some.
        let surplus = self.slots.len() - limit + limit / 10;
        let mut ages: Vec<u64> =
            self.slots.iter().map(|cached| cached.used).filter(|&used| used < self.flushed).collect();
        let Some(last) = surplus.min(ages.len()).checked_sub(1) else { return };
        let (_, &mut youngest, _) = ages.select_nth_unstable(last);
        let flushed = self.flushed;
        self.slots.retain(|cached| cached.used > youngest || cached.used >= flushed);
        self.index = self.slots.iter().enumerate().map(|(place, cached)| (cached.key.clone(), place)).collect();
    }

    /// The number of keys held.
    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fold(cache: &mut StateCache, key: &str) -> bool {
        let mut loaded = false;
        let load = || {
            loaded = true;
            Ok::<_, ()>(KeyState::default())
        };
        cache.state(key.as_bytes(), load).expect("state").clock.newest = Some(1);
        loaded
    }

    fn boundary(cache: &mut StateCache) -> Vec<String> {
        let mut keys = Vec::new();
        cache.boundary(|key, _| keys.push(String::from_utf8_lossy(key).into_owned()));
        keys
    }

    #[test]
    fn a_state_is_loaded_once() {
        let mut cache = StateCache::default();
        assert!(fold(&mut cache, "a"));
        assert!(!fold(&mut cache, "a"));
    }

    #[test]
    fn what_is_missing_is_named_once() {
        let mut cache = StateCache::default();
        fold(&mut cache, "a");
        let keys: [&[u8]; 5] = [b"b", b"a", b"c", b"b", b""];
        assert_eq!(cache.missing(keys.into_iter()), [b"b" as &[u8], b"c", b""]);
    }

    #[test]
    fn a_boundary_visits_each_folded_key_once() {
        let mut cache = StateCache::default();
        for key in ["a", "b", "a"] {
            fold(&mut cache, key);
        }
        assert_eq!(boundary(&mut cache), ["a", "b"]);
        assert!(boundary(&mut cache).is_empty());
        fold(&mut cache, "b");
        assert_eq!(boundary(&mut cache), ["b"]);
    }

    #[test]
    fn the_least_recently_folded_are_evicted_first() {
        let mut cache = StateCache::default();
        for key in ["a", "b", "c", "a"] {
            fold(&mut cache, key);
            boundary(&mut cache);
            cache.flushed();
        }
        cache.shrink(2);
        assert_eq!(cache.len(), 2);
        assert!(!fold(&mut cache, "a"));
        assert!(!fold(&mut cache, "c"));
        assert!(fold(&mut cache, "b"));
    }

    #[test]
    fn what_has_not_been_flushed_stays() {
        let mut cache = StateCache::default();
        fold(&mut cache, "flushed");
        boundary(&mut cache);
        cache.flushed();
        for key in ["x", "y"] {
            fold(&mut cache, key);
        }
        boundary(&mut cache);
        cache.shrink(0);
        assert_eq!(cache.len(), 2);
        cache.flushed();
        cache.shrink(0);
        assert_eq!(cache.len(), 0);
    }

    #[test]
    fn a_cache_within_its_limit_lets_nothing_go() {
        let mut cache = StateCache::default();
        fold(&mut cache, "a");
        boundary(&mut cache);
        cache.flushed();
        cache.shrink(1);
        assert_eq!(cache.len(), 1);
    }
}
