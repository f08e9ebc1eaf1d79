//! Where key states live between batches: one slot for each partition of a stream, written by one worker at a time and
//! read by whoever answers requests.
//!
//! Two seams: [`OnlineStore`], for the worker that owns a partition, and [`StateReader`], for requests.

#[cfg(any(test, feature = "test-support"))]
pub mod contract;
mod embedded;
mod memory;
mod record;
mod seam;
mod slot;

pub use embedded::{EmbeddedStore, MAX_KEY_BYTES};
pub use memory::{Image, MemoryStore};
pub use record::{Counters, RecordError, SlotRecord};
pub use seam::{Flush, OnlineStore, Removal, SlotFlush, StateReader, StoreError};
pub use slot::{Claim, Hold, Slot, ViewSet};
