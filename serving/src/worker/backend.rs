//! A partition's log and store as its worker sees them, with what proves that it is the owner of the log's part. That it
//! owns a slot it shows with each call.

use std::sync::Arc;
use std::time::Duration;

use features::online::{Claim, EmbeddedStore, Hold, OnlineStore, Removal, Slot, SlotFlush, SlotRecord};

use super::error::WorkerError;
use crate::log::{Consumer, EmbeddedLog, Entry, Epoch, EventLog, LogError, Read, ReadLimit, Transaction};

/// Commits outputs, offset and states as one write.
type Together = dyn Fn(Transaction, &[SlotFlush]) -> Result<Vec<Hold>, WorkerError> + Send + Sync;

/// The same for a log and a store that are known.
type CommitBoth<L, S> = fn(&L, Transaction, &S, &[SlotFlush]) -> Result<Vec<Hold>, WorkerError>;

/// Where streams and key states are.
#[derive(Clone)]
pub struct Ground {
    pub log: Arc<dyn EventLog>,
    pub store: Arc<dyn OnlineStore>,
    together: Option<Arc<Together>>,
}

impl std::fmt::Debug for Ground {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Ground { log, store, together } = self;
        f.debug_struct("Ground").field("log", log).field("store", store).field("one", &together.is_some()).finish()
    }
}

impl Ground {
    /// Log and store in one database.
    pub fn embedded(log: &Arc<EmbeddedLog>, store: &Arc<EmbeddedStore>) -> Ground {
        Ground::together(Arc::clone(log), Arc::clone(store), commit_embedded)
    }

    /// Log and store that know nothing of each other.
    pub fn separate(log: Arc<dyn EventLog>, store: Arc<dyn OnlineStore>) -> Ground {
        Ground { log, store, together: None }
    }

    /// Log and store that `commit` writes as one.
    pub(super) fn together<L: EventLog + 'static, S: OnlineStore + 'static>(
        log: Arc<L>,
        store: Arc<S>,
        commit: CommitBoth<L, S>,
    ) -> Ground {
        let (one, other) = (Arc::clone(&log), Arc::clone(&store));
        let together = move |transaction, flushes: &[SlotFlush]| commit(&one, transaction, &other, flushes);
        Ground { log, store, together: Some(Arc::new(together)) }
    }

    /// The part of a partition.
    pub fn backend(&self, consumer: Consumer) -> Backend {
        Backend { ground: self.clone(), consumer, epoch: None }
    }
}

/// One partition: its events in `log`, its states in `store`.
///
/// Where both are one database a commit takes the states with it; elsewhere the transaction comes first and the flush
/// is a step of its own, so that states never run ahead of what is committed.
#[derive(Debug)]
pub struct Backend {
    ground: Ground,
    consumer: Consumer,
    epoch: Option<Epoch>,
}

fn commit_embedded(
    log: &EmbeddedLog,
    transaction: Transaction,
    store: &EmbeddedStore,
    flushes: &[SlotFlush],
) -> Result<Vec<Hold>, WorkerError> {
    log.commit_with(transaction, |batch| Ok(store.flush_with(batch, flushes)?))
}

impl Backend {
    /// Whether a commit takes the states with it.
    pub(super) fn commits_states(&self) -> bool {
        self.ground.together.is_some()
    }

    pub(super) fn partition(&self) -> u32 {
        self.consumer.place.partition
    }

    /// Fences whoever had the partition before.
    pub(super) fn open(&mut self) -> Result<(), WorkerError> {
        self.epoch = Some(self.ground.log.open(&self.consumer)?);
        Ok(())
    }

    /// Puts `claim` into the record of a slot; returns the record as it is now.
    pub(super) fn claim(&self, slot: &Slot, claim: Claim) -> Result<SlotRecord, WorkerError> {
        Ok(self.ground.store.claim(slot, claim)?)
    }

    /// The slots of a stream in this partition, whoever wrote them.
    pub(super) fn slots(&self, stream: &str) -> Result<Vec<Slot>, WorkerError> {
        let slots = self.ground.store.slots(stream)?.into_iter().map(|(slot, _)| slot);
        Ok(slots.filter(|slot| slot.partition == self.partition()).collect())
    }

    /// Removes at most `limit` states of a slot, and then the slot.
    pub(super) fn remove(&self, slot: &Slot, hold: Hold, limit: usize) -> Result<Removal, WorkerError> {
        Ok(self.ground.store.remove(slot, hold, limit)?)
    }

    /// The first offset not consumed: O + 1 of the protocol.
    pub(super) fn committed(&self) -> Result<u64, WorkerError> {
        Ok(self.ground.log.committed(&self.consumer)?)
    }

    pub(super) fn read(&self, from: u64, limit: ReadLimit) -> Result<Read, WorkerError> {
        Ok(self.ground.log.read(&self.consumer.place, from, limit)?)
    }

    /// The log should have events from `from` on, and has none before `start`.
    pub(super) fn truncated(&self, from: u64, start: u64) -> WorkerError {
        LogError::Truncated { place: self.consumer.place.clone(), from, start }.into()
    }

    pub(super) fn end(&self) -> Result<u64, WorkerError> {
        Ok(self.ground.log.end(&self.consumer.place)?)
    }

    pub(super) fn wait(&self, from: u64, timeout: Duration) -> Result<bool, WorkerError> {
        Ok(self.ground.log.wait(&self.consumer.place.topic, &[(self.consumer.place.partition, from)], timeout)?)
    }

    /// The states of keys, in their order.
    pub(super) fn states(&self, slot: &Slot, hold: Hold, keys: &[&[u8]]) -> Result<Vec<Option<Vec<u8>>>, WorkerError> {
        Ok(self.ground.store.get_many(slot, hold, keys)?)
    }

    /// Publishes `outputs` and the offset. States go with them only where [`Backend::commits_states`]; then it returns
    /// what the owner of each slot must show next.
    pub(super) fn commit(
        &self,
        outputs: Vec<Entry>,
        offset: u64,
        flushes: &[SlotFlush],
    ) -> Result<Vec<Hold>, WorkerError> {
        let epoch = self.epoch.ok_or(WorkerError::NotTaken)?;
        let transaction = Transaction { consumer: self.consumer.clone(), epoch, outputs, offset };
        match &self.ground.together {
            Some(together) => together(transaction, flushes),
            None => {
                self.ground.log.commit(transaction)?;
                Ok(Vec::new())
            }
        }
    }

    pub(super) fn flush(&self, flush: &SlotFlush) -> Result<Hold, WorkerError> {
        let SlotFlush { slot, hold, flush } = flush;
        Ok(self.ground.store.flush(slot, *hold, flush)?)
    }
}
