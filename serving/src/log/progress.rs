//! How far each partition of a topic reaches, and who waits for more.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The end offsets of a topic's partitions.
#[derive(Debug)]
pub(super) struct Progress {
    ends: Mutex<Vec<u64>>,
    grown: Condvar,
}

impl Progress {
    pub(super) fn new(ends: Vec<u64>) -> Progress {
        Progress { ends: Mutex::new(ends), grown: Condvar::new() }
    }

    pub(super) fn partitions(&self) -> u32 {
        u32::try_from(self.lock().len()).unwrap_or(u32::MAX)
    }

    /// `None` if there is no such partition.
    pub(super) fn end(&self, partition: u32) -> Option<u64> {
        self.lock().get(usize::try_from(partition).ok()?).copied()
    }

    /// Makes what was appended visible.
    pub(super) fn grow(&self, partition: u32, end: u64) {
        let mut ends = self.lock();
        if let Some(slot) = usize::try_from(partition).ok().and_then(|index| ends.get_mut(index)) {
            *slot = end;
        }
        drop(ends);
        self.grown.notify_all();
    }

    /// Whether a partition reaches beyond its offset in `after`, once one does or `timeout` is over.
    pub(super) fn wait(&self, after: &[(u32, u64)], timeout: Duration) -> bool {
        let reached = |ends: &[u64]| {
            after.iter().any(|&(partition, offset)| {
                usize::try_from(partition).ok().and_then(|index| ends.get(index)).is_some_and(|&end| end > offset)
            })
        };
        let waiting = self.grown.wait_timeout_while(self.lock(), timeout, |ends| !reached(ends));
        let (ends, _) = waiting.unwrap_or_else(PoisonError::into_inner);
        reached(&ends)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<u64>> {
        // Only single numbers are written under this lock: there is no half-done change to fear.
        self.ends.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
