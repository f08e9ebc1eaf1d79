//! A store in memory: for tests, and for simulations of stores that fail over.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures::future::{self, BoxFuture};

use super::record::SlotRecord;
use super::seam::{Flush, OnlineStore, Removal, StateReader, StoreError};
use super::slot::{Claim, Hold, Slot};

/// Holds everything in memory. [`MemoryStore::image`] and [`MemoryStore::restore`] play the replica of a store that
/// fails over.
#[derive(Debug, Default)]
pub struct MemoryStore {
    image: Mutex<Image>,
}

/// Everything that a store holds at one moment.
#[derive(Debug, Clone, Default)]
pub struct Image {
    slots: HashMap<Slot, Held>,
}

#[derive(Debug, Clone)]
struct Held {
    record: SlotRecord,
    states: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl MemoryStore {
    pub fn new() -> MemoryStore {
        MemoryStore::default()
    }

    /// A copy of everything.
    pub fn image(&self) -> Image {
        self.lock().clone()
    }

    /// Puts an earlier copy in place, as a fail-over to a replica that lags does.
    pub fn restore(&self, image: Image) {
        *self.lock() = image;
    }

    fn lock(&self) -> MutexGuard<'_, Image> {
        // Every change under this lock is one assignment or one map insertion after all checks: a panic elsewhere
        // leaves nothing half done.
        self.image.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Image {
    fn held(&mut self, slot: &Slot, hold: Hold) -> Result<&mut Held, StoreError> {
        self.slots
            .get_mut(slot)
            .filter(|held| held.record.hold() == hold)
            .ok_or_else(|| StoreError::Refused { slot: slot.clone() })
    }
}

impl OnlineStore for MemoryStore {
    fn record(&self, slot: &Slot) -> Result<Option<SlotRecord>, StoreError> {
        Ok(self.lock().slots.get(slot).map(|held| held.record.clone()))
    }

    fn claim(&self, slot: &Slot, claim: Claim) -> Result<SlotRecord, StoreError> {
        let mut image = self.lock();
        let found = image.slots.get(slot).map(|held| held.record.clone());
        let record = SlotRecord::claimed(found, claim);
        image
            .slots
            .entry(slot.clone())
            .and_modify(|held| {
                held.record = record.clone();
                if record.folded == 0 {
                    held.states.clear();
                }
            })
            .or_insert_with(|| Held { record: record.clone(), states: BTreeMap::new() });
        Ok(record)
    }

    fn get(&self, slot: &Slot, hold: Hold, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.lock().held(slot, hold)?.states.get(key).cloned())
    }

    fn flush(&self, slot: &Slot, hold: Hold, flush: &Flush) -> Result<Hold, StoreError> {
        let mut image = self.lock();
        let held = image.held(slot, hold)?;
        held.record = held.record.flushed(flush);
        held.states.extend(flush.states.iter().cloned());
        Ok(held.record.hold())
    }

    fn slots(&self, stream: &str) -> Result<Vec<(Slot, SlotRecord)>, StoreError> {
        let image = self.lock();
        let of_stream = image.slots.iter().filter(|(slot, _)| slot.stream == stream);
        let mut slots: Vec<_> = of_stream.map(|(slot, held)| (slot.clone(), held.record.clone())).collect();
        slots.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(slots)
    }

    fn remove(&self, slot: &Slot, hold: Hold, limit: usize) -> Result<Removal, StoreError> {
        let mut image = self.lock();
        let held = image.held(slot, hold)?;
        held.record = held.record.emptied();
        let next = held.record.hold();
        let removed: Vec<_> = held.states.keys().take(limit).cloned().collect();
        for key in &removed {
            held.states.remove(key);
        }
        if !held.states.is_empty() {
            return Ok(Removal::Begun(next));
        }
        image.slots.remove(slot);
        Ok(Removal::Done)
    }

    fn scan(&self, slot: &Slot, visit: &mut dyn FnMut(&[u8], &[u8])) -> Result<(), StoreError> {
        if let Some(held) = self.lock().slots.get(slot) {
            held.states.iter().for_each(|(key, state)| visit(key, state));
        }
        Ok(())
    }
}

impl StateReader for MemoryStore {
    fn state<'a>(&'a self, slot: &'a Slot, key: &'a [u8]) -> BoxFuture<'a, Result<Option<Vec<u8>>, StoreError>> {
        let state = self.lock().slots.get(slot).and_then(|held| held.states.get(key).cloned());
        Box::pin(future::ready(Ok(state)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::contract;
    use super::*;

    #[test]
    fn keeps_the_contract_of_a_store() {
        contract::online_store(&MemoryStore::new());
    }

    #[test]
    fn keeps_the_contract_of_a_reader() {
        let store = MemoryStore::new();
        contract::state_reader(&store, &store, contract::at_once);
    }

    #[test]
    fn a_fail_over_brings_back_the_older_record() {
        let store = MemoryStore::new();
        let slot = contract::slot("fail_over", 0);
        let before = store.claim(&slot, Claim([1; 16])).expect("claim");
        let replica = store.image();
        let hold = store.flush(&slot, before.hold(), &Flush { folded: 9, ..Flush::default() }).expect("flush");
        store.restore(replica);
        assert!(matches!(store.get(&slot, hold, b"k"), Err(StoreError::Refused { .. })));
        assert_eq!(store.record(&slot).expect("record"), Some(before));
    }
}
