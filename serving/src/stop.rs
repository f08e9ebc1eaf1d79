//! A request to stop that threads can wait on.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Once requested, requested for good.
#[derive(Debug, Default)]
pub(crate) struct Stop {
    requested: Mutex<bool>,
    changed: Condvar,
}

impl Stop {
    pub(crate) fn request(&self) {
        *self.lock() = true;
        self.changed.notify_all();
    }

    pub(crate) fn requested(&self) -> bool {
        *self.lock()
    }

    /// Waits until it is requested, at most for `timeout`; says whether it is.
    pub(crate) fn wait(&self, timeout: Duration) -> bool {
        let waiting = self.changed.wait_timeout_while(self.lock(), timeout, |requested| !*requested);
        *waiting.unwrap_or_else(PoisonError::into_inner).0
    }

    fn lock(&self) -> MutexGuard<'_, bool> {
        self.requested.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
