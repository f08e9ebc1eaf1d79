//! `nth_value`: the argument of the frame's nth row, NULL or not.

use std::collections::VecDeque;

use super::FOREMOST;
use super::count::small_count;
use crate::event::Place;
use crate::value::{Type, Value};
use crate::wire::{self, Reader, StateError};

#[derive(Debug, Clone, PartialEq)]
pub(in crate::kernel) struct Nth {
    /// From 1.
    n: u32,
    rows: Entered,
}

#[derive(Debug, Clone, PartialEq)]
enum Entered {
    /// No row leaves: how many entered, counted up to `n`, and the nth with its place.
    Running(u32, Place, Value),
    /// Rows leave from the front.
    Sliding(VecDeque<(Place, Value)>),
}

impl Nth {
    pub(super) fn new(n: u32, sliding: bool) -> Nth {
        let rows = if sliding { Entered::Sliding(VecDeque::new()) } else { Entered::Running(0, FOREMOST, Value::Null) };
        Nth { n, rows }
    }

    pub(super) fn enter(&mut self, place: Place, value: &Value) {
        match &mut self.rows {
            Entered::Running(count, at, nth) if *count < self.n => {
                *count += 1;
                if *count == self.n {
                    (*at, *nth) = (place, value.clone());
                }
            }
            Entered::Running(..) => {}
            Entered::Sliding(queue) => queue.push_back((place, value.clone())),
        }
    }

    /// A row enters among those that are there; false if it takes rows before the nth to know which that is now.
    pub(super) fn insert(&mut self, place: Place, value: &Value) -> bool {
        match &mut self.rows {
            Entered::Running(count, at, _) => *count == self.n && *at <= place,
            Entered::Sliding(queue) => {
                super::insert_by_place(queue, place, value);
                true
            }
        }
    }

    pub(super) fn leave(&mut self, place: Place) {
        if let Entered::Sliding(queue) = &mut self.rows
            && queue.front().is_some_and(|(first, _)| *first == place)
        {
            queue.pop_front();
        }
    }

    pub(super) fn read(&self) -> Value {
        match &self.rows {
            Entered::Running(_, _, nth) => nth.clone(),
            Entered::Sliding(queue) => {
                let nth = (self.n as usize).checked_sub(1).and_then(|index| queue.get(index));
                nth.map_or(Value::Null, |(_, value)| value.clone())
            }
        }
    }

    pub(super) fn encode(&self, ty: Type, out: &mut Vec<u8>) {
        let count = match &self.rows {
            Entered::Running(count, ..) => u64::from(*count),
            Entered::Sliding(queue) => queue.len() as u64,
        };
        wire::put_unsigned(out, count);
        wire::put_value(out, ty, &self.read());
    }

    pub(super) fn decode(n: u32, ty: Type, reader: &mut Reader<'_>) -> Result<Nth, StateError> {
        let count = u32::try_from(small_count(reader)?).ok().filter(|count| *count <= n);
        let count = count.ok_or(StateError::Corrupt("an nth value stands behind its place"))?;
        let nth = reader.value(ty)?;
        if count < n && !nth.is_null() {
            return Err(StateError::Corrupt("an nth value stands before its place"));
        }
        Ok(Nth { n, rows: Entered::Running(count, FOREMOST, nth) })
    }
}
