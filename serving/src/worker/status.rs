//! What a worker tells about itself while it runs.

use std::sync::{Mutex, PoisonError};

/// How a worker stands with its partition.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// Taking the partition: fencing, claiming, reading where it stands.
    #[default]
    Taking,
    /// Folding what was committed before and is not in the store.
    CatchingUp,
    /// Predicting.
    Running,
    /// It failed and will take the partition again.
    Failing,
    Stopped,
}

/// A worker at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct PartitionStatus {
    pub phase: Phase,
    /// The next offset that it will fold.
    pub next: u64,
    /// Everything before it was worked off when the worker last had nothing to do: further than `next` where the log leaves
    /// out offsets.
    #[serde(default)]
    pub idle_at: u64,
    /// How often it has taken the partition again after a failure.
    pub restarts: u64,
    /// Why it failed last, with causes; kept until it runs again.
    pub error: Option<String>,
}

/// Shared between a worker's thread and those who ask.
#[derive(Debug, Default)]
pub(crate) struct StatusCell(Mutex<PartitionStatus>);

impl StatusCell {
    pub(crate) fn get(&self) -> PartitionStatus {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn update(&self, change: impl FnOnce(&mut PartitionStatus)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}
