//! The request host: a row that is not in the log, against the current state, which stays as it is.

use std::sync::Arc;

use super::stream::{Runner, id_of};
use super::{KeyState, ViewRow};
use crate::event::Event;
use crate::kernel::ViewState;
use crate::plan::View;
use crate::program::Scratch;
use crate::value::{Micros, Value};

/// Why a request has no row: answered 422.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum RequestError {
    #[error("the event is {by_ms} ms older than the view's stream accepts")]
    Late { by_ms: i64 },
    #[error("the view's WHERE does not keep this event")]
    Dropped,
}

/// Why a key has no row to answer with.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum KeyError {
    #[error("the view has no row of this key yet")]
    NoRow,
    /// With its next event the key starts anew.
    #[error("at `as_of` the key has been idle for longer than its stream's retention")]
    Idle,
    #[error("`as_of` is {by_ms} ms before the key's latest row")]
    AsOfTooEarly { by_ms: i64 },
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
    /// for as long as the id is remembered. `state` is `None` for a key that was never seen.
    pub fn row(&mut self, state: Option<&KeyState>, event: &Event) -> Result<ViewRow, RequestError> {
        let stream = Arc::clone(&self.runner.view.stream);
        let state = state.filter(|state| !state.clock.is_idle(&stream, event.time));
        if let Some(by) = state.and_then(|state| state.clock.late_by(&stream, event.time)) {
            return Err(RequestError::Late { by_ms: milliseconds(by) });
        }
        if !self.runner.keeps(&mut self.scratch, event) {
            return Err(RequestError::Dropped);
        }
        id_of(&stream, event, &mut self.id);
        let own = state.and_then(|state| state.clock.place_of(&stream, event.time, &self.id));
        self.runner.peek(state, self.index, event.time, own);
        Ok(self.runner.finish(&mut self.scratch, event))
    }

    /// The key's latest row: as it was computed, or at a later time. Then its frames of time hold the rows that are still
    /// younger than their width, those among them that came out of order after the row was computed; all else is as it
    /// was computed.
    pub fn latest(&mut self, state: Option<&KeyState>, as_of: Option<Micros>) -> Result<ViewRow, KeyError> {
        let state = state.ok_or(KeyError::NoRow)?;
        let latest = state.latest.get(self.index).and_then(Option::as_ref).ok_or(KeyError::NoRow)?;
        let Some(as_of) = as_of else { return Ok(latest.row.clone()) };
        if as_of < latest.row.time {
            return Err(KeyError::AsOfTooEarly { by_ms: milliseconds(latest.row.time.saturating_sub(as_of)) });
        }
        if state.clock.is_idle(&self.runner.view.stream, as_of) {
            return Err(KeyError::Idle);
        }
        let empty = ViewState::default();
        let view_state = state.views.get(self.index).unwrap_or(&empty);
        Ok(latest.at(as_of, view_state, &self.runner, &mut self.scratch))
    }
}

/// Rounded up: what is too early is so by something.
fn milliseconds(length: Micros) -> i64 {
    length / 1000 + i64::from(length % 1000 != 0)
}
