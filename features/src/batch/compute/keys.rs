//! Which rows share a key.

use std::collections::HashMap;
use std::hash::Hash;
use std::ops::Range;

use crate::column::{Column, Data};
use crate::schema::Stream;

/// The rows of a history, gathered by key.
#[derive(Debug)]
pub(super) struct Keys {
    /// All rows: a key's rows together, in file order.
    pub(super) rows: Vec<usize>,
    /// Each key's part of `rows`, keys in the order of their first row.
    pub(super) ranges: Vec<Range<usize>>,
}

impl Keys {
    /// `columns`: one per field of the schema.
    pub(super) fn group(stream: &Stream, columns: &[Column], rows: usize) -> Keys {
        let mut groups = Groups { of: vec![0; rows], count: usize::from(rows > 0) };
        for &field in &stream.key {
            groups = groups.refine(&columns[field]);
        }
        groups.gather()
    }
}

/// A partition of the rows into groups, numbered in the order of their first row.
struct Groups {
    of: Vec<usize>,
    count: usize,
}

impl Groups {
    /// Splits every group by the values of a column; NULL is a value of its own, floats differ by bits.
    fn refine(self, column: &Column) -> Groups {
        let valid = |row: usize| column.is_valid(row);
        match &column.data {
            Data::Bool(v) => self.split(|row| valid(row).then(|| v[row])),
            Data::Int(v) => self.split(|row| valid(row).then(|| v[row])),
            Data::Float(v) => self.split(|row| valid(row).then(|| v[row].to_bits())),
            Data::String(v) => self.split(|row| valid(row).then(|| v[row].as_str())),
        }
    }

    fn split<K: Hash + Eq + Copy>(mut self, key: impl Fn(usize) -> K) -> Groups {
        let mut numbers: HashMap<(usize, K), usize> = HashMap::new();
        // Rows of one key mostly stand together: a look at the row before saves most of the hashing.
        let mut last: Option<((usize, K), usize)> = None;
        for row in 0..self.of.len() {
            let whole = (self.of[row], key(row));
            let number = match last {
                Some((same, number)) if same == whole => number,
                _ => {
                    let next = numbers.len();
                    *numbers.entry(whole).or_insert(next)
                }
            };
            last = Some((whole, number));
            self.of[row] = number;
        }
        Groups { count: numbers.len(), of: self.of }
    }

    fn gather(self) -> Keys {
        let mut starts = vec![0; self.count + 1];
        for &group in &self.of {
            starts[group + 1] += 1;
        }
        for group in 0..self.count {
            starts[group + 1] += starts[group];
        }
        let ranges = starts.windows(2).map(|bounds| bounds[0]..bounds[1]).collect();
        let mut rows = vec![0; self.of.len()];
        for (row, &group) in self.of.iter().enumerate() {
            rows[starts[group]] = row;
            starts[group] += 1;
        }
        Keys { rows, ranges }
    }
}
