//! Business ids seen so far.

use std::collections::HashSet;

use crate::column::Column;
use crate::value::Value;

/// A set of business ids, each kept as the first 128 bits of its BLAKE3 digest.
#[derive(Debug, Default)]
pub(super) struct Ids {
    seen: HashSet<u128>,
    bytes: Vec<u8>,
}

impl Ids {
    /// Takes note of a row's id. False if it was there before.
    pub(super) fn insert(&mut self, columns: &[&Column], row: usize) -> bool {
        let id = self.id_of(columns, row);
        self.seen.insert(id)
    }

    pub(super) fn remove(&mut self, columns: &[&Column], row: usize) {
        let id = self.id_of(columns, row);
        self.seen.remove(&id);
    }

    fn id_of(&mut self, columns: &[&Column], row: usize) -> u128 {
        self.bytes.clear();
        for column in columns {
            encode(&column.value(row), &mut self.bytes);
        }
        let digest = blake3::hash(&self.bytes);
        let mut first = [0; 16];
        first.copy_from_slice(&digest.as_bytes()[..16]);
        u128::from_le_bytes(first)
    }
}

/// A form in which different lists of values have different bytes.
fn encode(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.push(0),
        Value::Bool(b) => out.extend([1, u8::from(*b)]),
        Value::Int(i) | Value::Timestamp(i) | Value::Interval(i) => {
            out.push(2);
            out.extend(i.to_le_bytes());
        }
        Value::Float(x) => {
            out.push(3);
            out.extend(x.to_bits().to_le_bytes());
        }
        Value::String(s) => {
            out.push(4);
            out.extend((s.len() as u64).to_le_bytes());
            out.extend(s.as_bytes());
        }
    }
}
