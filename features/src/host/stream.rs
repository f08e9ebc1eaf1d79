//! The stream host: decides, folds, and gives the rows that views keep.

use std::sync::Arc;

use crate::event::{Decision, Event, KeyClock};
use crate::kernel::{StateError, ViewState};
use crate::plan::View;
use crate::program::Scratch;
use crate::schema::Stream;
use crate::value::{Micros, Value};

/// Everything kept for one key of one stream: encoded as one blob, flushed as one value.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct KeyState {
    pub clock: KeyClock,
    /// One per view of the host, in its order.
    pub views: Vec<ViewState>,
    /// The latest row of each view, for requests by key: event time and the view's columns.
    pub latest: Vec<Option<ViewRow>>,
}

/// A row of a view: what the model sees, and when it was true.
#[derive(Debug, Clone, PartialEq)]
pub struct ViewRow {
    pub time: Micros,
    pub columns: Box<[Value]>,
}

/// Where an event stands in its log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    pub partition: u32,
    pub offset: u64,
    /// When the log took it; `None` for history from files.
    pub append_time: Option<Micros>,
}

/// What became of an event.
#[derive(Debug, Clone, PartialEq)]
pub struct Accepted {
    pub decision: Decision,
    /// Per view: its row, or `None` where the filter dropped the event (or it was not accepted).
    pub rows: Vec<Option<ViewRow>>,
}

/// Runs every view of one stream over its events. Cheap to clone apart from its scratch; one per worker.
#[derive(Debug)]
pub struct StreamHost {
    stream: Arc<Stream>,
    views: Vec<Arc<View>>,
    scratch: Scratch,
}

impl StreamHost {
    pub fn new(stream: Arc<Stream>, views: Vec<Arc<View>>) -> StreamHost {
        StreamHost { stream, views, scratch: Scratch::default() }
    }

    pub fn stream(&self) -> &Arc<Stream> {
        &self.stream
    }

    pub fn views(&self) -> &[Arc<View>] {
        &self.views
    }

    /// The message key of an event: of a single string field its plain text, else the fields' values as a JSON array.
    pub fn key_of(&self, event: &Event) -> Vec<u8> {
        todo!("{event:?}")
    }

    /// Decides and, if accepted, folds.
    pub fn process(&mut self, state: &mut KeyState, event: &Event, position: Position) -> Accepted {
        todo!("{state:?} {event:?} {position:?} {:?}", self.scratch)
    }

    /// Integer overflows turned into NULL so far.
    pub fn overflows(&self) -> u64 {
        self.scratch.overflows
    }
}

impl KeyState {
    /// Versioned; names the views it holds by hash, so that a state is never read by another view.
    pub fn encode(&self, host: &StreamHost) -> Vec<u8> {
        todo!("{host:?}")
    }

    pub fn decode(bytes: &[u8], host: &StreamHost) -> Result<KeyState, StateError> {
        todo!("{bytes:?} {host:?}")
    }
}
