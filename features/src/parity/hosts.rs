//! The stream host and the request host on the events of one key, restarts included.

use std::sync::Arc;

use super::oracle::Answer;
use crate::event::Event;
use crate::host::{Accepted, KeyError, KeyState, Position, RequestError, RequestHost, StreamHost, ViewRow};
use crate::kernel::StateError;
use crate::plan::View;
use crate::value::Micros;

/// What a replay drives. Tests put a faulty one in its place.
pub(super) trait KeyHosts {
    /// A key that was never seen.
    fn begin(&mut self);
    /// The request host's row for an event.
    fn ask(&mut self, event: &Event) -> Result<ViewRow, RequestError>;
    /// The request host's latest row of the key, looked at at a time.
    fn ask_key(&mut self, as_of: Micros) -> Result<ViewRow, KeyError>;
    /// The stream host's decision and row.
    fn process(&mut self, event: &Event, position: Position) -> Accepted;
    /// The process ends and begins again: only what was stored is left.
    fn restart(&mut self) -> Result<(), StateError>;
}

/// The hosts as they are served.
pub(super) struct Served {
    stream: StreamHost,
    request: RequestHost,
    pub(super) state: Option<KeyState>,
}

impl Served {
    pub(super) fn new(view: &Arc<View>) -> Served {
        Served {
            stream: StreamHost::new(Arc::clone(&view.stream), vec![Arc::clone(view)]),
            request: RequestHost::new(Arc::clone(view), 0),
            state: None,
        }
    }
}

impl KeyHosts for Served {
    fn begin(&mut self) {
        self.state = None;
    }

    fn ask(&mut self, event: &Event) -> Result<ViewRow, RequestError> {
        self.request.row(self.state.as_ref(), event)
    }

    fn ask_key(&mut self, as_of: Micros) -> Result<ViewRow, KeyError> {
        self.request.latest(self.state.as_ref(), Some(as_of))
    }

    fn process(&mut self, event: &Event, position: Position) -> Accepted {
        self.stream.process(self.state.get_or_insert_default(), event, position)
    }

    fn restart(&mut self) -> Result<(), StateError> {
        if let Some(state) = &self.state {
            let stored = state.encode(&self.stream);
            self.state = Some(KeyState::decode(&stored, &self.stream)?);
        }
        Ok(())
    }
}

impl From<RequestError> for Answer {
    fn from(error: RequestError) -> Answer {
        match error {
            RequestError::Late { .. } => Answer::Late,
            RequestError::Dropped => Answer::Dropped,
        }
    }
}

impl From<KeyError> for Answer {
    fn from(error: KeyError) -> Answer {
        match error {
            KeyError::NoRow => Answer::Nothing,
            KeyError::Idle => Answer::Idle,
            KeyError::AsOfTooEarly { .. } => Answer::TooEarly,
        }
    }
}
