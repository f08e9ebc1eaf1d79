//! `first_value`: the argument of the frame's first row, NULL or not.

use std::collections::VecDeque;

use crate::value::{Type, Value};
use crate::wire::{self, Reader, StateError};

#[derive(Debug, Clone, PartialEq)]
pub(in crate::kernel) enum First {
    /// No row leaves: the first that ever entered.
    Running(Option<Value>),
    /// Rows leave from the front.
    Sliding(VecDeque<(u64, Value)>),
}

impl First {
    pub(super) fn new(sliding: bool) -> First {
        if sliding { First::Sliding(VecDeque::new()) } else { First::Running(None) }
    }

    pub(super) fn enter(&mut self, row: u64, value: &Value) {
        match self {
            First::Running(first @ None) => *first = Some(value.clone()),
            First::Running(Some(_)) => {}
            First::Sliding(queue) => queue.push_back((row, value.clone())),
        }
    }

    pub(super) fn leave(&mut self, row: u64) {
        if let First::Sliding(queue) = self
            && queue.front().is_some_and(|(first, _)| *first == row)
        {
            queue.pop_front();
        }
    }

    pub(super) fn read(&self) -> Value {
        let first = match self {
            First::Running(first) => first.as_ref(),
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
            1 => Ok(First::Running(Some(reader.value(ty)?))),
            _ => Err(StateError::Corrupt("a first value has an unknown form")),
        }
    }
}
