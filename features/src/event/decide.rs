//! Late, duplicate, future: a pure function of the key's own log.

use super::Place;
use crate::schema::Stream;
use crate::value::{Micros, Value};

/// What becomes of a valid event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    Accept,
    /// Older than the key's newest accepted event time − lateness, by this much.
    Late {
        by: Micros,
    },
    /// Its id was accepted within `dedupe` of event time.
    Duplicate,
    /// Later than the log's append time + `max_ahead`, by this much.
    Future {
        by: Micros,
    },
}

/// What decisions need to know of a key: its newest accepted event time and the ids it remembers.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct KeyClock {
    pub newest: Option<Micros>,
    // Skeleton: remembered ids follow.
}

impl KeyClock {
    /// Decides; changes nothing. `append_time` is `None` for history from files, where nothing is from the future.
    pub fn decide(&self, stream: &Stream, time: Micros, id: &[Value], append_time: Option<Micros>) -> Decision {
        todo!("{stream:?} {time} {id:?} {append_time:?}")
    }

    /// Takes note of an accepted event. Returns true if the key was idle for longer than `retention` and starts anew:
    /// the caller then forgets the key's window state.
    pub fn accept(&mut self, stream: &Stream, place: Place, id: &[Value]) -> bool {
        todo!("{stream:?} {place:?} {id:?}")
    }

    /// Where the event of this id was folded, if the id is still remembered at `time`.
    pub fn place_of(&self, stream: &Stream, time: Micros, id: &[Value]) -> Option<Place> {
        todo!("{stream:?} {time} {id:?}")
    }
}
