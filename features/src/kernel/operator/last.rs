//! `last_value`: the argument of the frame's last row, NULL or not.

use crate::value::{Type, Value};
use crate::wire::{self, Reader, StateError};

/// The last row to enter is the last to leave: no other needs keeping.
#[derive(Debug, Clone, Default)]
pub(in crate::kernel) struct Last(Option<(u64, Value)>);

impl Last {
    pub(super) fn enter(&mut self, row: u64, value: &Value) {
        self.0 = Some((row, value.clone()));
    }

    pub(super) fn leave(&mut self, row: u64) {
        if self.0.as_ref().is_some_and(|(last, _)| *last == row) {
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
            1 => Ok(Last(Some((0, reader.value(ty)?)))),
            _ => Err(StateError::Corrupt("a last value has an unknown form")),
        }
    }
}

/// Which row it was matters only while rows leave, and what is stored sees all rows.
impl PartialEq for Last {
    fn eq(&self, other: &Last) -> bool {
        self.0.as_ref().map(|(_, value)| value) == other.0.as_ref().map(|(_, value)| value)
    }
}
