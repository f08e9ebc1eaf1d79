//! Where an event stands among the events of its key.

use crate::value::Micros;

/// The total order of a key's events: by event time, then by offset. (A key lives in one partition.)
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub time: Micros,
    /// Where it stands in its log (for history from files: in file order).
    pub offset: u64,
}
