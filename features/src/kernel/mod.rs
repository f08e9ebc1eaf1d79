//! The window kernel: what the frames of one key's log hold. Knows no clock, no log and no store.

use crate::plan::View;
use crate::value::{Micros, Value};

/// Part of every view hash: changed whenever equal input could give other bits or state could not be read.
pub const KERNEL_VERSION: u32 = 1;

/// The window state of one key for one view.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ViewState {
    // Skeleton.
}

/// A persisted state that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    #[error("state is truncated at byte {at}")]
    Truncated { at: usize },
    #[error("state has format version {found}; this binary reads {supported}")]
    Version { found: u32, supported: u32 },
    #[error("state is corrupt: {0}")]
    Corrupt(&'static str),
}

impl ViewState {
    /// Folds an accepted event that the filter kept and writes one result per call into `results` (cleared first).
    /// `before` are the outputs of [`View::before`] for it; `offset` orders events of one timestamp; `newest` is the
    /// key's newest event time including this one.
    pub fn fold(
        &mut self,
        view: &View,
        time: Micros,
        offset: u64,
        newest: Micros,
        before: &[Value],
        results: &mut Vec<Value>,
    ) {
        todo!("{view:?} {time} {offset} {newest} {before:?} {results:?}")
    }

    /// What [`ViewState::fold`] would give for a row that stands last at its timestamp, changing nothing.
    /// `own` is the position (time, offset) of the same business id if it was folded: left out of the frames.
    pub fn peek(
        &self,
        view: &View,
        time: Micros,
        own: Option<(Micros, u64)>,
        before: &[Value],
        results: &mut Vec<Value>,
    ) {
        todo!("{view:?} {time} {own:?} {before:?} {results:?}")
    }

    pub fn encode(&self, out: &mut Vec<u8>) {
        todo!("{out:?}")
    }

    pub fn decode(bytes: &[u8]) -> Result<ViewState, StateError> {
        todo!("{bytes:?}")
    }
}
