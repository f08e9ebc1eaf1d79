//! What goes beside the records of a batch, where the log has a place for it (Kafka): it is carried, and decides nothing.

use smol_str::SmolStr;

/// The header in which a record's trace context is passed on (W3C Trace Context).
pub const TRACE: &str = "traceparent";
/// A longer one is no trace context.
const MAX_TRACE: usize = 256;

/// The header of an event that was a dead letter and is given back to its stream. The embedded log has a place for it too:
/// it decides, see [`super::RecordRef::redriven`].
#[cfg(feature = "kafka")]
pub(in crate::log) const REDRIVEN: &str = "clutch-redriven";

/// Headers of every record, and the trace contexts of some.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Headers {
    pub(super) common: Vec<(&'static str, SmolStr)>,
    /// By the records' places in the batch, in increasing order.
    pub(super) traces: Vec<(u32, Box<[u8]>)>,
    /// Every record is a dead letter that came back.
    pub(super) all_redriven: bool,
    /// Those that are, by their places in the batch, in increasing order.
    pub(super) redriven: Vec<u32>,
}

impl Headers {
    pub(super) fn trace(&mut self, index: u32, trace: &[u8]) {
        if trace.len() <= MAX_TRACE {
            self.traces.push((index, trace.into()));
        }
    }

    pub(super) fn is_redriven(&self, index: usize) -> bool {
        self.all_redriven || u32::try_from(index).is_ok_and(|index| self.redriven.binary_search(&index).is_ok())
    }

    pub(super) fn trace_of(&self, index: usize) -> Option<&[u8]> {
        let index = u32::try_from(index).ok().filter(|_| !self.traces.is_empty())?;
        let found = self.traces.binary_search_by_key(&index, |(index, _)| *index).ok()?;
        Some(&self.traces[found].1)
    }
}
