//! `min` and `max`: by the total order of values; NULLs are skipped.

use std::cmp::Ordering;
use std::collections::VecDeque;

use super::compare;
use crate::event::Place;
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
    Sliding(VecDeque<(Place, Value)>),
}

impl Extreme {
    pub(super) fn new(beats: Ordering, sliding: bool) -> Extreme {
        let candidates = if sliding { Candidates::Sliding(VecDeque::new()) } else { Candidates::Running(Value::Null) };
        Extreme { beats, candidates }
    }

    #[inline]
    pub(super) fn enter(&mut self, place: Place, value: &Value) {
        if value.is_null() {
            return;
        }
        match &mut self.candidates {
            Candidates::Running(best) => keep_better(self.beats, best, value),
            Candidates::Sliding(queue) => {
                while let Some((_, last)) = queue.back()
                    && compare(last, value) != self.beats
                {
                    queue.pop_back();
                }
                queue.push_back((place, value.clone()));
            }
        }
    }

    /// A row enters among those that are there. Only candidates before it can lose to it, and it only to the first behind
    /// it, which is the best of all rows behind it.
    pub(super) fn insert(&mut self, place: Place, value: &Value) {
        if value.is_null() {
            return;
        }
        match &mut self.candidates {
            Candidates::Running(best) => keep_better(self.beats, best, value),
            Candidates::Sliding(queue) => {
                let behind = queue.partition_point(|(known, _)| *known < place);
                if queue.get(behind).is_some_and(|(_, later)| compare(value, later) != self.beats) {
                    return;
                }
                let beaten = queue.range(..behind).rev().take_while(|(_, known)| compare(known, value) != self.beats);
                let first = behind - beaten.count();
                queue.drain(first..behind);
                queue.insert(first, (place, value.clone()));
            }
        }
    }

    #[inline]
    pub(super) fn leave(&mut self, place: Place) {
        if let Candidates::Sliding(queue) = &mut self.candidates
            && queue.front().is_some_and(|(first, _)| *first == place)
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

/// Takes the value in place of the best so far, if it beats that; NULL is beaten by every value and beats none.
pub(in crate::kernel) fn keep_better(beats: Ordering, best: &mut Value, value: &Value) {
    if !value.is_null() && (best.is_null() || compare(value, best) == beats) {
        *best = value.clone();
    }
}
