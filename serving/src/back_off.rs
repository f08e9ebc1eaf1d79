//! How long to wait before what failed is tried again.

use std::time::Duration;

/// A wait that doubles from failure to failure, up to a bound, until something has gone well.
#[derive(Debug)]
pub(crate) struct BackOff {
    first: Duration,
    longest: Duration,
    next: Duration,
}

impl BackOff {
    pub(crate) fn new(first: Duration, longest: Duration) -> BackOff {
        BackOff { first, longest, next: first }
    }

    /// How long to wait after one more failure.
    pub(crate) fn failed(&mut self) -> Duration {
        let wait = self.next;
        self.next = (wait * 2).min(self.longest);
        wait
    }

    /// Something has gone well: the next failure is a first one.
    pub(crate) fn went_well(&mut self) {
        self.next = self.first;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_their_bound_until_something_goes_well() {
        let millis = Duration::from_millis;
        let mut back_off = BackOff::new(millis(20), millis(100));
        let waits: Vec<_> = std::iter::repeat_with(|| back_off.failed()).take(5).collect();
        assert_eq!(waits, [20, 40, 80, 100, 100].map(millis));
        back_off.went_well();
        assert_eq!(back_off.failed(), millis(20));
    }
}
