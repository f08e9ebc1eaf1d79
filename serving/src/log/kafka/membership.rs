//! Membership in a consumer group: it says who works what, and reads nothing.
//!
//! Partitions move one by one (cooperative rebalancing): those that stay are worked on meanwhile. One that moves is given up
//! only once its worker has stopped.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use rdkafka::config::{FromClientConfigAndContext, RDKafkaLogLevel};
use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerContext, Rebalance};
use rdkafka::error::KafkaError;
use rdkafka::{ClientContext, TopicPartitionList};
use smol_str::SmolStr;

use super::KafkaLog;
use super::faults::unavailable;
use super::settings::{KafkaSettings, Telling};
use crate::log::groups::{Groups, Member, Membership};
use crate::log::seam::{LogError, TopicPartition};

/// How long the thread waits for news before it looks whether it is to end.
const NEWS: Duration = Duration::from_millis(100);

impl Groups for KafkaLog {
    fn join(&self, group: &str, topics: &[SmolStr], member: Arc<dyn Member>) -> Result<Box<dyn Membership>, LogError> {
        Ok(Box::new(Joined::join(&self.settings, group, topics, member)?))
    }
}

/// The thread that is a member for as long as this lives.
#[derive(Debug)]
struct Joined {
    leaving: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Joined {
    fn join(
        settings: &KafkaSettings,
        group: &str,
        topics: &[SmolStr],
        member: Arc<dyn Member>,
    ) -> Result<Joined, LogError> {
        let failed = unavailable("join a group");
        let mut config = settings.consumer();
        config.set("group.id", settings.group(group));
        config.set("partition.assignment.strategy", "cooperative-sticky");
        // Who is gone is missed after this time; a worker that ends cleanly says so.
        config.set("session.timeout.ms", "10000");
        config.set("heartbeat.interval.ms", "2000");
        // A partition that was added is noticed within this time.
        config.set("topic.metadata.refresh.interval.ms", "10000");
        // It fetches nothing worth mentioning before its partitions are paused.
        config.set("auto.offset.reset", "latest");
        config.set("queued.min.messages", "1");
        config.set("fetch.message.max.bytes", "1");
        let told = Told { member };
        let consumer: BaseConsumer<Told> = BaseConsumer::from_config_and_context(&config, told).map_err(&failed)?;
        let topics: Vec<&str> = topics.iter().map(SmolStr::as_str).collect();
        consumer.subscribe(&topics).map_err(&failed)?;
        let leaving = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&leaving);
        let run = move || {
            while !stop.load(Ordering::Relaxed) {
                // What comes is news, told by the way, or an event that belongs to a worker's own reader.
                if let Some(Err(error)) = consumer.poll(NEWS) {
                    tracing::debug!(%error, "a member of a group waits for its coordinator");
                }
            }
            // Closes the consumer: what it has is taken from it, and the group is left.
        };
        let thread = std::thread::Builder::new().name(format!("group-{group}")).spawn(run);
        let thread =
            thread.map_err(|source| LogError::Unavailable { action: "start a thread", source: source.into() })?;
        Ok(Joined { leaving, thread: Some(thread) })
    }
}

impl Membership for Joined {}

impl Drop for Joined {
    fn drop(&mut self) {
        self.leaving.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread of a group's member panicked");
        }
    }
}

/// Hands on what the group decides.
struct Told {
    member: Arc<dyn Member>,
}

impl ClientContext for Told {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        Telling.log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        Telling.error(error, reason);
    }
}

impl ConsumerContext for Told {
    fn pre_rebalance(&self, _: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        if let Rebalance::Revoke(list) = rebalance {
            self.member.taken(&places(list));
        }
    }

    fn post_rebalance(&self, consumer: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        match rebalance {
            Rebalance::Assign(list) => {
                if let Err(error) = consumer.pause(list) {
                    tracing::debug!(%error, "partitions are fetched that nobody asked for");
                }
                self.member.given(&places(list));
            }
            Rebalance::Revoke(_) => {}
            Rebalance::Error(error) => tracing::warn!(%error, "a group could not share out its partitions"),
        }
    }
}

fn places(list: &TopicPartitionList) -> Vec<TopicPartition> {
    let place = |topic: &str, partition: i32| {
        let partition = u32::try_from(partition).ok()?;
        Some(TopicPartition { topic: topic.into(), partition })
    };
    list.elements().iter().filter_map(|element| place(element.topic(), element.partition())).collect()
}
