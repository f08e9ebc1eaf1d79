//! Where key states live between batches: one slot for each partition of a stream, written by one worker at a time and
//! read by whoever answers requests.
//!
//! Two seams: [`OnlineStore`], for the worker that owns a partition, and [`StateReader`], for requests. Behind them: a local
//! database, Redis, and memory for tests.

#[cfg(any(test, feature = "test-support"))]
pub mod contract;
mod embedded;
mod memory;
mod record;
#[cfg(feature = "redis")]
mod redis;
mod seam;
mod slot;

pub use embedded::EmbeddedStore;
pub use memory::{Image, MemoryStore};
pub use record::{Counters, RecordError, SlotRecord};
#[cfg(all(feature = "redis", any(test, feature = "test-support")))]
pub use redis::sandbox;
#[cfg(feature = "redis")]
pub use redis::{RedisProblem, RedisStore};
pub use seam::{Flush, MAX_KEY_BYTES, OnlineStore, Removal, SlotFlush, StateReader, StoreError};
pub use slot::{Claim, Hold, Slot, ViewSet};
