//! What the kernel must compute, recomputed naively: every frame anew from the list of all rows. Shares no code with the
//! kernel but the plan's types, its arithmetic included, so that both can only be wrong in different ways.

mod aggregate;
mod big;
mod variance;

use self::aggregate::{aggregate, fading};
use crate::event::Place;
use crate::plan::{BeforeLayout, Call, Frame, Window, WindowFunction};
use crate::value::{Micros, Value};

/// The plan of a view's windows and every row that was folded, in the order of acceptance.
#[derive(Debug)]
pub struct Frames {
    windows: Vec<Window>,
    calls: Vec<Call>,
    layout: BeforeLayout,
    folded: Vec<Row>,
}

/// A row with its outputs of [`View::before`](crate::plan::View::before).
#[derive(Debug, Clone)]
struct Row {
    place: Place,
    before: Vec<Value>,
}

impl Frames {
    pub fn new(windows: &[Window], calls: &[Call], layout: &BeforeLayout) -> Frames {
        Frames { windows: windows.to_vec(), calls: calls.to_vec(), layout: layout.clone(), folded: Vec::new() }
    }

    /// The results of an accepted row that the filter kept.
    pub fn fold(&mut self, place: Place, before: &[Value]) -> Vec<Value> {
        let results = self.at(place, before);
        self.admit(place, before);
        results
    }

    /// The results that an accepted row would have.
    pub fn at(&self, place: Place, before: &[Value]) -> Vec<Value> {
        self.then(self.folded.len(), place, before)
    }

    /// What [`Frames::at`] was when so many rows had been taken.
    pub fn then(&self, taken: usize, place: Place, before: &[Value]) -> Vec<Value> {
        let (row, folded) = (Row { place, before: before.to_vec() }, &self.folded[..taken]);
        self.results(folded, &row, |other| other.place < place)
    }

    /// How many rows have been taken.
    pub fn taken(&self) -> usize {
        self.folded.len()
    }

    /// The newest row's results, of which those of frames of time are looked at again at a later time.
    pub fn aged(&self, newest: Place, before: &[Value], as_of: Micros, results: &[Value]) -> Vec<Value> {
        if !(0..self.calls.len()).any(|call| self.sees_a_length_of_time(call)) {
            return results.to_vec();
        }
        let row = Row { place: newest, before: before.to_vec() };
        let others = preceding(&self.folded, |other| other.place != newest);
        let result = |(call, result): (usize, &Value)| {
            if self.sees_a_length_of_time(call) {
                self.result(&self.folded, call, &row, &others, as_of)
            } else {
                result.clone()
            }
        };
        results.iter().enumerate().map(result).collect()
    }

    fn sees_a_length_of_time(&self, call: usize) -> bool {
        let Call { window, function, .. } = self.calls[call];
        let frameless = matches!(function, WindowFunction::Lag { .. } | WindowFunction::Ewma { .. });
        !frameless && matches!(self.windows[window].frame, Frame::Range(_))
    }

    /// Takes an accepted row that the filter kept, without computing its results.
    pub fn admit(&mut self, place: Place, before: &[Value]) {
        self.folded.push(Row { place, before: before.to_vec() });
    }

    /// The rows that a call sees from `place`, in order, each with what it takes from it: the argument (TRUE where it
    /// has none).
    pub fn frame(&self, call: usize, place: Place, before: &[Value]) -> Vec<(Place, Value)> {
        let row = Row { place, before: before.to_vec() };
        let before = preceding(&self.folded, |other| other.place < place);
        self.seen(&self.folded, call, &row, &before, place.time)
            .into_iter()
            .map(|row| (row.place, self.argument(call, row)))
            .collect()
    }

    /// The results of a row that stands last at its timestamp; nothing is folded.
    pub fn peek(&self, time: Micros, own: Option<Place>, before: &[Value]) -> Vec<Value> {
        let row = Row { place: Place { time, offset: u64::MAX }, before: before.to_vec() };
        self.results(&self.folded, &row, |other| other.place.time <= time && Some(other.place) != own)
    }

    fn results(&self, folded: &[Row], current: &Row, precedes: impl Fn(&Row) -> bool) -> Vec<Value> {
        if self.calls.is_empty() {
            return Vec::new();
        }
        let (preceding, now) = (preceding(folded, precedes), current.place.time);
        (0..self.calls.len()).map(|call| self.result(folded, call, current, &preceding, now)).collect()
    }

    fn result(&self, folded: &[Row], index: usize, current: &Row, preceding: &[&Row], now: Micros) -> Value {
        let seen = self.seen(folded, index, current, preceding, now);
        if let WindowFunction::Ewma { half_life } = self.calls[index].function {
            let rows: Vec<_> = seen.into_iter().map(|row| (row.place.time, self.argument(index, row))).collect();
            return fading(half_life, &rows);
        }
        let values: Vec<Value> = seen.into_iter().map(|row| self.argument(index, row)).collect();
        aggregate(&self.calls[index], &values)
    }

    /// The rows of the frame that enter the call.
    fn seen<'a>(
        &self,
        folded: &'a [Row],
        index: usize,
        current: &'a Row,
        preceding: &[&'a Row],
        now: Micros,
    ) -> Vec<&'a Row> {
        let call = &self.calls[index];
        let window = &self.windows[call.window];
        let key = |row: &'a Row| &row.before[self.layout.partitions[call.window].clone()];
        let own = key(current);
        let mut partition: Vec<&Row> = preceding.iter().copied().filter(|row| same_partition(key(row), own)).collect();
        let enters = |row: &Row| self.layout.filters[index].is_none_or(|at| row.before[at] == Value::Bool(true));

        if let WindowFunction::Ewma { .. } = call.function {
            // Every row, in the order of acceptance.
            let own_row = (!window.exclude_current).then_some(current);
            let all = folded.iter().filter(|row| same_partition(key(row), own)).chain(own_row);
            return all.filter(|row| enters(row)).collect();
        }
        if let WindowFunction::Lag { offset } = call.function {
            let offset = offset as usize;
            if offset == 0 {
                return if enters(current) { vec![current] } else { Vec::new() };
            }
            let entered: Vec<&Row> = partition.into_iter().filter(|row| enters(row)).collect();
            return entered.iter().rev().nth(offset - 1).copied().into_iter().collect();
        }

        if let Frame::Rows(n) = window.frame {
            let reached = partition.len().saturating_sub(n as usize);
            partition.drain(..reached);
        }
        if !window.exclude_current {
            partition.push(current);
        }
        if let Frame::Range(width) = window.frame {
            let age = |row: &Row| i128::from(now) - i128::from(row.place.time);
            partition.retain(|row| age(row) < i128::from(width));
        }
        partition.into_iter().filter(|row| enters(row)).collect()
    }

    fn argument(&self, index: usize, row: &Row) -> Value {
        self.layout.arguments[index].map_or(Value::Bool(true), |at| row.before[at].clone())
    }
}

/// The rows that precede, in the total order.
fn preceding(folded: &[Row], precedes: impl Fn(&Row) -> bool) -> Vec<&Row> {
    let mut preceding: Vec<&Row> = folded.iter().filter(|row| precedes(row)).collect();
    preceding.sort_by_key(|row| (row.place.time, row.place.offset));
    preceding
}

/// NULL is a partition of its own; the zeros are equal.
fn same_partition(a: &[Value], b: &[Value]) -> bool {
    a == b
}
