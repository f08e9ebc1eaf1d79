//! `min` and `max`: by the total order of values; NULLs are skipped.

use std::cmp::Ordering;
use std::collections::VecDeque;

use super::compare;
use crate::value::{Type, Value};
use crate::wire::{self, Reader, StateError};

#[derive(Debug, Clone, PartialEq)]
pub(in crate::kernel) struct Extreme {
    /// How a value compares to those that it beats.
    beats: Ordering,
    candidates: Candidates,
}

#[derive(Debug, Clone, PartialEq)]
enum Candidates {
    /// No row leaves: the best so far, or NULL.
    Running(Value),
    /// Rows leave from the front: values that may still become the best, the best first. Each row enters and leaves
    /// once, so that the cost per row does not depend on the frame.
    Sliding(VecDeque<(u64, Value)>),
}

impl Extreme {
    pub(super) fn new(beats: Ordering, sliding: bool) -> Extreme {
        let candidates = if sliding { Candidates::Sliding(VecDeque::new()) } else { Candidates::Running(Value::Null) };
        Extreme { beats, candidates }
    }

    #[inline]
    pub(super) fn enter(&mut self, row: u64, value: &Value) {
        if value.is_null() {
            return;
        }
        match &mut self.candidates {
            Candidates::Running(best) => {
                if best.is_null() || compare(value, best) == self.beats {
                    *best = value.clone();
                }
            }
            Candidates::Sliding(queue) => {
                while let Some((_, last)) = queue.back()
                    && compare(last, value) != self.beats
                {
                    queue.pop_back();
                }
                queue.push_back((row, value.clone()));
            }
        }
    }

    #[inline]
    pub(super) fn leave(&mut self, row: u64) {
        if let Candidates::Sliding(queue) = &mut self.candidates
            && queue.front().is_some_and(|(first, _)| *first == row)
        {
            queue.pop_front();
        }
    }

    pub(super) fn read(&self) -> Value {
        match &self.candidates {
            Candidates::Running(best) => best.clone(),
            Candidates::Sliding(queue) => queue.front().map_or(Value::Null, |(_, value)| value.clone()),
        }
    }

    pub(super) fn encode(&self, ty: Type, out: &mut Vec<u8>) {
        wire::put_value(out, ty, &self.read());
    }

    pub(super) fn decode(beats: Ordering, ty: Type, reader: &mut Reader<'_>) -> Result<Extreme, StateError> {
        Ok(Extreme { beats, candidates: Candidates::Running(reader.value(ty)?) })
    }
}
