//! A reader of one partition, which stands at an offset.

use std::time::{Duration, Instant};

use features::value::Micros;
use rdkafka::config::FromClientConfigAndContext;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::message::{BorrowedMessage, Headers as _, Message as _};
use rdkafka::{Offset, Timestamp, TopicPartitionList};

use super::faults::{ReadFault, read_fault, unavailable};
use super::settings::{KafkaSettings, PATIENCE, Telling};
use super::topics::{Topics, signed};
use crate::log::batch::{REDRIVEN, RecordBatch, StoredBatch, TRACE};
use crate::log::seam::{LogError, Read, ReadLimit, TopicPartition};

/// How long records that the log has may take to come before it is found out whether there are any.
const COMING: Duration = Duration::from_millis(20);

/// Where a consumer stands in a partition. It fetches ahead, within bounds.
pub(super) struct Cursor {
    consumer: BaseConsumer<Telling>,
    place: TopicPartition,
    /// The next offset that it has not taken.
    position: u64,
    /// What it was last told to fetch has not brought anything yet.
    fresh: bool,
    /// Taken, and not given out.
    gathered: Gathered,
}

/// Records on their way out.
#[derive(Default)]
struct Gathered {
    batch: RecordBatch,
    marks: Vec<(u64, Micros)>,
}

/// What came of one look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Came {
    Record,
    /// Everything before the end, as it was when this was fetched, has come.
    End,
    Nothing,
}

impl Cursor {
    pub(super) fn new(settings: &KafkaSettings, place: &TopicPartition) -> Result<Cursor, LogError> {
        let consumer = BaseConsumer::from_config_and_context(&settings.reader(), Telling);
        Ok(Cursor {
            consumer: consumer.map_err(unavailable("begin to read"))?,
            place: place.clone(),
            position: 0,
            fresh: true,
            gathered: Gathered::default(),
        })
    }

    /// Goes to an offset; what was fetched for another is dropped.
    pub(super) fn go_to(&mut self, position: u64) -> Result<(), LogError> {
        let failed = unavailable("begin to read");
        let mut assignment = TopicPartitionList::with_capacity(1);
        let offset = Offset::Offset(i64::try_from(position).unwrap_or(i64::MAX));
        assignment
            .add_partition_offset(&self.place.topic, signed(self.place.partition), offset)
            .and_then(|()| self.consumer.assign(&assignment))
            .map_err(failed)?;
        self.position = position;
        self.fresh = true;
        self.gathered = Gathered::default();
        Ok(())
    }

    /// The offset that the next read begins with.
    pub(super) fn stands_at(&self) -> u64 {
        self.gathered.marks.first().map_or(self.position, |(offset, _)| *offset)
    }

    /// The next records; none only if the log has none at or beyond where this stands.
    pub(super) fn read(&mut self, limit: ReadLimit, topics: &Topics) -> Result<Read, LogError> {
        self.gather(limit, topics)?;
        if self.gathered.marks.is_empty() {
            let (_, end) = topics.range(&self.place)?;
            if self.position < end {
                self.insist(end, topics)?;
                self.gather(limit, topics)?;
            }
        }
        let Gathered { batch, marks } = std::mem::take(&mut self.gathered);
        Ok(Read { batches: StoredBatch::gathered(batch, marks).into_iter().collect(), next: self.position })
    }

    /// Whether a record comes within `timeout`.
    pub(super) fn wait(&mut self, timeout: Duration, topics: &Topics) -> Result<bool, LogError> {
        let started = Instant::now();
        while self.gathered.marks.is_empty() {
            let left = timeout.saturating_sub(started.elapsed());
            if self.look(left.min(PATIENCE), topics)? == Came::Nothing && left.is_zero() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Takes what has been fetched already.
    fn gather(&mut self, limit: ReadLimit, topics: &Topics) -> Result<(), LogError> {
        let Gathered { batch, marks } = &self.gathered;
        let (mut records, mut bytes) = (marks.len(), batch.size());
        while records < limit.records.max(1) && (records == 0 || bytes < limit.bytes) {
            if self.look(Duration::ZERO, topics)? == Came::Nothing {
                break;
            }
            (records, bytes) = (self.gathered.marks.len(), self.gathered.batch.size());
        }
        Ok(())
    }

    /// The log ends at `end`, beyond where this stands: waits for the first record, or finds out that there is none. An end
    /// that is told may be an older one, so it is asked for anew.
    fn insist(&mut self, end: u64, topics: &Topics) -> Result<(), LogError> {
        let mut asked_anew = !self.fresh;
        if asked_anew {
            if self.wait(COMING, topics)? {
                return Ok(());
            }
            self.go_to(self.position)?;
        }
        let started = Instant::now();
        loop {
            match self.look(COMING, topics)? {
                Came::Record => return Ok(()),
                // It may have been on its way before `end` was told, and know nothing of what came in between.
                Came::End if !asked_anew => {
                    self.go_to(self.position)?;
                    asked_anew = true;
                }
                Came::End => {
                    // Whatever it holds is no record: the marks of transactions, or what was aborted.
                    self.position = self.position.max(end);
                    return Ok(());
                }
                Came::Nothing if started.elapsed() > PATIENCE => {
                    let source = KafkaError::NoMessageReceived;
                    return Err(LogError::Unavailable { action: "read what it has", source: Box::new(source) });
                }
                Came::Nothing => {}
            }
        }
    }

    fn look(&mut self, timeout: Duration, topics: &Topics) -> Result<Came, LogError> {
        let Cursor { consumer, position, gathered, fresh, .. } = self;
        let error = match consumer.poll(timeout) {
            None => return Ok(Came::Nothing),
            Some(Ok(message)) => {
                *fresh = false;
                return Ok(if gathered.take(&message, position) { Came::Record } else { Came::Nothing });
            }
            Some(Err(KafkaError::PartitionEOF(_))) => {
                *fresh = false;
                return Ok(Came::End);
            }
            Some(Err(error)) => error,
        };
        match read_fault(&error) {
            ReadFault::Passing => {
                tracing::debug!(place = %self.place, %error, "a reader waits for its broker");
                Ok(Came::Nothing)
            }
            ReadFault::OutOfRange => match topics.range(&self.place)? {
                (start, _) if self.position < start => {
                    Err(LogError::Truncated { place: self.place.clone(), from: self.position, start })
                }
                _ => Err(unavailable("find an offset")(error)),
            },
            ReadFault::Unknown => {
                topics.forget(&self.place.topic);
                Err(LogError::UnknownTopic { topic: self.place.topic.clone() })
            }
            ReadFault::Lasting => Err(unavailable("read")(error)),
        }
    }
}

impl Gathered {
    /// Adds a message; false if it is not one that is still to come.
    fn take(&mut self, message: &BorrowedMessage<'_>, position: &mut u64) -> bool {
        let Some(offset) = u64::try_from(message.offset()).ok().filter(|offset| offset >= position) else {
            return false;
        };
        let time = match message.timestamp() {
            Timestamp::NotAvailable => 0,
            Timestamp::CreateTime(millis) | Timestamp::LogAppendTime(millis) => millis.saturating_mul(1_000),
        };
        *position = offset + 1;
        // A message is never as large as what no batch takes.
        let pushed = self.batch.push(message.key().unwrap_or_default(), message.payload().unwrap_or_default());
        if pushed.is_ok() {
            self.marks.push((offset, time));
            let headers = message.headers().into_iter().flat_map(|headers| headers.iter());
            let trace = headers.filter(|header| header.key == TRACE).find_map(|header| header.value);
            self.batch.trace_last(trace);
            let mut headers = message.headers().into_iter().flat_map(|headers| headers.iter());
            if headers.any(|header| header.key == REDRIVEN) {
                self.batch.redriven_last();
            }
        }
        pushed.is_ok()
    }
}
