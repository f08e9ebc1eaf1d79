//! `count`: rows whose argument is not NULL.

use crate::value::Value;
use crate::wire::{self, Reader, StateError};

#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::kernel) struct Count(u64);

impl Count {
    #[inline]
    pub(in crate::kernel) fn enter(&mut self, value: &Value) {
        self.0 += u64::from(!value.is_null());
    }

    #[inline]
    pub(in crate::kernel) fn leave(&mut self, value: &Value) {
        self.0 -= u64::from(!value.is_null());
    }

    #[inline]
    pub(in crate::kernel) fn read(&self) -> Value {
        i64::try_from(self.0).map_or(Value::Null, Value::Int)
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        wire::put_unsigned(out, self.0);
    }

    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Count, StateError> {
        small_count(reader).map(Count)
    }
}

/// A number of rows: far from overflow, whatever follows.
pub(super) fn small_count(reader: &mut Reader<'_>) -> Result<u64, StateError> {
    match reader.unsigned()? {
        count if count < 1 << 62 => Ok(count),
        _ => Err(StateError::Corrupt("a count is out of range")),
    }
}
