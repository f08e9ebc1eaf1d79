//! Scratch memory for requests: taken for one request, put back after it, never locked in between.

use std::sync::{Mutex, PoisonError};

/// How many idle ones are kept: more than there are threads to use them at once.
const IDLE: usize = 32;

#[derive(Debug)]
pub(super) struct Pool<T>(Mutex<Vec<T>>);

impl<T> Pool<T> {
    pub(super) fn new() -> Pool<T> {
        Pool(Mutex::new(Vec::new()))
    }

    pub(super) fn take(&self, make: impl FnOnce() -> T) -> T {
        let idle = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        idle.unwrap_or_else(make)
    }

    /// A request that was cancelled simply never puts back.
    pub(super) fn put(&self, scratch: T) {
        let mut idle = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < IDLE {
            idle.push(scratch);
        }
    }
}
