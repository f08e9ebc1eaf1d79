//! Takes events into a topic: through the server's socket, or straight to Kafka.

use std::sync::Arc;

use anyhow::Context as _;
use features::project::Project;
use serving::admin::{Client, ClientError};
use serving::connect::Feed;
use serving::log::{ProducerId, RecordBatch, Sequence, TopicPartition};
use smol_str::SmolStr;
use tokio::runtime::Runtime;

use crate::output::UsageError;

/// One way into the log.
pub(super) enum Outlet {
    Server { runtime: Runtime, client: Client, topic: String, producer: ProducerId, number: u64 },
    Feed { feed: Arc<dyn Feed>, topic: SmolStr },
}

/// One event on its way.
#[derive(Debug)]
pub(super) struct Sent {
    /// Its key's.
    pub(super) partition: u32,
    pub(super) key: Vec<u8>,
    pub(super) value: Vec<u8>,
}

/// The server that runs on a project's folder, with what drives the connection.
pub(super) fn server(project: &Project) -> anyhow::Result<(Runtime, Client)> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.context("cannot start threads")?;
    match runtime.block_on(Client::connect(&project.instance_dir())) {
        Ok(client) => Ok((runtime, client)),
        Err(ClientError::Unreachable { .. }) => {
            Err(UsageError::new("no server runs: start `clutch serve` first").into())
        }
        Err(error) => Err(error.into()),
    }
}

impl Outlet {
    pub(super) fn server(project: &Project, topic: &str) -> anyhow::Result<Outlet> {
        let (runtime, client) = server(project)?;
        Ok(Outlet::Server { runtime, client, topic: topic.to_owned(), producer: ProducerId(rand::random()), number: 0 })
    }

    pub(super) fn send(&mut self, events: &[Sent]) -> anyhow::Result<()> {
        match self {
            Outlet::Server { runtime, client, topic, producer, number } => {
                let mut records = RecordBatch::new();
                for event in events {
                    records.push(&event.key, &event.value)?;
                }
                *number += 1;
                let sequence = Sequence { producer: *producer, number: *number };
                runtime.block_on(client.append(topic, sequence, &records))?;
            }
            Outlet::Feed { feed, topic } => {
                for event in events {
                    let place = TopicPartition { topic: topic.clone(), partition: event.partition };
                    feed.send(&place, &event.key, &event.value)?;
                }
            }
        }
        Ok(())
    }

    /// Waits until everything is in the log.
    pub(super) fn finish(&mut self) -> anyhow::Result<()> {
        match self {
            Outlet::Server { .. } => Ok(()),
            Outlet::Feed { feed, .. } => Ok(feed.finish()?),
        }
    }
}
