//! Folding an event out of order: it takes its place among rows that are there already.
//!
//! What it sees is what the heads hold without the rows behind it, so that its cost grows with those and not with its
//! frames. The heads stay true: the row enters them at its place.

use std::ops::Range;

use super::arrange::Group;
use super::fold::{accumulated, answer};
use super::operator::{Accumulator, Operator};
use super::rows::Rows;
use super::state::{Head, Partition};
use crate::event::Place;
use crate::plan::Frame;
use crate::value::Value;

/// Of fewer rows than these the best is found by a look at each.
const FEW: usize = 64;

impl Group {
    pub(super) fn insert(&self, partition: &mut Partition, place: Place, before: &[Value], results: &mut [Value]) {
        if partition.heads.is_empty() {
            partition.heads = self.heads(partition);
        }
        let at = partition.rows.before(place);
        self.answer_at(at, partition, place, before, results);
        partition.rows.insert(at, place, self.values(before));
        if at == 0 {
            // Behind everything that has left the buffer, perhaps against its place: only the base knows.
            partition.heads.clear();
            return;
        }
        let mut heads = std::mem::take(&mut partition.heads);
        for (operator, head) in self.operators.iter().zip(&mut heads) {
            if !head.insert(operator, &partition.rows, partition.left, at) {
                *head = Head::of(operator, partition);
            }
        }
        partition.heads = heads;
    }

    /// Computes every call for a row that will stand at `at`.
    fn answer_at(&self, at: usize, partition: &mut Partition, place: Place, before: &[Value], results: &mut [Value]) {
        let Partition { rows, base, heads, left, .. } = partition;
        for (operator, head) in self.operators.iter().zip(heads) {
            let start = operator.start(rows, at, place.time);
            if operator.is_reversible() && head.is_near(rows, *left, &(start..at)) {
                let current = operator.entering(|column| self.value(before, column));
                let current = current.filter(|_| !operator.exclude_current);
                head.answer_before(operator, rows, *left, start..at, current.map(|value| (place, value)), results);
                continue;
            }
            let seen = match operator.kind.beats() {
                Some(beats) if at - start > FEW => {
                    let mut seen = accumulated(operator, rows, base, 0..0, None);
                    let asked = *left + start as u64..*left + at as u64;
                    let entering = |row: u64| operator.entering(|column| rows.value((row - *left) as usize, column));
                    let best = head.runs.best(beats, asked, *left, entering);
                    seen.enter(place, &best);
                    seen
                }
                _ => accumulated(operator, rows, base, start..at, None),
            };
            self.answer_with_current(operator, seen, place, before, results);
        }
    }
}

impl Head {
    /// The first row that it holds, counted in the buffer.
    fn begin(&self, left: u64) -> usize {
        self.start.saturating_sub(left) as usize
    }

    /// Whether it differs from a frame by fewer rows than stand in that.
    fn is_near(&self, rows: &Rows, left: u64, frame: &Range<usize>) -> bool {
        let begin = self.begin(left);
        let between = frame.start <= begin && begin <= frame.end;
        between && (rows.len() - frame.end) + (begin - frame.start) < frame.len()
    }

    /// Answers for the rows of a frame and the current one: the rows behind them are taken out and put back, those that
    /// have left are put back and taken out. Exact sums do not show it.
    fn answer_before(
        &mut self,
        operator: &Operator,
        rows: &Rows,
        left: u64,
        frame: Range<usize>,
        current: Option<(Place, &Value)>,
        results: &mut [Value],
    ) {
        let entering = |row: usize| Some((rows.place(row)?, operator.entering(|column| rows.value(row, column))?));
        let (behind, gone) = (frame.end..rows.len(), frame.start..self.begin(left));
        let accumulator = &mut self.accumulator;
        let enter = |accumulator: &mut Accumulator, (place, value): (Place, &Value)| accumulator.enter(place, value);
        let leave = |accumulator: &mut Accumulator, (place, value): (Place, &Value)| accumulator.leave(place, value);
        gone.clone().filter_map(entering).chain(current).for_each(|row| enter(accumulator, row));
        behind.clone().filter_map(entering).for_each(|row| leave(accumulator, row));
        answer(operator, accumulator, results);
        behind.filter_map(entering).for_each(|row| enter(accumulator, row));
        gone.filter_map(entering).chain(current).for_each(|row| leave(accumulator, row));
    }

    /// The row at `at` was put into the buffer. False if the accumulator has to be made anew.
    fn insert(&mut self, operator: &Operator, rows: &Rows, left: u64, at: usize) -> bool {
        let number = left + at as u64;
        self.runs.forget_from(number);
        if operator.frame != Frame::Unbounded && number < self.start {
            self.start += 1;
            return true;
        }
        if let (Some(place), Some(value)) = (rows.place(at), operator.entering(|column| rows.value(at, column)))
            && !self.accumulator.insert(place, value)
        {
            return false;
        }
        // The frame of the newest row holds no more rows than before.
        if operator.frame != Frame::Unbounded
            && let Some(newest) = rows.last()
        {
            let last = rows.len() - 1;
            let start = operator.start_after(|row| rows.time(row), self.begin(left), last, newest.time);
            self.leave(operator, rows, left, start);
        }
        true
    }
}
