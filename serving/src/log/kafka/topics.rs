//! The topics of a broker: made, looked up, and how far they reach.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};
use std::time::{Duration, Instant};

use futures::executor::block_on;
use rdkafka::admin::{AdminClient, AdminOptions, AlterConfig, NewTopic, ResourceSpecifier, TopicReplication};
use rdkafka::config::FromClientConfigAndContext;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use smol_str::SmolStr;

use super::faults::unavailable;
use super::settings::{KafkaSettings, MAX_RECORD_BYTES, PATIENCE, Telling};
use crate::log::seam::{LogError, TopicPartition};

/// How often a new topic is looked for before it is everywhere.
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// Whose time a topic keeps for a record.
const TIMESTAMPS: &str = "message.timestamp.type";
const BROKERS_TIME: &str = "LogAppendTime";
const PRODUCERS_TIME: &str = "CreateTime";

/// Knows the topics that it has seen; a number of partitions never changes under a running stream.
pub(super) struct Topics {
    admin: AdminClient<Telling>,
    /// Asks, and reads nothing.
    asking: BaseConsumer<Telling>,
    replication: i32,
    retention: Option<String>,
    known: RwLock<HashMap<SmolStr, u32>>,
}

impl Topics {
    pub(super) fn new(settings: &KafkaSettings) -> Result<Topics, LogError> {
        let failed = unavailable("be opened");
        let admin = AdminClient::from_config_and_context(&settings.client(), Telling).map_err(&failed)?;
        let asking = BaseConsumer::from_config_and_context(&settings.consumer(), Telling).map_err(&failed)?;
        asking.fetch_metadata(Some(&settings.group("appends")), PATIENCE).map_err(unavailable("reach a broker"))?;
        let connection = &settings.connection;
        Ok(Topics {
            admin,
            asking,
            replication: connection.replication.map_or(-1, i32::from),
            retention: connection.retention.map(|micros| (micros / 1_000).to_string()),
            known: RwLock::default(),
        })
    }

    /// Makes a topic with this many partitions, or checks that it has them. It takes the time of its broker as append time,
    /// which `max_ahead` is measured against.
    pub(super) fn create(&self, topic: &str, partitions: u32) -> Result<(), LogError> {
        self.create_with(topic, partitions, BROKERS_TIME)
    }

    /// The same, for records that bring their append times with them.
    pub(super) fn create_copy(&self, topic: &str, partitions: u32) -> Result<(), LogError> {
        self.create_with(topic, partitions, PRODUCERS_TIME)
    }

    /// From now on a topic takes the time of its broker.
    pub(super) fn finish_copy(&self, topic: &str) -> Result<(), LogError> {
        let failed = unavailable("configure a topic");
        let largest = MAX_RECORD_BYTES.to_string();
        let mut config = AlterConfig::new(ResourceSpecifier::Topic(topic)).set("max.message.bytes", &largest);
        config = config.set(TIMESTAMPS, BROKERS_TIME);
        if let Some(retention) = &self.retention {
            config = config.set("retention.ms", retention);
        }
        let altered = block_on(self.admin.alter_configs([&config], &options())).map_err(&failed)?;
        match altered.into_iter().next() {
            Some(Err((_, code))) => Err(failed(KafkaError::AdminOp(code))),
            Some(Ok(_)) | None => Ok(()),
        }
    }

    fn create_with(&self, topic: &str, partitions: u32, timestamps: &str) -> Result<(), LogError> {
        let started = Instant::now();
        loop {
            match self.look_up(topic)? {
                Some(found) if found == partitions => return Ok(()),
                Some(found) => {
                    return Err(LogError::PartitionCount { topic: topic.into(), found, declared: partitions });
                }
                // It is on its way through the brokers, or they are on theirs.
                None if self.make(topic, partitions, timestamps, started)? == Made::Before
                    && started.elapsed() > PATIENCE =>
                {
                    return Err(LogError::UnknownTopic { topic: topic.into() });
                }
                None => std::thread::sleep(LOOK_EVERY),
            }
        }
    }

    fn make(&self, topic: &str, partitions: u32, timestamps: &str, since: Instant) -> Result<Made, LogError> {
        let failed = unavailable("create a topic");
        let count = i32::try_from(partitions).unwrap_or(i32::MAX);
        let largest = MAX_RECORD_BYTES.to_string();
        let mut new = NewTopic::new(topic, count, TopicReplication::Fixed(self.replication))
            .set(TIMESTAMPS, timestamps)
            .set("max.message.bytes", &largest);
        if let Some(retention) = &self.retention {
            new = new.set("retention.ms", retention);
        }
        let created = block_on(self.admin.create_topics([&new], &options())).map_err(&failed)?;
        match created.into_iter().next() {
            // A broker that has just started, or comes back, is not counted yet.
            Some(Err((_, RDKafkaErrorCode::InvalidReplicationFactor))) if since.elapsed() < PATIENCE => {
                Ok(Made::Before)
            }
            Some(Err((_, RDKafkaErrorCode::TopicAlreadyExists))) => Ok(Made::Before),
            Some(Err((_, code))) => Err(failed(KafkaError::AdminOp(code))),
            Some(Ok(_)) | None => Ok(Made::Now),
        }
    }

    /// The number of a topic's partitions, as the broker has it now; `None` where there is no such topic, or not yet with a
    /// leader for each partition.
    fn look_up(&self, topic: &str) -> Result<Option<u32>, LogError> {
        self.serve();
        let metadata = self.asking.fetch_metadata(Some(topic), PATIENCE).map_err(unavailable("look up a topic"))?;
        let found = metadata.topics().iter().find(|found| found.name() == topic && found.error().is_none());
        let led = found.filter(|found| found.partitions().iter().all(|partition| partition.leader() >= 0));
        let count = led.map(|found| u32::try_from(found.partitions().len()).unwrap_or(u32::MAX));
        let count = count.filter(|&count| count > 0);
        if let Some(count) = count {
            self.known.write().unwrap_or_else(PoisonError::into_inner).insert(topic.into(), count);
        }
        Ok(count)
    }

    pub(super) fn partitions(&self, topic: &str) -> Result<u32, LogError> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner).get(topic).copied();
        let found = match known {
            Some(found) => Some(found),
            None => self.look_up(topic)?,
        };
        found.ok_or_else(|| LogError::UnknownTopic { topic: topic.into() })
    }

    pub(super) fn check(&self, place: &TopicPartition) -> Result<(), LogError> {
        let partitions = self.partitions(&place.topic)?;
        let unknown = || LogError::UnknownPartition { place: place.clone(), partitions };
        (place.partition < partitions).then_some(()).ok_or_else(unknown)
    }

    /// A topic that was there is not any more, or has other partitions.
    pub(super) fn forget(&self, topic: &str) {
        self.known.write().unwrap_or_else(PoisonError::into_inner).remove(topic);
    }

    /// The first offset that is there, and the one behind which nothing is to be read yet: what lies beyond belongs to
    /// transactions that are open.
    pub(super) fn range(&self, place: &TopicPartition) -> Result<(u64, u64), LogError> {
        self.check(place)?;
        self.serve();
        let TopicPartition { topic, partition } = place;
        let range = self.asking.fetch_watermarks(topic, signed(*partition), PATIENCE);
        let (start, end) = range.map_err(unavailable("say where a partition ends"))?;
        Ok((u64::try_from(start).unwrap_or_default(), u64::try_from(end).unwrap_or_default()))
    }

    /// What the client has to say piles up until it is heard.
    fn serve(&self) {
        while self.asking.poll(Duration::ZERO).is_some() {}
    }
}

fn options() -> AdminOptions {
    AdminOptions::new().request_timeout(Some(PATIENCE)).operation_timeout(Some(PATIENCE))
}

/// When a topic was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Made {
    Now,
    Before,
}

/// A partition as the client counts them.
pub(super) fn signed(partition: u32) -> i32 {
    i32::try_from(partition).unwrap_or(i32::MAX)
}
