//! `count_distinct`: different values, counted up to a cap; NULLs are skipped, and the zeros are one value.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::compare;
use crate::value::{Type, Value};
use crate::wire::{self, Reader, StateError};

/// Where no row leaves, at most `cap` values are kept: more would not change the answer.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::kernel) struct Distinct {
    cap: usize,
    sliding: bool,
    /// How many rows of the frame hold each value; 1 where no row leaves.
    values: BTreeMap<Key, u64>,
}

impl Distinct {
    pub(super) fn new(cap: u32, sliding: bool) -> Distinct {
        Distinct { cap: cap as usize, sliding, values: BTreeMap::new() }
    }

    pub(super) fn enter(&mut self, value: &Value) {
        if value.is_null() {
            return;
        }
        if self.sliding {
            *self.values.entry(Key::of(value)).or_insert(0) += 1;
        } else if self.values.len() < self.cap {
            self.values.insert(Key::of(value), 1);
        }
    }

    pub(super) fn leave(&mut self, value: &Value) {
        if value.is_null() {
            return;
        }
        let key = Key::of(value);
        match self.values.get_mut(&key) {
            Some(rows) if *rows > 1 => *rows -= 1,
            _ => {
                self.values.remove(&key);
            }
        }
    }

    pub(super) fn read(&self) -> Value {
        i64::try_from(self.values.len().min(self.cap)).map_or(Value::Null, Value::Int)
    }

    pub(super) fn encode(&self, ty: Type, out: &mut Vec<u8>) {
        wire::put_count(out, self.values.len());
        for key in self.values.keys() {
            wire::put_value(out, ty, &key.0);
        }
    }

    pub(super) fn decode(cap: u32, ty: Type, reader: &mut Reader<'_>) -> Result<Distinct, StateError> {
        let mut distinct = Distinct::new(cap, false);
        let count = reader.count(1)?;
        if count > distinct.cap {
            return Err(StateError::Corrupt("more different values than their cap"));
        }
        for _ in 0..count {
            let value = reader.value(ty)?;
            let key = Key::of(&value);
            if value.is_null() || distinct.values.last_key_value().is_some_and(|(last, _)| *last >= key) {
                return Err(StateError::Corrupt("different values are not in order"));
            }
            distinct.values.insert(key, 1);
        }
        Ok(distinct)
    }
}

/// A value of the column's one type, in its total order.
#[derive(Debug, Clone)]
struct Key(Value);

impl Key {
    fn of(value: &Value) -> Key {
        Key(match value {
            Value::Float(x) => Value::Float(x + 0.0),
            other => other.clone(),
        })
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Key) -> Ordering {
        compare(&self.0, &other.0)
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Key) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Key) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Key {}
