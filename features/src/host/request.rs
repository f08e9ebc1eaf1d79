//! The request host: a row that is not in the log, against the current state, which stays as it is.

use std::sync::Arc;

use super::stream::{Runner, id_of};
use super::{KeyState, ViewRow};
use crate::event::Event;
use crate::plan::View;
use crate::program::Scratch;
use crate::value::Value;

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
    runner: Runner,
    /// The view's place in [`KeyState::views`].
    index: usize,
    scratch: Scratch,
    id: Vec<Value>,
}

impl RequestHost {
    pub fn new(view: Arc<View>, index: usize) -> RequestHost {
        RequestHost { runner: Runner::new(&view), index, scratch: Scratch::default(), id: Vec::new() }
    }

    /// The row stands last at its timestamp, and an event of its id that was folded already is left out of its frames
    /// (as far as the state still holds it). `state` is `None` for a key that was never seen.
    pub fn row(&mut self, state: Option<&KeyState>, event: &Event) -> Result<ViewRow, RequestError> {
        let stream = Arc::clone(&self.runner.view().stream);
        let state = state.filter(|state| !state.clock.is_idle(&stream, event.time));
        if let Some(by) = state.and_then(|state| state.clock.late_by(&stream, event.time)) {
            // Rounded up: an event that is late is late by something.
            return Err(RequestError::Late { by_ms: by / 1000 + i64::from(by % 1000 != 0) });
        }
        if !self.runner.keeps(&mut self.scratch, event) {
            return Err(RequestError::Dropped);
        }
        id_of(&stream, event, &mut self.id);
        let own = state.and_then(|state| state.clock.place_of(&stream, event.time, &self.id));
        self.runner.peek(state, self.index, event.time, own);
        Ok(self.runner.finish(&mut self.scratch, event))
    }
}
