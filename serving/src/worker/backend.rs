//! A partition's log and store as its worker sees them, with what proves that it is the owner of both.

use std::sync::Arc;
use std::time::Duration;

use features::online::{Claim, EmbeddedStore, Flush, Hold, OnlineStore, Slot, SlotRecord, StoreError};

use super::error::WorkerError;
use crate::log::{Consumer, EmbeddedLog, Entry, Epoch, EventLog, ReadLimit, StoredBatch, Transaction};

/// Commits outputs, offset and states as one write.
pub(super) type Together<L, S> = fn(&L, Transaction, &S, &Slot, Hold, &Flush) -> Result<Hold, WorkerError>;

/// One partition: its events in `log`, its states in `store`.
///
/// Where both are one database a commit takes the states with it; elsewhere the transaction comes first and the flush
/// is a step of its own, so that states never run ahead of what is committed.
#[derive(Debug)]
pub struct Backend<L, S> {
    log: Arc<L>,
    store: Arc<S>,
    consumer: Consumer,
    slot: Slot,
    epoch: Option<Epoch>,
    hold: Option<Hold>,
    together: Option<Together<L, S>>,
}

impl Backend<EmbeddedLog, EmbeddedStore> {
    /// Log and store in one database.
    pub fn embedded(log: Arc<EmbeddedLog>, store: Arc<EmbeddedStore>, consumer: Consumer, slot: Slot) -> Self {
        Backend::together(log, store, consumer, slot, commit_embedded)
    }
}

fn commit_embedded(
    log: &EmbeddedLog,
    transaction: Transaction,
    store: &EmbeddedStore,
    slot: &Slot,
    hold: Hold,
    flush: &Flush,
) -> Result<Hold, WorkerError> {
    log.commit_with(transaction, |batch| Ok(store.flush_with(batch, slot, hold, flush)?))
}

impl<L: EventLog, S: OnlineStore> Backend<L, S> {
    /// Log and store that know nothing of each other.
    pub fn separate(log: Arc<L>, store: Arc<S>, consumer: Consumer, slot: Slot) -> Self {
        Backend { log, store, consumer, slot, epoch: None, hold: None, together: None }
    }

    /// Log and store that `together` writes as one.
    pub(super) fn together(
        log: Arc<L>,
        store: Arc<S>,
        consumer: Consumer,
        slot: Slot,
        together: Together<L, S>,
    ) -> Self {
        Backend { together: Some(together), ..Backend::separate(log, store, consumer, slot) }
    }

    /// Whether a commit takes the states with it.
    pub(super) fn commits_states(&self) -> bool {
        self.together.is_some()
    }

    pub(super) fn partition(&self) -> u32 {
        self.slot.partition
    }

    /// Fences whoever had the partition before.
    pub(super) fn open(&mut self) -> Result<(), WorkerError> {
        self.hold = None;
        self.epoch = Some(self.log.open(&self.consumer)?);
        Ok(())
    }

    /// Puts `claim` into the slot's record.
    pub(super) fn claim(&mut self, claim: Claim) -> Result<(), WorkerError> {
        self.hold = Some(self.store.claim(&self.slot, claim)?.hold());
        Ok(())
    }

    /// The first offset not consumed: O + 1 of the protocol.
    pub(super) fn committed(&self) -> Result<u64, WorkerError> {
        Ok(self.log.committed(&self.consumer)?)
    }

    /// The slot's record, which must still be ours.
    pub(super) fn record(&self) -> Result<SlotRecord, WorkerError> {
        let hold = self.hold()?;
        let record = self.store.record(&self.slot)?.filter(|record| record.hold() == hold);
        Ok(record.ok_or_else(|| StoreError::Refused { slot: self.slot.clone() })?)
    }

    pub(super) fn read(&self, from: u64, limit: ReadLimit) -> Result<Vec<StoredBatch>, WorkerError> {
        Ok(self.log.read(&self.consumer.place, from, limit)?)
    }

    pub(super) fn end(&self) -> Result<u64, WorkerError> {
        Ok(self.log.end(&self.consumer.place)?)
    }

    pub(super) fn wait(&self, from: u64, timeout: Duration) -> Result<bool, WorkerError> {
        Ok(self.log.wait(&self.consumer.place.topic, &[(self.consumer.place.partition, from)], timeout)?)
    }

    pub(super) fn state(&self, key: &[u8]) -> Result<Option<Vec<u8>>, WorkerError> {
        Ok(self.store.get(&self.slot, self.hold()?, key)?)
    }

    /// Publishes `outputs` and the offset. States go with them only where [`Backend::commits_states`].
    pub(super) fn commit(&mut self, outputs: Vec<Entry>, offset: u64, flush: &Flush) -> Result<(), WorkerError> {
        let epoch = self.epoch.ok_or(WorkerError::NotTaken)?;
        let transaction = Transaction { consumer: self.consumer.clone(), epoch, outputs, offset };
        match self.together {
            Some(together) => {
                let hold = self.hold()?;
                self.hold = Some(together(&self.log, transaction, &self.store, &self.slot, hold, flush)?);
            }
            None => self.log.commit(transaction)?,
        }
        Ok(())
    }

    pub(super) fn flush(&mut self, flush: &Flush) -> Result<(), WorkerError> {
        self.hold = Some(self.store.flush(&self.slot, self.hold()?, flush)?);
        Ok(())
    }

    fn hold(&self) -> Result<Hold, WorkerError> {
        self.hold.ok_or(WorkerError::NotTaken)
    }
}
