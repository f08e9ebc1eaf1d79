//! What waits to be logged. A request pays for one lock that is hardly ever held, and wakes nobody.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Holds no more than its limit.
#[derive(Debug)]
pub(super) struct Queue<T> {
    waiting: Mutex<Vec<T>>,
    limit: usize,
}

impl<T> Queue<T> {
    pub(super) fn new(limit: usize) -> Queue<T> {
        Queue { waiting: Mutex::new(Vec::new()), limit }
    }

    /// Puts in what there is room for; how many there was none for.
    pub(super) fn put(&self, items: impl IntoIterator<Item = T>) -> u64 {
        let mut items = items.into_iter();
        let mut waiting = self.lock();
        let room = self.limit.saturating_sub(waiting.len());
        waiting.extend(items.by_ref().take(room));
        drop(waiting);
        items.count() as u64
    }

    /// Gives what waits for `empty`, whose room it takes over: in the long run nothing is allocated here.
    pub(super) fn take(&self, empty: &mut Vec<T>) {
        empty.clear();
        std::mem::swap(&mut *self.lock(), empty);
    }

    fn lock(&self) -> MutexGuard<'_, Vec<T>> {
        // Changed by whole insertions only.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_beyond_the_limit_is_counted() {
        let queue = Queue::new(3);
        assert_eq!((queue.put([1, 2]), queue.put([3, 4, 5])), (0, 2));
        let mut taken = Vec::new();
        queue.take(&mut taken);
        assert_eq!(taken, [1, 2, 3]);
        assert_eq!(queue.put([6]), 0);
    }
}
