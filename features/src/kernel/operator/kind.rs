//! What an operator is, without its argument and its frame.

use std::cmp::Ordering;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::kernel) enum Kind {
    Count,
    /// Of Int and Interval: exact in 128 bits.
    IntegerSum,
    FloatSum,
    Min,
    Max,
    First,
    Last,
    /// Counted from 1.
    Nth(u32),
    /// Of values and of their squares.
    Spread,
    /// No further than this.
    Distinct(u32),
    /// How many rows back, at least one.
    Lag(u32),
}

impl Kind {
    /// How many of the first rows that enter decide; `None`: all do.
    pub(in crate::kernel) fn first_rows(self) -> Option<usize> {
        match self {
            Kind::First => Some(1),
            Kind::Nth(n) => Some(n as usize),
            _ => None,
        }
    }

    /// How many of the last rows that enter decide; `None`: all do.
    pub(in crate::kernel) fn last_rows(self) -> Option<usize> {
        match self {
            Kind::Last => Some(1),
            Kind::Lag(offset) => Some(offset as usize),
            _ => None,
        }
    }

    /// Whether some rows at one end decide. With a filter they have to be looked for.
    pub(in crate::kernel) fn looks_at_few(self) -> bool {
        self.first_rows().or(self.last_rows()).is_some()
    }

    /// Of `min` and `max`: how a value compares to those that it beats.
    pub(in crate::kernel) fn beats(self) -> Option<Ordering> {
        match self {
            Kind::Min => Some(Ordering::Less),
            Kind::Max => Some(Ordering::Greater),
            _ => None,
        }
    }
}

/// What a call wants of its accumulator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::kernel) enum Reading {
    Value,
    Mean,
    /// The square root.
    Root,
}
