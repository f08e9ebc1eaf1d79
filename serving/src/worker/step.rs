//! How a worker is bounded, and what it tells of each step.

use std::time::Duration;

use features::online::Counters;
use features::value::Micros;

use crate::log::ReadLimit;

/// Bounds of a worker's memory and of how much one commit holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// The most that one batch reads. There is no waiting for a batch to fill: at low rates each event is committed at
    /// once, at high rates what arrives during a batch makes the next.
    pub batch: ReadLimit,
    /// States kept in memory.
    pub cached_keys: usize,
    /// Where states are flushed apart from commits: after this many changed keys, once the last flush is so long ago, or
    /// when there is nothing else to do. Requests see what was flushed, and the next owner folds what was not.
    pub flush_keys: usize,
    pub flush_every: Micros,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            batch: ReadLimit { records: 1024, bytes: 4 << 20 },
            cached_keys: 10_000,
            flush_keys: 2_000,
            flush_every: 100_000,
        }
    }
}

/// What a step has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// One of the steps of taking the partition.
    Taking,
    /// Folded committed events that the states of a version that serves did not hold.
    CatchingUp,
    /// Folded history for a version that does not serve yet.
    Bootstrapping,
    /// The partition is taken; batches follow.
    Ready,
    /// A batch is committed.
    Committed(Committed),
    /// States were flushed.
    Flushed,
    /// States of a version that nobody needs any more were removed.
    Removed,
    /// There is nothing to do until more events come.
    Idle,
}

/// A committed batch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Committed {
    pub events: u64,
    /// What became of them.
    pub decided: Counters,
    /// When the log took the first of the events.
    pub appended_at: Micros,
    pub decode: Duration,
    pub features: Duration,
    pub predict: Duration,
    /// Writing the records and committing them.
    pub commit: Duration,
}
