//! `lag`: the argument some rows before the current one, NULL or not.

use std::collections::VecDeque;

use crate::value::{Type, Value};
use crate::wire::{self, Reader, StateError};

/// The last `offset` rows that entered; the current row enters after it is read.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::kernel) struct Lag {
    offset: usize,
    rows: VecDeque<Value>,
}

impl Lag {
    pub(super) fn new(offset: u32) -> Lag {
        Lag { offset: offset as usize, rows: VecDeque::new() }
    }

    pub(super) fn enter(&mut self, value: &Value) {
        if self.rows.len() >= self.offset {
            self.rows.pop_front();
        }
        self.rows.push_back(value.clone());
    }

    pub(super) fn read(&self) -> Value {
        match self.rows.front() {
            Some(value) if self.rows.len() == self.offset => value.clone(),
            _ => Value::Null,
        }
    }

    pub(super) fn encode(&self, ty: Type, out: &mut Vec<u8>) {
        wire::put_count(out, self.rows.len());
        for value in &self.rows {
            wire::put_value(out, ty, value);
        }
    }

    pub(super) fn decode(offset: u32, ty: Type, reader: &mut Reader<'_>) -> Result<Lag, StateError> {
        let count = reader.count(1)?;
        if count > offset as usize {
            return Err(StateError::Corrupt("a lag holds more rows than it looks back"));
        }
        let rows = (0..count).map(|_| reader.value(ty)).collect::<Result<_, _>>()?;
        Ok(Lag { offset: offset as usize, rows })
    }
}
