//! The request host: a row that is not in the log, against the current state, which stays as it is.

use std::sync::Arc;

use super::{KeyState, ViewRow};
use crate::event::Event;
use crate::plan::View;
use crate::program::Scratch;

/// Why a request has no row: answered 422.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum RequestError {
    #[error("the event is {by_ms} ms older than the view's stream accepts")]
    Late { by_ms: i64 },
    #[error("the view's WHERE does not keep this event")]
    Dropped,
}

/// Computes one view's row for a request.
#[derive(Debug)]
pub struct RequestHost {
    view: Arc<View>,
    /// The view's place in [`KeyState::views`].
    index: usize,
    scratch: Scratch,
}

impl RequestHost {
    pub fn new(view: Arc<View>, index: usize) -> RequestHost {
        RequestHost { view, index, scratch: Scratch::default() }
    }

    /// `state` is `None` for a key that was never seen.
    pub fn row(&mut self, state: Option<&KeyState>, event: &Event) -> Result<ViewRow, RequestError> {
        todo!("{state:?} {event:?} {} {:?} {:?}", self.index, self.view, self.scratch)
    }
}
