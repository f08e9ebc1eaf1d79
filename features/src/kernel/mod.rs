//! The window kernel: what the frames of one key's log hold. Knows no clock, no log and no store.

use crate::event::Place;
use crate::plan::View;
use crate::value::{Micros, Value};

/// Part of every view hash: changed whenever equal input could give other bits or state could not be read.
pub const KERNEL_VERSION: u32 = 1;

/// The windows of a view, arranged for folding: made once per host, shared by all keys.
#[derive(Debug, Clone)]
pub struct Kernel {
    // Skeleton.
}

/// The window state of one key for one view. Only the [`Kernel`] of that view may read or change it.
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

impl Kernel {
    pub fn new(view: &View) -> Kernel {
        todo!("{view:?}")
    }

    /// Folds an accepted event that the filter kept and writes one result per call into `results` (cleared first).
    /// `before` are the outputs of [`View::before`] for it; `newest` is the key's newest event time including this one.
    pub fn fold(
        &self,
        state: &mut ViewState,
        place: Place,
        newest: Micros,
        before: &[Value],
        results: &mut Vec<Value>,
    ) {
        todo!("{state:?} {place:?} {newest:?} {before:?} {results:?}")
    }

    /// What [`Kernel::fold`] would give for a row that stands last at its timestamp, changing nothing.
    /// `own` is the place of the same business id if it was folded: left out of the frames.
    pub fn peek(
        &self,
        state: &ViewState,
        time: Micros,
        own: Option<Place>,
        before: &[Value],
        results: &mut Vec<Value>,
    ) {
        todo!("{state:?} {time} {own:?} {before:?} {results:?}")
    }

    /// Appends the state: equal states give equal bytes.
    pub fn encode(&self, state: &ViewState, out: &mut Vec<u8>) {
        todo!("{state:?} {out:?}")
    }

    pub fn decode(&self, bytes: &[u8]) -> Result<ViewState, StateError> {
        todo!("{bytes:?}")
    }
}
