//! `lag`: the argument some rows before the current one, NULL or not.

use std::collections::VecDeque;

use super::FOREMOST;
use crate::event::Place;
use crate::value::{Type, Value};
use crate::wire::{self, Reader, StateError};

/// The last `offset` rows that entered; the current row enters after it is read.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::kernel) struct Lag {
    offset: usize,
    rows: VecDeque<(Place, Value)>,
}

impl Lag {
    pub(super) fn new(offset: u32) -> Lag {
        Lag { offset: offset as usize, rows: VecDeque::new() }
    }

    pub(super) fn enter(&mut self, place: Place, value: &Value) {
        if self.rows.len() >= self.offset {
            self.rows.pop_front();
        }
        self.rows.push_back((place, value.clone()));
    }

    /// A row enters among those that are there, if it is one of the last.
    pub(super) fn insert(&mut self, place: Place, value: &Value) {
        super::insert_by_place(&mut self.rows, place, value);
        if self.rows.len() > self.offset {
            self.rows.pop_front();
        }
    }

    pub(super) fn read(&self) -> Value {
        match self.rows.front() {
            Some((_, value)) if self.rows.len() == self.offset => value.clone(),
            _ => Value::Null,
        }
    }

    pub(super) fn encode(&self, ty: Type, out: &mut Vec<u8>) {
        wire::put_count(out, self.rows.len());
        for (_, value) in &self.rows {
            wire::put_value(out, ty, value);
        }
    }

    pub(super) fn decode(offset: u32, ty: Type, reader: &mut Reader<'_>) -> Result<Lag, StateError> {
        let count = reader.count(1)?;
        if count > offset as usize {
            return Err(StateError::Corrupt("a lag holds more rows than it looks back"));
        }
        let rows = (0..count).map(|_| reader.value(ty).map(|value| (FOREMOST, value))).collect::<Result<_, _>>()?;
        Ok(Lag { offset: offset as usize, rows })
    }
}
