//! Late, duplicate, future: a pure function of the key's own log.

use super::Place;
use super::remembered::{Id, RememberedIds};
use crate::schema::Stream;
use crate::value::{Micros, Value};
use crate::wire::{self, Reader, StateError};

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
    ids: RememberedIds,
}

impl KeyClock {
    /// See [`crate::host::KeyState::number_offsets`].
    pub(crate) fn number_offsets(&mut self) {
        self.ids.number_offsets();
    }

    /// Decides; changes nothing. The first that holds of future, late and duplicate is the answer: an event from the
    /// future is wrong whatever else it is, and a late one is late even if its id is still known.
    ///
    /// `id` are the values of the stream's id fields; an id with a NULL in it is never a duplicate. `append_time` is
    /// `None` for history from files, where nothing is from the future.
    pub fn decide(&self, stream: &Stream, time: Micros, id: &[Value], append_time: Option<Micros>) -> Decision {
        if let Some(limit) = append_time.map(|t| t.saturating_add(stream.max_ahead))
            && time > limit
        {
            return Decision::Future { by: time.saturating_sub(limit) };
        }
        if self.is_idle(stream, time) {
            return Decision::Accept;
        }
        if let Some(by) = self.late_by(stream, time) {
            return Decision::Late { by };
        }
        match self.place_of(stream, time, id) {
            Some(_) => Decision::Duplicate,
            None => Decision::Accept,
        }
    }

    /// Takes note of an accepted event. Returns true if the key was idle for longer than `retention` and starts anew:
    /// the caller then forgets the key's window state.
    pub fn accept(&mut self, stream: &Stream, place: Place, id: &[Value]) -> bool {
        let anew = self.is_idle(stream, place.time);
        if anew {
            *self = KeyClock::default();
        }
        let newest = self.newest.map_or(place.time, |newest| newest.max(place.time));
        self.newest = Some(newest);
        self.ids.forget_before(newest.saturating_sub(stream.dedupe));
        if place.time >= newest.saturating_sub(stream.dedupe)
            && let Some(id) = Id::of(stream, id)
        {
            self.ids.remember(place, id);
        }
        anew
    }

    /// By how much an event of this time is older than the stream accepts, if it is. A key that starts anew has no
    /// late events.
    pub fn late_by(&self, stream: &Stream, time: Micros) -> Option<Micros> {
        let oldest = self.newest?.saturating_sub(stream.lateness);
        (time < oldest).then(|| oldest.saturating_sub(time))
    }

    /// True if the key was idle for longer than `retention` before this time: nothing of it counts any more.
    pub fn is_idle(&self, stream: &Stream, time: Micros) -> bool {
        match (self.newest, stream.retention) {
            (Some(newest), Some(retention)) => time > newest.saturating_add(retention),
            _ => false,
        }
    }

    /// Where the event of this id was folded, if the id is still remembered at `time`.
    pub fn place_of(&self, stream: &Stream, time: Micros, id: &[Value]) -> Option<Place> {
        let place = self.ids.find(&Id::of(stream, id)?)?;
        let now = self.newest.map_or(time, |newest| newest.max(time));
        (place.time >= now.saturating_sub(stream.dedupe)).then_some(place)
    }

    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        match self.newest {
            None => out.push(0),
            Some(newest) => {
                out.push(1);
                wire::put_signed(out, newest);
                self.ids.encode(newest, out);
            }
        }
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<KeyClock, StateError> {
        match reader.byte()? {
            0 => Ok(KeyClock::default()),
            1 => {
                let newest = reader.signed()?;
                Ok(KeyClock { newest: Some(newest), ids: RememberedIds::decode(newest, reader)? })
            }
            _ => Err(StateError::Corrupt("a clock has an unknown form")),
        }
    }
}

#[cfg(test)]
mod tests;
