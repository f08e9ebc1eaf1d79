//! What a log refuses, as pure functions that every implementation asks.

use super::seam::{Consumer, Entry, Epoch, LogError, Sequence};

/// The largest event that a producer may append, key and value together. What workers publish may be larger: a dead
/// letter holds the event that it is about.
pub const MAX_EVENT_BYTES: usize = 1 << 20;

/// Whether an append is new (`true`) or repeated.
pub(super) fn is_new(sequence: Option<Sequence>, last: u64) -> Result<bool, LogError> {
    match sequence {
        None => Ok(true),
        Some(Sequence { number, .. }) if number <= last => Ok(false),
        Some(Sequence { number, .. }) if number == last + 1 => Ok(true),
        Some(Sequence { number, .. }) => Err(LogError::SequenceGap { expected: last + 1, found: number }),
    }
}

/// Refuses an append with an event that is too large.
pub(super) fn check_sizes(entries: &[Entry]) -> Result<(), LogError> {
    let largest = entries.iter().flat_map(|entry| entry.batch.iter()).map(|(key, value)| key.len() + value.len()).max();
    match largest {
        Some(bytes) if bytes > MAX_EVENT_BYTES => Err(LogError::TooLarge { bytes, limit: MAX_EVENT_BYTES }),
        _ => Ok(()),
    }
}

/// What a log keeps of a consumer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Position {
    pub(super) epoch: u64,
    pub(super) offset: u64,
}

/// Refuses a commit of an older owner, and one that goes back or beyond the end of the log.
pub(super) fn check_commit(
    consumer: &Consumer,
    epoch: Epoch,
    offset: u64,
    position: Position,
    end: u64,
) -> Result<(), LogError> {
    if epoch.0 != position.epoch {
        return Err(LogError::Fenced { consumer: consumer.clone() });
    }
    if offset < position.offset || offset > end {
        let place = consumer.place.clone();
        return Err(LogError::Offset { place, offset, committed: position.offset, end });
    }
    Ok(())
}
