//! Appends, each a transaction.
//!
//! An append that is numbered commits its number together with its records: as the offset of a group that only its producer
//! has, in the one partition of a topic that holds nothing. Whoever goes on after a crash fences what came before, and then
//! reads the number of the last append that is in the log. Brokers forget the offsets of a group that has been idle for
//! `offsets.retention.minutes` (7 days unless set otherwise); a producer that comes back later begins at 1.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rdkafka::consumer::BaseConsumer;

use super::faults::unavailable;
use super::producer::{GroupOffset, TransactionalProducer, committed, group};
use super::settings::{KafkaSettings, Telling};
use super::topics::Topics;
use crate::log::rules;
use crate::log::seam::{Appended, Entry, LogError, ProducerId, Sequence, TopicPartition};

/// Producers that are kept open.
const KEPT: usize = 8;

/// The producers of this process's appends.
pub(super) struct Appenders {
    /// Appends without a number come from here; the name is this process's own.
    anonymous: Mutex<Option<TransactionalProducer>>,
    own: String,
    /// Those used last stand last.
    numbered: Mutex<Vec<(ProducerId, Arc<Mutex<Numbered>>)>>,
}

struct Numbered {
    producer: TransactionalProducer,
    group: BaseConsumer<Telling>,
    /// The number of its last append.
    last: u64,
}

impl Appenders {
    pub(super) fn new() -> Appenders {
        let own = uuid::Uuid::new_v4().simple().to_string();
        Appenders { anonymous: Mutex::new(None), own, numbered: Mutex::default() }
    }

    pub(super) fn append(&self, settings: &KafkaSettings, entries: &[Entry]) -> Result<Appended, LogError> {
        if entries.iter().all(|entry| entry.batch.is_empty()) {
            return Ok(Appended::Written);
        }
        let mut anonymous = self.anonymous.lock().unwrap_or_else(PoisonError::into_inner);
        // One that fails is not put back.
        let producer = match anonymous.take() {
            Some(producer) => producer,
            None => TransactionalProducer::open(settings, &settings.group(&format!("append-{}", self.own)))?,
        };
        producer.publish(entries, None).map_err(unavailable("append"))?;
        *anonymous = Some(producer);
        Ok(Appended::Written)
    }

    pub(super) fn append_numbered(
        &self,
        settings: &KafkaSettings,
        topics: &Topics,
        sequence: Sequence,
        entries: &[Entry],
    ) -> Result<Appended, LogError> {
        match self.try_numbered(settings, topics, sequence, entries) {
            // Another process may have gone on with this producer: the log knows, once that one is fenced.
            Err(LogError::SequenceGap { .. }) => {
                self.dismiss(sequence.producer);
                self.try_numbered(settings, topics, sequence, entries)
            }
            appended => appended,
        }
    }

    fn try_numbered(
        &self,
        settings: &KafkaSettings,
        topics: &Topics,
        sequence: Sequence,
        entries: &[Entry],
    ) -> Result<Appended, LogError> {
        let numbered = self.numbered(settings, topics, sequence.producer)?;
        let Ok(mut appender) = numbered.lock() else {
            // It panicked in the middle of something: the next append begins with a new one.
            self.dismiss(sequence.producer);
            return Err(unavailable("append")(rdkafka::error::KafkaError::Canceled));
        };
        if !rules::is_new(Some(sequence), appender.last)? {
            return Ok(Appended::Repeated);
        }
        let place = numbers(settings);
        let number = GroupOffset { group: &appender.group, place: &place, offset: sequence.number };
        match appender.producer.publish(entries, Some(&number)) {
            Ok(()) => {
                appender.last = sequence.number;
                Ok(Appended::Written)
            }
            Err(error) => {
                drop(appender);
                self.dismiss(sequence.producer);
                Err(unavailable("append")(error))
            }
        }
    }

    pub(super) fn last(&self, settings: &KafkaSettings, producer: ProducerId) -> Result<u64, LogError> {
        let known = self.lock().iter().find(|(id, _)| *id == producer).map(|(_, numbered)| Arc::clone(numbered));
        if let Some(numbered) = known
            && let Ok(numbered) = numbered.lock()
        {
            return Ok(numbered.last);
        }
        let group = group(settings, &name(settings, producer))?;
        Ok(committed(&group, &numbers(settings))?.unwrap_or_default())
    }

    fn numbered(
        &self,
        settings: &KafkaSettings,
        topics: &Topics,
        producer: ProducerId,
    ) -> Result<Arc<Mutex<Numbered>>, LogError> {
        let mut kept = self.lock();
        if let Some(found) = kept.iter().position(|(id, _)| *id == producer) {
            let used = kept.remove(found);
            let numbered = Arc::clone(&used.1);
            kept.push(used);
            return Ok(numbered);
        }
        topics.create(&numbers(settings).topic, 1)?;
        let name = name(settings, producer);
        // Only once nobody else can append any more is the last number the last.
        let opened = TransactionalProducer::open(settings, &name)?;
        let group = group(settings, &name)?;
        let last = committed(&group, &numbers(settings))?.unwrap_or_default();
        let numbered = Arc::new(Mutex::new(Numbered { producer: opened, group, last }));
        kept.push((producer, Arc::clone(&numbered)));
        if kept.len() > KEPT {
            kept.remove(0);
        }
        Ok(numbered)
    }

    fn dismiss(&self, producer: ProducerId) {
        self.lock().retain(|(id, _)| *id != producer);
    }

    fn lock(&self) -> MutexGuard<'_, Vec<(ProducerId, Arc<Mutex<Numbered>>)>> {
        // Changed by single pushes and removals: a panic elsewhere leaves nothing half done.
        self.numbered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The name of a producer's transactions, and of the group that has its number.
fn name(settings: &KafkaSettings, producer: ProducerId) -> String {
    settings.group(&format!("append-{}", uuid::Uuid::from_bytes(producer.0).simple()))
}

/// Where numbers are committed.
fn numbers(settings: &KafkaSettings) -> TopicPartition {
    TopicPartition { topic: settings.group("appends").into(), partition: 0 }
}
