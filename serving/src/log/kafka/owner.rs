//! Who owns the partitions that this process works: a producer in transactions for each.
//!
//! The name of a partition's transactions is made of its group, topic and partition, so a new owner anywhere fences the old
//! one, whatever the group's members believe; that a member has lost its partition need not be known in time.
//!
//! One producer for a whole process would commit many partitions in one transaction: fewer of them, but every partition
//! would wait for the slowest, one that fails would take all others with it, and a partition could not change hands without
//! ending the transactions of its neighbours. With one for each partition a transaction is as wide as the batch that it
//! commits, and its cost is shared by the events of that batch: under load batches grow by themselves.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rdkafka::consumer::BaseConsumer;
use smol_str::SmolStr;

use super::faults::{is_fenced, unavailable};
use super::producer::{GroupOffset, TransactionalProducer, committed, group};
use super::settings::{KafkaSettings, Telling};
use crate::log::seam::{Consumer, Entry, Epoch, LogError};

/// The owners in this process, and the offsets of their groups.
#[derive(Default)]
pub(super) struct Owners {
    opened: AtomicU64,
    owners: Mutex<HashMap<Consumer, Arc<Owner>>>,
    groups: Mutex<HashMap<SmolStr, Arc<BaseConsumer<Telling>>>>,
}

struct Owner {
    epoch: Epoch,
    /// Held by one commit at a time.
    working: Mutex<Working>,
}

struct Working {
    producer: TransactionalProducer,
    committed: u64,
}

impl Owners {
    pub(super) fn open(&self, settings: &KafkaSettings, consumer: &Consumer) -> Result<Epoch, LogError> {
        // One that was here before is fenced like any other, and its client closed.
        let before = self.lock().remove(consumer);
        drop(before);
        let place = &consumer.place;
        let name = format!("{}-{}-{}", settings.group(&consumer.group), place.topic, place.partition);
        let producer = TransactionalProducer::open(settings, &name)?;
        let committed = self.committed(settings, consumer)?;
        let epoch = Epoch(self.opened.fetch_add(1, Ordering::Relaxed) + 1);
        let owner = Owner { epoch, working: Mutex::new(Working { producer, committed }) };
        self.lock().insert(consumer.clone(), Arc::new(owner));
        Ok(epoch)
    }

    pub(super) fn committed(&self, settings: &KafkaSettings, consumer: &Consumer) -> Result<u64, LogError> {
        let group = self.group(settings, &consumer.group)?;
        Ok(committed(&group, &consumer.place)?.unwrap_or_default())
    }

    /// `end` tells how far the partition reaches, at least up to an offset where it does.
    pub(super) fn commit(
        &self,
        settings: &KafkaSettings,
        consumer: &Consumer,
        epoch: Epoch,
        outputs: &[Entry],
        offset: u64,
        end: impl FnOnce() -> Result<u64, LogError>,
    ) -> Result<(), LogError> {
        let fenced = || LogError::Fenced { consumer: consumer.clone() };
        let owner = self.lock().get(consumer).filter(|owner| owner.epoch == epoch).cloned().ok_or_else(fenced)?;
        let group = self.group(settings, &consumer.group)?;
        // A producer whose commit panicked is not used again: it is no owner any more.
        let mut working = owner.working.lock().map_err(|_| fenced())?;
        let end = end()?;
        if offset < working.committed || offset > end {
            let (place, committed) = (consumer.place.clone(), working.committed);
            return Err(LogError::Offset { place, offset, committed, end });
        }
        let offsets = GroupOffset { group: &group, place: &consumer.place, offset };
        match working.producer.publish(outputs, Some(&offsets)) {
            Ok(()) => {
                working.committed = offset;
                Ok(())
            }
            Err(error) => {
                drop(working);
                self.dismiss(consumer, epoch);
                Err(if is_fenced(&error) { fenced() } else { unavailable("commit")(error) })
            }
        }
    }

    /// Whether its last transaction was committed is not known: whoever wants to go on has to open the partition anew.
    fn dismiss(&self, consumer: &Consumer, epoch: Epoch) {
        let mut owners = self.lock();
        let dismissed = match owners.get(consumer) {
            Some(owner) if owner.epoch == epoch => owners.remove(consumer),
            _ => None,
        };
        drop(owners);
        drop(dismissed);
    }

    fn group(&self, settings: &KafkaSettings, name: &SmolStr) -> Result<Arc<BaseConsumer<Telling>>, LogError> {
        let mut groups = self.groups.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = groups.get(name) {
            return Ok(Arc::clone(found));
        }
        let made = Arc::new(group(settings, &settings.group(name))?);
        groups.insert(name.clone(), Arc::clone(&made));
        Ok(made)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Consumer, Arc<Owner>>> {
        // Changed by single insertions and removals: a panic elsewhere leaves nothing half done.
        self.owners.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
