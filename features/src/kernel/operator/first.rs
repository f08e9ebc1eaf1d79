//! `first_value`: the argument of the frame's first row, NULL or not.

use std::collections::VecDeque;

use super::FOREMOST;
use crate::event::Place;
use crate::value::{Type, Value};
use crate::wire::{self, Reader, StateError};

#[derive(Debug, Clone, PartialEq)]
pub(in crate::kernel) enum First {
    /// No row leaves: the first that ever entered.
    Running(Option<(Place, Value)>),
    /// Rows leave from the front.
    Sliding(VecDeque<(Place, Value)>),
}

impl First {
    pub(super) fn new(sliding: bool) -> First {
        if sliding { First::Sliding(VecDeque::new()) } else { First::Running(None) }
    }

    pub(super) fn enter(&mut self, place: Place, value: &Value) {
        match self {
            First::Running(first @ None) => *first = Some((place, value.clone())),
            First::Running(Some(_)) => {}
            First::Sliding(queue) => queue.push_back((place, value.clone())),
        }
    }

    /// A row enters among those that are there.
    pub(super) fn insert(&mut self, place: Place, value: &Value) {
        match self {
            First::Running(Some((first, _))) if *first <= place => {}
            First::Running(first) => *first = Some((place, value.clone())),
            First::Sliding(queue) => super::insert_by_place(queue, place, value),
        }
    }

    pub(super) fn leave(&mut self, place: Place) {
        if let First::Sliding(queue) = self
            && queue.front().is_some_and(|(first, _)| *first == place)
        {
            queue.pop_front();
        }
    }

    pub(super) fn read(&self) -> Value {
        let first = match self {
            First::Running(first) => first.as_ref().map(|(_, value)| value),
            First::Sliding(queue) => queue.front().map(|(_, value)| value),
        };
        first.cloned().unwrap_or(Value::Null)
    }

    pub(super) fn encode(&self, ty: Type, out: &mut Vec<u8>) {
        let entered = match self {
            First::Running(first) => first.is_some(),
            First::Sliding(queue) => !queue.is_empty(),
        };
        out.push(u8::from(entered));
        if entered {
            wire::put_value(out, ty, &self.read());
        }
    }

    pub(super) fn decode(ty: Type, reader: &mut Reader<'_>) -> Result<First, StateError> {
        match reader.byte()? {
            0 => Ok(First::Running(None)),
            1 => Ok(First::Running(Some((FOREMOST, reader.value(ty)?)))),
            _ => Err(StateError::Corrupt("a first value has an unknown form")),
        }
    }
}
