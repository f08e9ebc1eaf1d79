//! The seams to a state store.

use std::fmt::Debug;

use futures::future::BoxFuture;

use super::record::{Counters, RecordError, SlotRecord};
use super::slot::{Claim, Hold, Slot};
use crate::value::Micros;

/// The longest message key that a store takes.
pub const MAX_KEY_BYTES: usize = 4096;

pub(super) fn check_length(key: &[u8]) -> Result<(), StoreError> {
    if key.len() > MAX_KEY_BYTES {
        return Err(StoreError::KeyTooLong { bytes: key.len(), limit: MAX_KEY_BYTES });
    }
    Ok(())
}

/// What a worker has folded since its last flush, up to the end of a committed batch.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Flush {
    /// The first offset that the states do not hold.
    pub folded: u64,
    pub newest: Option<Micros>,
    pub counters: Counters,
    /// Every key whose state changed, each once: key, encoded state.
    pub states: Vec<(Vec<u8>, Vec<u8>)>,
}

/// A flush of one slot, with what proves that the writer owns it.
#[derive(Debug, Clone)]
pub struct SlotFlush {
    pub slot: Slot,
    pub hold: Hold,
    pub flush: Flush,
}

/// How far the removal of a slot has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removal {
    /// Nothing is folded any more, and some states are left: show this next.
    Begun(Hold),
    /// Record and states are gone.
    Done,
}

/// Why a store did not do as asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The record changed hands or went back: the caller owns the slot no longer and must take it again.
    #[error("slot {slot} is not held by this worker any more")]
    Refused { slot: Slot },
    #[error("the record of slot {slot} cannot be read")]
    Corrupt { slot: Slot, source: RecordError },
    #[error("a key of {bytes} bytes is longer than the {limit} that a store takes")]
    KeyTooLong { bytes: usize, limit: usize },
    #[error("the state store could not {action}")]
    Unavailable { action: &'static str, source: Box<dyn std::error::Error + Send + Sync> },
}

/// Keeps the states of partitions, for the workers that own them.
///
/// Contract, checked by `contract::online_store`:
/// * A slot that was never claimed has no record. `claim` creates one with write number 0 and nothing folded; on an
///   existing one it replaces the claim, adds one to the write number, and leaves everything else.
/// * `get`, `get_many` and `flush` are refused unless the record holds exactly the claim and write number that the caller shows.
/// * A flush is atomic: after it all its states, its offset and its counters are there, and the write number is one
///   higher; or nothing has changed. What it wrote is visible to every read that starts after it returned.
/// * Slots do not see each other's keys, whatever the names of their streams.
/// * A slot of which nothing is folded has no states once it is claimed: what a removal that broke off left behind is
///   gone, and never taken for the state of a slot that begins anew.
/// * `remove` is refused as a flush is. From its first call on nothing counts as folded; a removal that breaks off
///   leaves a slot that is listed still, and can be removed or claimed.
pub trait OnlineStore: Send + Sync + Debug {
    fn record(&self, slot: &Slot) -> Result<Option<SlotRecord>, StoreError>;

    /// Puts `claim` into the record; returns the record as it is now.
    fn claim(&self, slot: &Slot, claim: Claim) -> Result<SlotRecord, StoreError>;

    /// The encoded state of a key, `None` if it has none.
    fn get(&self, slot: &Slot, hold: Hold, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;

    /// [`OnlineStore::get`] for each of these keys, in their order: a store across a network answers many at once.
    fn get_many(&self, slot: &Slot, hold: Hold, keys: &[&[u8]]) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        keys.iter().map(|key| self.get(slot, hold, key)).collect()
    }

    /// Writes states and record; returns what the caller must show next.
    fn flush(&self, slot: &Slot, hold: Hold, flush: &Flush) -> Result<Hold, StoreError>;

    /// Every slot of a stream that has a record, with it.
    fn slots(&self, stream: &str) -> Result<Vec<(Slot, SlotRecord)>, StoreError>;

    /// Removes at most `limit` states of a slot, and its record once none is left.
    fn remove(&self, slot: &Slot, hold: Hold, limit: usize) -> Result<Removal, StoreError>;

    /// Visits every key of the slot and its encoded state, in the order of the keys' bytes.
    fn scan(&self, slot: &Slot, visit: &mut dyn FnMut(&[u8], &[u8])) -> Result<(), StoreError>;
}

/// Reads the newest flushed state of a key, for requests.
///
/// Contract, checked by `contract::state_reader`: a key that was never flushed is `None`, never an error; what a flush
/// wrote is seen by reads that start after it returned.
pub trait StateReader: Send + Sync + Debug {
    fn state<'a>(&'a self, slot: &'a Slot, key: &'a [u8]) -> BoxFuture<'a, Result<Option<Vec<u8>>, StoreError>>;
}

impl Hold {
    /// A record of which only this is known, to be written over.
    #[cfg(feature = "redis")]
    pub(super) fn record(self) -> SlotRecord {
        SlotRecord { number: self.number, ..SlotRecord::new(self.claim) }
    }
}

impl SlotRecord {
    /// The record after a flush.
    pub(super) fn flushed(&self, flush: &Flush) -> SlotRecord {
        SlotRecord {
            claim: self.claim,
            number: self.number + 1,
            folded: flush.folded,
            newest: flush.newest,
            counters: flush.counters,
        }
    }

    /// The record after a claim; `found` is what stood there before.
    pub(super) fn claimed(found: Option<SlotRecord>, claim: Claim) -> SlotRecord {
        match found {
            Some(found) => SlotRecord { claim, number: found.number + 1, ..found },
            None => SlotRecord::new(claim),
        }
    }

    /// The record of a slot whose removal has begun: as if nothing had ever been folded.
    pub(super) fn emptied(&self) -> SlotRecord {
        SlotRecord { number: self.number + 1, ..SlotRecord::new(self.claim) }
    }
}
