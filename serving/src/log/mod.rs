//! The event log: topics of partitions of keyed records, appended in batches, read by offset.
//!
//! One seam, [`EventLog`], with an embedded durable implementation and one in memory.

mod batch;
#[cfg(any(test, feature = "test-support"))]
pub mod contract;
mod embedded;
mod memory;
mod progress;
mod rules;
mod seam;

pub use batch::{RecordBatch, RecordRef, Records, StoredBatch, TooLarge};
pub use embedded::{EmbeddedLog, FreeSpace};
pub use memory::MemoryLog;
pub use rules::MAX_EVENT_BYTES;
pub use seam::{
    Appended, Consumer, Entry, Epoch, EventLog, LogError, ProducerId, ReadLimit, Sequence, TopicPartition, Transaction,
};
