//! Both ends of a run: where events go in, and where predictions come out.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use features::project::{Endpoint, Project};
use features::schema::Stream;
use serving::admin::{Position, Tail, TailLine};
use serving::connect::open_feed;
use serving::log::{EventLog, ReadLimit, TopicPartition};
use smol_str::SmolStr;
use tokio::runtime::Runtime;

use crate::stream::outlet::{self, Outlet};

const READ: ReadLimit = ReadLimit { records: 2_000, bytes: 4 << 20 };

/// Gives predictions.
pub(super) enum Inlet {
    Server { runtime: Runtime, tail: Box<Tail> },
    Log { log: Arc<dyn EventLog>, topic: SmolStr, positions: Vec<(u32, u64)> },
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
    let outlet = Outlet::server(project, &stream.topic)?;
    let (runtime, listening) = outlet::server(project)?;
    let tail = Box::new(runtime.block_on(listening.tail(&endpoint.topic, Position::End))?);
    Ok((outlet, Inlet::Server { runtime, tail }))
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
