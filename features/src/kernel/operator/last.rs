//! `last_value`: the argument of the frame's last row, NULL or not.

use super::FOREMOST;
use crate::event::Place;
use crate::value::{Type, Value};
use crate::wire::{self, Reader, StateError};

/// The last row to enter is the last to leave: no other needs keeping.
#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::kernel) struct Last(Option<(Place, Value)>);

impl Last {
    pub(super) fn enter(&mut self, place: Place, value: &Value) {
        self.0 = Some((place, value.clone()));
    }

    /// A row enters among those that are there.
    pub(super) fn insert(&mut self, place: Place, value: &Value) {
        if self.0.as_ref().is_none_or(|(last, _)| *last <= place) {
            self.enter(place, value);
        }
    }

    pub(super) fn leave(&mut self, place: Place) {
        if self.0.as_ref().is_some_and(|(last, _)| *last == place) {
            self.0 = None;
        }
    }

    pub(super) fn read(&self) -> Value {
        self.0.as_ref().map_or(Value::Null, |(_, value)| value.clone())
    }

    pub(super) fn encode(&self, ty: Type, out: &mut Vec<u8>) {
        out.push(u8::from(self.0.is_some()));
        if let Some((_, value)) = &self.0 {
            wire::put_value(out, ty, value);
        }
    }

    pub(super) fn decode(ty: Type, reader: &mut Reader<'_>) -> Result<Last, StateError> {
        match reader.byte()? {
            0 => Ok(Last(None)),
            1 => Ok(Last(Some((FOREMOST, reader.value(ty)?)))),
            _ => Err(StateError::Corrupt("a last value has an unknown form")),
        }
    }
}
