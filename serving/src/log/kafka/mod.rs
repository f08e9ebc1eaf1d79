//! Apache Kafka as event log.
//!
//! * A commit is one transaction: outputs, and the consumed offset as the group's ([`owner`] says whose).
//! * Reads see what is committed. Offsets are left out where transactions end, where one was aborted, and where a topic is
//!   compacted; a read finds that out before it says that there is nothing more.
//! * Calls block, at most for about half a minute each: a broker that restarts is waited for.

mod append;
#[cfg(any(test, feature = "test-support"))]
pub mod broker;
mod cursor;
mod cursors;
mod faults;
mod feed;
mod membership;
mod owner;
mod producer;
mod settings;
#[cfg(test)]
mod tests;
mod topics;

use std::time::{Duration, Instant};

use append::Appenders;
use cursors::Cursors;
pub use feed::KafkaFeed;
use owner::Owners;
pub use settings::KafkaSettings;
use topics::Topics;

use super::rules;
use super::seam::{
    Appended, Consumer, Entry, Epoch, EventLog, LogError, ProducerId, Read, ReadLimit, Sequence, TopicPartition,
    Transaction,
};

/// Of several partitions that are waited for each is looked at for so long in turn.
const TURN: Duration = Duration::from_millis(2);

/// A log on the brokers of a Kafka cluster.
pub struct KafkaLog {
    settings: KafkaSettings,
    topics: Topics,
    cursors: Cursors,
    owners: Owners,
    appenders: Appenders,
}

impl std::fmt::Debug for KafkaLog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KafkaLog").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl KafkaLog {
    /// Finds a broker, or says that none answers.
    pub fn open(settings: KafkaSettings) -> Result<KafkaLog, LogError> {
        let topics = Topics::new(&settings)?;
        Ok(KafkaLog {
            topics,
            settings,
            cursors: Cursors::default(),
            owners: Owners::default(),
            appenders: Appenders::new(),
        })
    }

    fn check(&self, entries: &[Entry]) -> Result<(), LogError> {
        entries.iter().try_for_each(|entry| self.topics.check(&entry.place))
    }

    /// A reader that stands at `from`; `None` if the log does not reach beyond it.
    fn cursor(&self, place: &TopicPartition, from: u64) -> Result<Option<cursor::Cursor>, LogError> {
        if let Some(cursor) = self.cursors.take(place, from) {
            return Ok(Some(cursor));
        }
        let (start, end) = self.topics.range(place)?;
        if from < start {
            return Err(LogError::Truncated { place: place.clone(), from, start });
        }
        if from >= end {
            return Ok(None);
        }
        self.cursors.send(&self.settings, place, from).map(Some)
    }
}

impl EventLog for KafkaLog {
    fn create_topic(&self, topic: &str, partitions: u32) -> Result<(), LogError> {
        self.topics.create(topic, partitions)
    }

    fn partitions(&self, topic: &str) -> Result<u32, LogError> {
        self.topics.partitions(topic)
    }

    fn append(&self, sequence: Option<Sequence>, entries: Vec<Entry>) -> Result<Appended, LogError> {
        rules::check_sizes(&entries)?;
        self.check(&entries)?;
        match sequence {
            None => self.appenders.append(&self.settings, &entries),
            Some(sequence) => self.appenders.append_numbered(&self.settings, &self.topics, sequence, &entries),
        }
    }

    fn last_sequence(&self, producer: ProducerId) -> Result<u64, LogError> {
        self.appenders.last(&self.settings, producer)
    }

    fn read(&self, place: &TopicPartition, from: u64, limit: ReadLimit) -> Result<Read, LogError> {
        self.topics.check(place)?;
        let Some(mut cursor) = self.cursor(place, from)? else { return Ok(Read { batches: Vec::new(), next: from }) };
        let read = cursor.read(limit, &self.topics)?;
        self.cursors.put(place, cursor);
        Ok(read)
    }

    fn wait(&self, topic: &str, after: &[(u32, u64)], timeout: Duration) -> Result<bool, LogError> {
        self.topics.partitions(topic)?;
        let started = Instant::now();
        let mut waiting = Vec::with_capacity(after.len());
        for &(partition, offset) in after {
            let place = TopicPartition { topic: topic.into(), partition };
            self.topics.check(&place)?;
            let cursor = match self.cursors.take(&place, offset) {
                Some(cursor) => cursor,
                None => self.cursors.send(&self.settings, &place, offset)?,
            };
            waiting.push((place, cursor));
        }
        let mut found = false;
        while !found {
            let left = timeout.saturating_sub(started.elapsed());
            let turn = if waiting.len() == 1 { left } else { left.min(TURN) };
            for (_, cursor) in &mut waiting {
                found = found || cursor.wait(turn, &self.topics)?;
            }
            if left.is_zero() || waiting.is_empty() {
                break;
            }
        }
        for (place, cursor) in waiting {
            self.cursors.put(&place, cursor);
        }
        Ok(found)
    }

    fn end(&self, place: &TopicPartition) -> Result<u64, LogError> {
        Ok(self.topics.range(place)?.1)
    }

    /// Offsets are left out, so nobody knows without reading.
    fn count(&self, place: &TopicPartition) -> Result<Option<u64>, LogError> {
        self.topics.check(place)?;
        Ok(None)
    }

    fn open(&self, consumer: &Consumer) -> Result<Epoch, LogError> {
        self.topics.check(&consumer.place)?;
        self.owners.open(&self.settings, consumer)
    }

    fn committed(&self, consumer: &Consumer) -> Result<u64, LogError> {
        self.topics.check(&consumer.place)?;
        self.owners.committed(&self.settings, consumer)
    }

    fn commit(&self, transaction: Transaction) -> Result<(), LogError> {
        let Transaction { consumer, epoch, outputs, offset } = transaction;
        self.check(&outputs)?;
        // What was read is there: only of what was not the broker has to be asked.
        let end = || match self.cursors.reached(&consumer.place) {
            reached if reached >= offset => Ok(reached),
            _ => self.end(&consumer.place),
        };
        self.owners.commit(&self.settings, &consumer, epoch, &outputs, offset, end)
    }
}
