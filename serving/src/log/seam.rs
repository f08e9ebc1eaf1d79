//! The seam to an event log.

use std::fmt::Debug;
use std::time::Duration;

use smol_str::SmolStr;

use super::batch::{RecordBatch, StoredBatch};

/// A partition of a topic.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TopicPartition {
    pub topic: SmolStr,
    pub partition: u32,
}

impl std::fmt::Display for TopicPartition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.topic, self.partition)
    }
}

/// Records for one partition.
#[derive(Debug, Clone)]
pub struct Entry {
    pub place: TopicPartition,
    pub batch: RecordBatch,
}

/// A producer that numbers its appends, so that one sent again is recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ProducerId(pub [u8; 16]);

/// Which append of which producer: the first has number 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sequence {
    pub producer: ProducerId,
    pub number: u64,
}

/// What became of an append.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Appended {
    Written,
    /// An append of this or a later number by this producer is in the log already; nothing was added.
    Repeated,
}

/// How much a read returns: it ends with the batch that reaches either.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadLimit {
    pub records: usize,
    pub bytes: usize,
}

/// What a read found.
#[derive(Debug, Default)]
pub struct Read {
    /// In order, with increasing offsets.
    pub batches: Vec<StoredBatch>,
    /// Where the next read goes on: no record lies between the last of these, or where this read began, and it.
    pub next: u64,
}

/// Who consumes a partition: a group has one committed offset per partition, and one owner at a time.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Consumer {
    pub group: SmolStr,
    pub place: TopicPartition,
}

/// One assignment of a consumer's partition; a later assignment has a higher one and fences all before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Epoch(pub u64);

/// Outputs and the consumed offset: in the log together, or not at all.
#[derive(Debug, Clone)]
pub struct Transaction {
    pub consumer: Consumer,
    pub epoch: Epoch,
    pub outputs: Vec<Entry>,
    /// The first offset not consumed.
    pub offset: u64,
}

/// Why the log did not do as asked.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    #[error("the log has no topic `{topic}`")]
    UnknownTopic { topic: SmolStr },
    #[error("topic `{}` has no partition {}: it has {partitions}", .place.topic, .place.partition)]
    UnknownPartition { place: TopicPartition, partitions: u32 },
    #[error(
        "topic `{topic}` has {found} partitions, and {declared} are declared, so keys are not where their states are: stop its servers and \
         producers and run `clutch stream migrate`"
    )]
    PartitionCount { topic: SmolStr, found: u32, declared: u32 },
    #[error("append {found} of a producer came where {expected} was expected: appends between them are missing")]
    SequenceGap { expected: u64, found: u64 },
    #[error("partition {} of `{}` has a newer owner in group `{}`", .consumer.place.partition, .consumer.place.topic, .consumer.group)]
    Fenced { consumer: Consumer },
    #[error("offset {offset} of {place} cannot be committed: {committed} is, and the log ends at {end}")]
    Offset { place: TopicPartition, offset: u64, committed: u64, end: u64 },
    #[error("{place} begins at offset {start}: {from} is no longer there")]
    Truncated { place: TopicPartition, from: u64, start: u64 },
    #[error("the batch that ends at offset {offset} of {place} is corrupt: {reason}")]
    Corrupt { place: TopicPartition, offset: u64, reason: &'static str },
    #[error("an event of {bytes} bytes is larger than the {limit} that the log takes")]
    TooLarge { bytes: usize, limit: usize },
    #[error("the disk has {} MB left, and the log takes nothing below {}", .free >> 20, .reserve >> 20)]
    DiskFull { free: u64, reserve: u64 },
    #[error("the event log could not {action}")]
    Unavailable { action: &'static str, source: Box<dyn std::error::Error + Send + Sync> },
}

/// A durable log of keyed records.
///
/// Contract, checked by `contract::event_log`:
/// * A topic has a fixed number of partitions; `create_topic` with the same number changes nothing.
/// * The records of a partition have increasing offsets in the order in which they were appended. Offsets may be left out,
///   so they count nothing: not the records before one, nor those between two.
/// * An append is atomic over all its entries. What was appended or committed may become visible a little later than the
///   call returns, but never in part, and [`EventLog::wait`] waits for it.
/// * Appends of one producer are numbered 1, 2, 3, …; a number at or below the last is answered `Repeated` and adds
///   nothing, across restarts of the log too; one that leaves a gap is refused.
/// * A read returns whole batches in order, the first of which holds `from` or begins behind it, and at least one if there
///   is any; at or beyond the end it returns none. What comes before the first record that the log still has is
///   `Truncated`.
/// * A commit is atomic: outputs and offset, or nothing. It is refused if a later `open` of the same consumer has
///   happened, or if the offset goes back or beyond the end.
pub trait EventLog: Send + Sync + Debug {
    fn create_topic(&self, topic: &str, partitions: u32) -> Result<(), LogError>;

    /// As `create_topic`, for records that keep the times at which another topic took them
    /// ([`RecordBatch::taken_at`]), until `finish_copy`.
    fn create_copy(&self, topic: &str, partitions: u32) -> Result<(), LogError> {
        self.create_topic(topic, partitions)
    }

    /// From now on the log says when it took a record.
    fn finish_copy(&self, _topic: &str) -> Result<(), LogError> {
        Ok(())
    }

    /// How many partitions a topic has.
    fn partitions(&self, topic: &str) -> Result<u32, LogError>;

    fn append(&self, sequence: Option<Sequence>, entries: Vec<Entry>) -> Result<Appended, LogError>;

    /// The number of the last append of a producer; 0 if there is none.
    fn last_sequence(&self, producer: ProducerId) -> Result<u64, LogError>;

    fn read(&self, place: &TopicPartition, from: u64, limit: ReadLimit) -> Result<Read, LogError>;

    /// Waits until a partition of `topic` has a record at or beyond its offset in `after`, at most for `timeout`; says
    /// whether one has. Returns at once if one has already. Where nothing but left-out offsets follow it may say so too.
    fn wait(&self, topic: &str, after: &[(u32, u64)], timeout: Duration) -> Result<bool, LogError>;

    /// No record lies at or beyond it, as of now; the last one may lie well before.
    fn end(&self, place: &TopicPartition) -> Result<u64, LogError>;

    /// How many records a partition has had, where the log knows without reading them.
    fn count(&self, place: &TopicPartition) -> Result<Option<u64>, LogError>;

    /// Takes ownership of a consumer's partition; whoever had it before can commit no more.
    fn open(&self, consumer: &Consumer) -> Result<Epoch, LogError>;

    /// The first offset that the group has not consumed; 0 if it never committed.
    fn committed(&self, consumer: &Consumer) -> Result<u64, LogError>;

    fn commit(&self, transaction: Transaction) -> Result<(), LogError>;
}
