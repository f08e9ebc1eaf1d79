//! Following a topic: what is appended, as JSON lines, for as long as somebody listens.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use futures::Stream;
use smol_str::SmolStr;
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;

use super::desk::{Desk, DeskError, stored};
use super::wire::{Position, TailLine};
use crate::log::{LogError, Read, ReadLimit, TopicPartition};

/// How many may listen at once.
pub(super) const TAILS: usize = 32;
/// How far behind the log a listener to what is new may be; what lies further back is left out, and it is told.
const MAX_BEHIND: u64 = 20_000;
/// Chunks of lines between the log and the connection.
const CHUNKS: usize = 8;
const READ: ReadLimit = ReadLimit { records: 500, bytes: 1 << 20 };
/// How often a tail looks whether anybody still listens.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// A tail at its beginning.
#[derive(Debug)]
pub(super) struct Begun {
    topic: SmolStr,
    /// Per partition: the next offset.
    positions: Vec<(u32, u64)>,
    /// Who listens to what is new is not told at length what is old.
    live: bool,
}

pub(super) fn begin(desk: &Desk, topic: String, from: Position) -> Result<Begun, DeskError> {
    let topic = SmolStr::from(topic);
    let position = |partition| {
        let place = TopicPartition { topic: topic.clone(), partition };
        let offset = match from {
            Position::Start => 0,
            Position::End => desk.log.end(&place)?,
        };
        Ok((partition, offset))
    };
    let positions = (0..desk.log.partitions(&topic)?).map(position).collect::<Result<_, DeskError>>()?;
    Ok(Begun { topic, positions, live: from == Position::End })
}

/// Chunks of lines. The reading thread ends soon after the stream is dropped, or with `shutdown`.
pub(super) fn follow(
    desk: Arc<Desk>,
    begun: Begun,
    permit: OwnedSemaphorePermit,
    shutdown: CancellationToken,
) -> impl Stream<Item = Result<Bytes, Infallible>> {
    let (sender, receiver) = mpsc::channel(CHUNKS);
    // Held by the stream: the runtime waits for it, and it ends with the channel.
    let reading = spawn_blocking(move || {
        read(&desk, begun, &sender, &shutdown);
        drop(permit);
    });
    futures::stream::unfold((receiver, reading), |(mut receiver, reading)| async move {
        let chunk: Bytes = receiver.recv().await?;
        Some((Ok(chunk), (receiver, reading)))
    })
}

fn read(desk: &Desk, mut begun: Begun, lines: &mpsc::Sender<Bytes>, shutdown: &CancellationToken) {
    while !shutdown.is_cancelled() && !lines.is_closed() {
        let chunk = match next_chunk(desk, &mut begun) {
            Ok(chunk) => chunk,
            Err(error) => {
                tracing::warn!(topic = %begun.topic, error = &error as &dyn std::error::Error, "a tail ended early");
                return;
            }
        };
        match chunk {
            Some(chunk) => {
                if lines.blocking_send(chunk).is_err() {
                    return;
                }
            }
            None => {
                if desk.log.wait(&begun.topic, &begun.positions, LOOK_EVERY).is_err() {
                    return;
                }
            }
        }
    }
}

/// The lines that are there to be read, in the order in which the log took them; `None` if there are none.
fn next_chunk(desk: &Desk, begun: &mut Begun) -> Result<Option<Bytes>, DeskError> {
    let mut lines = Vec::new();
    let mut records = Vec::new();
    for (partition, offset) in &mut begun.positions {
        let place = TopicPartition { topic: begun.topic.clone(), partition: *partition };
        let end = desk.log.end(&place)?;
        let behind = end.saturating_sub(*offset);
        if begun.live && behind > MAX_BEHIND {
            put_line(&mut lines, &TailLine::Missed(behind));
            *offset = end;
        }
        let Read { batches, next } = match desk.log.read(&place, *offset, READ) {
            // The log's first records are gone: the rest is there to be read.
            Err(LogError::Truncated { start, .. }) => {
                *offset = start;
                desk.log.read(&place, start, READ)?
            }
            read => read?,
        };
        records.extend(
            batches.iter().flat_map(|batch| batch.records_from(*offset)).map(|record| stored(*partition, record)),
        );
        *offset = next;
    }
    records.sort_by_key(|record| record.appended_at);
    for record in records {
        put_line(&mut lines, &TailLine::Record(record));
    }
    Ok((!lines.is_empty()).then(|| lines.into()))
}

fn put_line(lines: &mut Vec<u8>, line: &TailLine) {
    let start = lines.len();
    if let Err(error) = line.write(lines) {
        lines.truncate(start);
        tracing::error!(%error, "a line could not be written");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admin::tests::{desk, records};

    fn behind(by: u64, from: Position) -> Vec<String> {
        let (_dir, desk) = desk();
        let mut begun = begin(&desk, "plays".into(), from).expect("begin");
        for _ in 0..by.div_ceil(5_000) {
            desk.append("plays", None, &records(&["{}"; 5_000])).expect("append");
        }
        let chunk = next_chunk(&desk, &mut begun).expect("chunk").expect("lines");
        String::from_utf8(chunk.to_vec()).expect("UTF-8").lines().map(str::to_owned).collect()
    }

    #[test]
    fn a_listener_who_is_too_slow_is_told_how_many_were_left_out() {
        assert_eq!(behind(MAX_BEHIND + 1, Position::End), [r#"{"missed":25000}"#]);
    }

    #[test]
    fn a_listener_from_the_start_gets_everything() {
        let lines = behind(MAX_BEHIND + 1, Position::Start);
        assert!(lines[0].starts_with(r#"{"partition":0,"offset":0,"#), "{}", lines[0]);
    }
}
