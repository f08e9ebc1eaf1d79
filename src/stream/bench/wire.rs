//! How events get into the log, and predictions out of it: through the server's socket, or straight from and to Kafka.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use features::project::{Endpoint, Project};
use features::schema::Stream;
use serving::admin::{Client, ClientError, Position, Tail, TailLine};
use serving::connect::{Feed, open_feed};
use serving::log::{EventLog, ProducerId, ReadLimit, RecordBatch, Sequence, TopicPartition};
use smol_str::SmolStr;
use tokio::runtime::Runtime;

use crate::output::UsageError;

const READ: ReadLimit = ReadLimit { records: 2_000, bytes: 4 << 20 };

/// Takes events.
pub(super) enum Outlet {
    Server { runtime: Runtime, client: Client, topic: String, producer: ProducerId, number: u64 },
    Feed { feed: Arc<dyn Feed>, topic: SmolStr },
}

/// Gives predictions.
pub(super) enum Inlet {
    Server { runtime: Runtime, tail: Box<Tail> },
    Log { log: Arc<dyn EventLog>, topic: SmolStr, positions: Vec<(u32, u64)> },
}

/// One event on its way.
pub(super) struct Sent {
    pub(super) partition: u32,
    pub(super) key: Vec<u8>,
    pub(super) value: Vec<u8>,
}

/// Opens both ends; predictions are those that come from now on.
pub(super) fn open(project: &Project, stream: &Stream, endpoint: &Endpoint) -> anyhow::Result<(Outlet, Inlet)> {
    if let Some((log, feed)) = open_feed(project)? {
        let topic = SmolStr::from(&endpoint.topic);
        let mut positions = Vec::new();
        for partition in 0..log.partitions(&topic).context("the endpoint's topic is not there: start `clutch serve`")? {
            positions.push((partition, log.end(&TopicPartition { topic: topic.clone(), partition })?));
        }
        return Ok((Outlet::Feed { feed, topic: SmolStr::from(&stream.topic) }, Inlet::Log { log, topic, positions }));
    }
    let state_dir = project.state_dir();
    let (out, into) = (runtime()?, runtime()?);
    let connect = |runtime: &Runtime| match runtime.block_on(Client::connect(&state_dir)) {
        Ok(client) => Ok(client),
        Err(ClientError::Unreachable { .. }) => {
            Err(anyhow::Error::from(UsageError::new("no server runs: start `clutch serve` first")))
        }
        Err(error) => Err(error.into()),
    };
    let client = connect(&out)?;
    let listening = connect(&into)?;
    let tail = Box::new(into.block_on(listening.tail(&endpoint.topic, Position::End))?);
    let (topic, producer) = (stream.topic.clone(), ProducerId(rand::random()));
    Ok((Outlet::Server { runtime: out, client, topic, producer, number: 0 }, Inlet::Server { runtime: into, tail }))
}

fn runtime() -> anyhow::Result<Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().context("cannot start threads")
}

impl Outlet {
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

impl Inlet {
    /// Hands over the predictions that have come; waits for the first of them, at most for `timeout`.
    pub(super) fn take(&mut self, timeout: Duration, mut each: impl FnMut(&[u8])) -> anyhow::Result<()> {
        match self {
            Inlet::Server { runtime, tail } => {
                let line = runtime.block_on(async { tokio::time::timeout(timeout, tail.next()).await });
                match line {
                    Err(_) => Ok(()),
                    Ok(Ok(Some(TailLine::Record(record)))) => {
                        each(record.value.get().as_bytes());
                        Ok(())
                    }
                    Ok(Ok(Some(TailLine::Missed(missed)))) => {
                        bail!("{missed} predictions came faster than they could be read back")
                    }
                    Ok(Ok(None)) => bail!("the server has ended"),
                    Ok(Err(error)) => Err(error.into()),
                }
            }
            Inlet::Log { log, topic, positions } => {
                let mut found = false;
                for (partition, from) in positions.iter_mut() {
                    let place = TopicPartition { topic: topic.clone(), partition: *partition };
                    let read = log.read(&place, *from, READ)?;
                    for record in read.batches.iter().flat_map(|batch| batch.records_from(*from)) {
                        found = true;
                        each(record.value);
                    }
                    *from = read.next;
                }
                if !found {
                    log.wait(topic, positions, timeout)?;
                }
                Ok(())
            }
        }
    }
}
