//! The event log: topics of partitions of keyed records, appended in batches, read by offset.
//!
//! One seam, [`EventLog`], with an embedded durable implementation, one on Apache Kafka and one in memory.

mod batch;
#[cfg(any(test, feature = "test-support"))]
pub mod contract;
mod embedded;
mod groups;
#[cfg(feature = "kafka")]
pub mod kafka;
mod memory;
mod progress;
mod rules;
mod seam;

pub use batch::{RecordBatch, RecordRef, Records, StoredBatch, TRACE, TooLarge};
pub use embedded::{EmbeddedLog, FreeSpace};
pub use groups::{Groups, Member, Membership};
pub use memory::MemoryLog;
pub use rules::MAX_EVENT_BYTES;
pub use seam::{
    Appended, Consumer, Entry, Epoch, EventLog, LogError, ProducerId, Read, ReadLimit, Sequence, TopicPartition,
    Transaction,
};
