//! Failures on order.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts steps and lets one fail.
#[derive(Debug)]
pub(in super::super) struct Faults {
    taken: AtomicUsize,
    at: usize,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Kind {
    /// The process dies at the step: nothing after it happens, not even cleaning up.
    Crash,
    /// The disk is full at the step, and has room again after it.
    Full,
}

impl Default for Faults {
    fn default() -> Faults {
        Faults::at(usize::MAX, Kind::Crash)
    }
}

impl Faults {
    /// Lets step number `at` fail, counting from 0.
    pub(in super::super) fn at(at: usize, kind: Kind) -> Faults {
        Faults { taken: AtomicUsize::new(0), at, kind }
    }

    /// Whether the order was carried out.
    pub(in super::super) fn happened(&self) -> bool {
        self.at < self.taken.load(Ordering::Relaxed)
    }

    pub(super) fn step(&self) -> io::Result<()> {
        let step = self.taken.fetch_add(1, Ordering::Relaxed);
        match self.kind {
            Kind::Crash if self.at <= step => Err(io::Error::other("the process died")),
            Kind::Full if self.at == step => Err(io::ErrorKind::StorageFull.into()),
            _ => Ok(()),
        }
    }
}
