//! The buffered rows of a partition, in the total order.

use std::collections::VecDeque;

use crate::event::Place;
use crate::value::{Micros, Value};

/// Rows of `width` values each.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Rows {
    width: usize,
    places: VecDeque<Place>,
    values: VecDeque<Value>,
}

impl Rows {
    pub(super) fn new(width: usize) -> Rows {
        Rows { width, places: VecDeque::new(), values: VecDeque::new() }
    }

    pub(super) fn with_capacity(width: usize, rows: usize) -> Rows {
        Rows { width, places: VecDeque::with_capacity(rows), values: VecDeque::with_capacity(rows * width) }
    }

    /// Each row's offset becomes its number among these rows, which keeps their order.
    pub(super) fn number_offsets(&mut self) {
        for (number, place) in (0..).zip(&mut self.places) {
            place.offset = number;
        }
    }

    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    pub(super) fn place(&self, row: usize) -> Option<Place> {
        self.places.get(row).copied()
    }

    pub(super) fn time(&self, row: usize) -> Option<Micros> {
        self.places.get(row).map(|place| place.time)
    }

    pub(super) fn last(&self) -> Option<Place> {
        self.places.back().copied()
    }

    /// NULL past the end.
    pub(super) fn value(&self, row: usize, column: usize) -> &Value {
        self.values.get(row * self.width + column).unwrap_or(&Value::Null)
    }

    /// How many rows stand before a row of this place.
    pub(super) fn before(&self, place: Place) -> usize {
        self.places.partition_point(|p| *p < place)
    }

    /// How many rows are of this time or older.
    pub(super) fn until(&self, time: Micros) -> usize {
        self.places.partition_point(|p| p.time <= time)
    }

    pub(super) fn find(&self, place: Place) -> Option<usize> {
        self.places.binary_search(&place).ok()
    }

    /// True if the first row stands neither among the `reach` rows before `time` nor within `span` before it.
    pub(super) fn overflows(&self, reach: usize, time: Micros, span: Micros) -> bool {
        let beyond_reach = self.places.get(reach).is_some_and(|p| p.time < time);
        let out = |p: &Place| time.checked_sub(span).is_some_and(|last_out| p.time <= last_out);
        beyond_reach && (span == 0 || self.places.front().is_some_and(out))
    }

    /// Puts a row last; there must be `width` values.
    pub(super) fn push(&mut self, place: Place, values: impl Iterator<Item = Value>) {
        self.places.push_back(place);
        self.values.extend(values);
    }

    /// Puts a row before the present row `row`; there must be `width` values.
    pub(super) fn insert(&mut self, row: usize, place: Place, values: impl Iterator<Item = Value>) {
        self.places.insert(row, place);
        for (column, value) in values.enumerate() {
            self.values.insert(row * self.width + column, value);
        }
    }

    /// Forgets the first row.
    pub(super) fn pop(&mut self) {
        if self.places.pop_front().is_some() {
            self.values.drain(..self.width);
        }
    }
}
