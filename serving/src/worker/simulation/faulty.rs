//! A log and a store in which one chosen call fails, before it takes effect or after.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use features::online::{
    Claim, Flush, Hold, MemoryStore, OnlineStore, Removal, Slot, SlotFlush, SlotRecord, StoreError,
};

use crate::log::{
    Appended, Consumer, Entry, Epoch, EventLog, LogError, MemoryLog, ProducerId, Read, ReadLimit, Sequence,
    TopicPartition, Transaction,
};
use crate::worker::WorkerError;

/// Which of a worker's next calls fails.
#[derive(Debug, Default)]
pub(super) struct Faults {
    /// Calls until the one that fails; below zero: none fails.
    left: AtomicI64,
    /// Whether it fails after it took effect.
    after: AtomicBool,
    armed: AtomicBool,
}

#[derive(Debug, thiserror::Error)]
#[error("a planted fault")]
struct Planted;

impl Faults {
    /// With `armed` the call number `call` from now on fails: even ones before, odd ones after they took effect.
    pub(super) fn arm(&self, armed: bool, call: u64) {
        self.armed.store(armed, Ordering::Relaxed);
        self.after.store(call % 2 == 1, Ordering::Relaxed);
        self.left.store(i64::try_from(call / 2).unwrap_or_default(), Ordering::Relaxed);
    }

    /// Whether the call that was to fail has been made.
    pub(super) fn struck(&self) -> bool {
        self.left.load(Ordering::Relaxed) < 0
    }

    /// Runs a call, or fails in its place or behind it.
    fn around<T, E>(&self, fault: impl Fn() -> E, call: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        let fails = self.armed.load(Ordering::Relaxed) && self.left.fetch_sub(1, Ordering::Relaxed) == 0;
        if !fails {
            return call();
        }
        if self.after.load(Ordering::Relaxed) {
            let _ = call();
        }
        Err(fault())
    }
}

fn log_fault() -> LogError {
    LogError::Unavailable { action: "answer", source: Box::new(Planted) }
}

fn store_fault() -> StoreError {
    StoreError::Unavailable { action: "answer", source: Box::new(Planted) }
}

#[derive(Debug)]
pub(super) struct FaultyLog {
    pub(super) inner: Arc<MemoryLog>,
    pub(super) faults: Arc<Faults>,
}

impl EventLog for FaultyLog {
    fn create_topic(&self, topic: &str, partitions: u32) -> Result<(), LogError> {
        self.inner.create_topic(topic, partitions)
    }

    fn partitions(&self, topic: &str) -> Result<u32, LogError> {
        self.inner.partitions(topic)
    }

    fn append(&self, sequence: Option<Sequence>, entries: Vec<Entry>) -> Result<Appended, LogError> {
        self.inner.append(sequence, entries)
    }

    fn last_sequence(&self, producer: ProducerId) -> Result<u64, LogError> {
        self.inner.last_sequence(producer)
    }

    fn read(&self, place: &TopicPartition, from: u64, limit: ReadLimit) -> Result<Read, LogError> {
        self.faults.around(log_fault, || self.inner.read(place, from, limit))
    }

    fn wait(&self, topic: &str, after: &[(u32, u64)], timeout: Duration) -> Result<bool, LogError> {
        self.inner.wait(topic, after, timeout)
    }

    fn end(&self, place: &TopicPartition) -> Result<u64, LogError> {
        self.inner.end(place)
    }

    fn count(&self, place: &TopicPartition) -> Result<Option<u64>, LogError> {
        self.inner.count(place)
    }

    fn open(&self, consumer: &Consumer) -> Result<Epoch, LogError> {
        self.faults.around(log_fault, || self.inner.open(consumer))
    }

    fn committed(&self, consumer: &Consumer) -> Result<u64, LogError> {
        self.faults.around(log_fault, || self.inner.committed(consumer))
    }

    fn commit(&self, transaction: Transaction) -> Result<(), LogError> {
        self.faults.around(log_fault, || self.inner.commit(transaction))
    }
}

/// A planted flaw of the protocol, as the store sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flaw {
    None,
    /// Owners are counted where they should be named at random.
    CountedClaims,
    /// Who takes a slot that has an owner goes on under the owner's claim.
    NoNewClaim,
    /// A flush is written whatever the record holds.
    NothingRefused,
}

#[derive(Debug)]
pub(super) struct FaultyStore<S = MemoryStore> {
    pub(super) inner: Arc<S>,
    pub(super) faults: Arc<Faults>,
    pub(super) flaw: Flaw,
}

impl<S: OnlineStore> FaultyStore<S> {
    fn take(&self, slot: &Slot, claim: Claim) -> Result<SlotRecord, StoreError> {
        match (self.flaw, self.inner.record(slot)?) {
            (Flaw::CountedClaims, found) => {
                let last = found.map_or(0, |record| u128::from_be_bytes(record.claim.0));
                self.inner.claim(slot, Claim((last + 1).to_be_bytes()))
            }
            (Flaw::NoNewClaim, Some(found)) => Ok(found),
            (Flaw::NoNewClaim | Flaw::NothingRefused | Flaw::None, _) => self.inner.claim(slot, claim),
        }
    }

    fn write(&self, slot: &Slot, hold: Hold, flush: &Flush) -> Result<Hold, StoreError> {
        let hold = match (self.flaw, self.inner.record(slot)?) {
            (Flaw::NothingRefused, Some(found)) => found.hold(),
            _ => hold,
        };
        self.inner.flush(slot, hold, flush)
    }
}

impl<S: OnlineStore> OnlineStore for FaultyStore<S> {
    fn record(&self, slot: &Slot) -> Result<Option<SlotRecord>, StoreError> {
        self.faults.around(store_fault, || self.inner.record(slot))
    }

    fn claim(&self, slot: &Slot, claim: Claim) -> Result<SlotRecord, StoreError> {
        self.faults.around(store_fault, || self.take(slot, claim))
    }

    fn get(&self, slot: &Slot, hold: Hold, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.faults.around(store_fault, || self.inner.get(slot, hold, key))
    }

    fn get_many(&self, slot: &Slot, hold: Hold, keys: &[&[u8]]) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        self.faults.around(store_fault, || self.inner.get_many(slot, hold, keys))
    }

    fn flush(&self, slot: &Slot, hold: Hold, flush: &Flush) -> Result<Hold, StoreError> {
        self.faults.around(store_fault, || self.write(slot, hold, flush))
    }

    fn slots(&self, stream: &str) -> Result<Vec<(Slot, SlotRecord)>, StoreError> {
        self.faults.around(store_fault, || self.inner.slots(stream))
    }

    fn remove(&self, slot: &Slot, hold: Hold, limit: usize) -> Result<Removal, StoreError> {
        self.faults.around(store_fault, || self.inner.remove(slot, hold, limit))
    }

    fn scan(&self, slot: &Slot, visit: &mut dyn FnMut(&[u8], &[u8])) -> Result<(), StoreError> {
        self.inner.scan(slot, visit)
    }
}

/// One write for both, as a database that holds log and store does it: all or nothing, and a fault only around it.
pub(super) fn commit_together(
    log: &FaultyLog,
    transaction: Transaction,
    store: &FaultyStore,
    flushes: &[SlotFlush],
) -> Result<Vec<Hold>, WorkerError> {
    let fault = || WorkerError::Log(log_fault());
    log.faults.around(fault, || {
        // The store's refusal is found out first: nothing else can stop the pair half-way.
        for SlotFlush { slot, hold, .. } in flushes {
            store.inner.get(slot, *hold, b"")?;
        }
        log.inner.commit(transaction)?;
        let flush = |SlotFlush { slot, hold, flush }: &SlotFlush| Ok(store.inner.flush(slot, *hold, flush)?);
        flushes.iter().map(flush).collect()
    })
}

/// A planted fault: two writes where there should be one.
pub(super) fn states_first(
    log: &FaultyLog,
    transaction: Transaction,
    store: &FaultyStore,
    flushes: &[SlotFlush],
) -> Result<Vec<Hold>, WorkerError> {
    let flush = |SlotFlush { slot, hold, flush }: &SlotFlush| Ok(store.flush(slot, *hold, flush)?);
    let holds = flushes.iter().map(flush).collect::<Result<_, WorkerError>>()?;
    log.commit(transaction)?;
    Ok(holds)
}
