//! Tells the log of requests that failed by no fault of the client's: at most once a second, with the number of those
//! that it left out, so that an outage does not fill the disk.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::error::HttpError;

const EVERY: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(super) struct Failures {
    start: Instant,
    /// Milliseconds after `start` before which nothing more is told.
    quiet_until: AtomicU64,
    left_out: AtomicU64,
}

impl Failures {
    pub(super) fn new() -> Failures {
        Failures { start: Instant::now(), quiet_until: AtomicU64::new(0), left_out: AtomicU64::new(0) }
    }

    pub(super) fn report(&self, error: &HttpError) {
        if error.is_a_failure()
            && let Some(left_out) = self.turn(self.start.elapsed())
        {
            tracing::warn!(error = error as &dyn std::error::Error, left_out, "a request failed");
        }
    }

    /// Whether it may be told now, and how many were left out since the last time.
    fn turn(&self, now: Duration) -> Option<u64> {
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let until = self.quiet_until.load(Ordering::Relaxed);
        let next = millis(now.saturating_add(EVERY));
        let free = until <= millis(now)
            && self.quiet_until.compare_exchange(until, next, Ordering::Relaxed, Ordering::Relaxed).is_ok();
        if free {
            Some(self.left_out.swap(0, Ordering::Relaxed))
        } else {
            self.left_out.fetch_add(1, Ordering::Relaxed);
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outage_is_told_once_a_second() {
        let failures = Failures::new();
        let at = Duration::from_millis;
        assert_eq!(failures.turn(at(0)), Some(0));
        assert_eq!(failures.turn(at(1)), None);
        assert_eq!(failures.turn(at(999)), None);
        assert_eq!(failures.turn(at(1000)), Some(2));
        assert_eq!(failures.turn(at(5000)), Some(0));
    }
}
