//! Folding: one event at a time into the state of its key.

use std::ops::Range;

use super::arrange::{Group, Kernel};
use super::operator::{Accumulator, FOREMOST, Operator};
use super::rows::Rows;
use super::runs::Runs;
use super::state::{Head, Partition, Partitions, ViewState};
use crate::event::Place;
use crate::plan::Frame;
use crate::value::{Micros, Value};

impl Kernel {
    /// Folds an accepted event that the filter kept and writes one result per call into `results` (cleared first).
    /// `before` are the outputs of [`View::before`](crate::plan::View::before) for it; `newest` is the key's newest
    /// event time including this one.
    pub fn fold(
        &self,
        state: &mut ViewState,
        place: Place,
        newest: Micros,
        before: &[Value],
        results: &mut Vec<Value>,
    ) {
        results.clear();
        results.resize(self.calls, Value::Null);
        state.groups.resize_with(self.groups.len(), Partitions::default);
        for (group, partitions) in self.groups.iter().zip(&mut state.groups) {
            let partition = partitions.get_or_insert(group.key(before), group);
            if partition.rows.last().is_none_or(|last| last < place) {
                group.append(partition, place, before, results);
            } else {
                group.insert(partition, place, before, results);
            }
            group.carry(partition, place.time, before, results);
            group.settle(partition, newest.saturating_sub(group.unsettled));
        }
    }

    /// What [`Kernel::fold`] would give for a row that stands last at its timestamp, changing nothing.
    /// `own` is the place of the same business id if it was folded and is not older than the stream's `lateness` or
    /// `dedupe`: it is left out of the frames.
    pub fn peek(
        &self,
        state: &ViewState,
        time: Micros,
        own: Option<Place>,
        before: &[Value],
        results: &mut Vec<Value>,
    ) {
        results.clear();
        results.resize(self.calls, Value::Null);
        let place = Place { time, offset: u64::MAX };
        for (index, group) in self.groups.iter().enumerate() {
            let partition = state.groups.get(index).and_then(|partitions| partitions.get(group.key(before)));
            group.compute(partition, place, own, before, results);
            group.foresee(partition, time, before, results);
        }
    }
}

impl Group {
    pub(super) fn key<'a>(&self, before: &'a [Value]) -> &'a [Value] {
        before.get(self.partition.clone()).unwrap_or_default()
    }

    /// The usual case: the event is the partition's last, and the heads need one step.
    fn append(&self, partition: &mut Partition, place: Place, before: &[Value], results: &mut [Value]) {
        if partition.heads.is_empty() {
            partition.heads = self.heads(partition);
        }
        let Partition { rows, heads, left, .. } = partition;
        rows.push(place, self.values(before));
        let last = rows.len() - 1;
        for (operator, head) in self.operators.iter().zip(heads) {
            if operator.frame != Frame::Unbounded {
                let start = operator.start_after(|row| rows.time(row), (head.start - *left) as usize, last, place.time);
                head.leave(operator, rows, *left, start);
            }
            if operator.exclude_current {
                answer(operator, &head.accumulator, results);
            }
            if let Some(value) = operator.entering(|column| rows.value(last, column)) {
                head.accumulator.enter(place, value);
            }
            if !operator.exclude_current {
                answer(operator, &head.accumulator, results);
            }
        }
    }

    /// Computes every call for a row at `place` from base and buffer alone.
    fn compute(
        &self,
        partition: Option<&Partition>,
        place: Place,
        own: Option<Place>,
        before: &[Value],
        results: &mut [Value],
    ) {
        for operator in &self.operators {
            let mut accumulator = operator.accumulator();
            if let Some(partition) = partition {
                let end = partition.rows.before(place);
                let own = own.and_then(|own| partition.rows.find(own)).filter(|own| *own < end);
                // Leaving out a row of a frame of rows brings in the one before the frame.
                let start = match operator.start(&partition.rows, end, place.time) {
                    start if matches!(operator.frame, Frame::Rows(_)) && own.is_some_and(|own| own >= start) => {
                        start.saturating_sub(1)
                    }
                    start => start,
                };
                accumulator = accumulated(operator, &partition.rows, &partition.base, start..end, own);
            }
            self.answer_with_current(operator, accumulator, place, before, results);
        }
    }

    /// `accumulator` holds the rows before the current one.
    pub(super) fn answer_with_current(
        &self,
        operator: &Operator,
        mut accumulator: Accumulator,
        place: Place,
        before: &[Value],
        results: &mut [Value],
    ) {
        if !operator.exclude_current
            && let Some(value) = operator.entering(|column| self.value(before, column))
        {
            accumulator.enter(place, value);
        }
        answer(operator, &accumulator, results);
    }

    /// The accumulators that are ready for the next row in order, from base and buffer.
    pub(super) fn heads(&self, partition: &Partition) -> Vec<Head> {
        self.operators.iter().map(|operator| Head::of(operator, partition)).collect()
    }

    /// Rows that no event can stand before any more, and that no frame reaches, leave the buffer for the base.
    fn settle(&self, partition: &mut Partition, settled: Micros) {
        while partition.rows.overflows(self.reach, settled, self.span) {
            let Partition { rows, base, left, .. } = partition;
            let unbounded = || self.operators.iter().filter(|operator| operator.base.is_some());
            if base.is_empty() {
                base.extend(unbounded().map(Operator::accumulator));
            }
            for (operator, base) in unbounded().zip(base) {
                if let Some(value) = operator.entering(|column| rows.value(0, column)) {
                    base.enter(FOREMOST, value);
                }
            }
            rows.pop();
            *left += 1;
        }
        // Only for a row that was taken whatever its lateness: its frame may reach rows that just left.
        if partition.rows.last().is_some_and(|last| last.time < settled) {
            partition.heads.clear();
        }
    }

    /// What the buffer keeps of an event.
    pub(super) fn values<'a>(&'a self, before: &'a [Value]) -> impl Iterator<Item = Value> + 'a {
        (0..self.columns.len()).map(|column| self.value(before, column).clone())
    }

    pub(super) fn value<'a>(&self, before: &'a [Value], column: usize) -> &'a Value {
        self.columns.get(column).and_then(|column| before.get(column.output)).unwrap_or(&Value::Null)
    }
}

/// What an operator makes of some rows of the buffer, one of which may be left out. Of an operator that sees everything,
/// `rows` begin with the buffer, and what has left it comes before them.
pub(super) fn accumulated(
    operator: &Operator,
    buffer: &Rows,
    base: &[Accumulator],
    rows: Range<usize>,
    own: Option<usize>,
) -> Accumulator {
    let base = operator.base.and_then(|index| base.get(index));
    let mut accumulator = base.cloned().unwrap_or_else(|| operator.accumulator());
    let entering = |row: usize| {
        let value = operator.entering(|column| buffer.value(row, column))?;
        Some((row, buffer.place(row)?, value)).filter(|_| Some(row) != own)
    };
    let rows = match operator.kind.last_rows() {
        None => rows,
        Some(last) => {
            let first = rows.clone().rev().filter_map(entering).take(last).last();
            first.map_or(rows.end, |(row, ..)| row)..rows.end
        }
    };
    for (_, place, value) in rows.filter_map(entering).take(operator.kind.first_rows().unwrap_or(usize::MAX)) {
        accumulator.enter(place, value);
    }
    accumulator
}

impl Head {
    /// From base and buffer.
    pub(super) fn of(operator: &Operator, partition: &Partition) -> Head {
        let Partition { rows, base, left, .. } = partition;
        let newest = rows.last().map_or(Micros::MIN, |last| last.time);
        let start = operator.start(rows, rows.len(), newest);
        // Of a frame that rows leave all are needed: those that are not first or last now will be.
        let accumulator = if operator.frame == Frame::Unbounded {
            accumulated(operator, rows, base, 0..rows.len(), None)
        } else {
            let mut accumulator = operator.accumulator();
            for row in start..rows.len() {
                if let (Some(place), Some(value)) = (rows.place(row), operator.entering(|c| rows.value(row, c))) {
                    accumulator.enter(place, value);
                }
            }
            accumulator
        };
        Head { accumulator, start: left + start as u64, runs: Runs::default() }
    }

    /// The rows before `start`, counted in the buffer, leave.
    #[inline]
    pub(super) fn leave(&mut self, operator: &Operator, rows: &Rows, left: u64, start: usize) {
        while self.start < left + start as u64 {
            let row = (self.start - left) as usize;
            if let (Some(place), Some(value)) = (rows.place(row), operator.entering(|c| rows.value(row, c))) {
                self.accumulator.leave(place, value);
            }
            self.start += 1;
        }
    }
}

pub(super) fn answer(operator: &Operator, accumulator: &Accumulator, results: &mut [Value]) {
    for (call, reading) in &operator.calls {
        if let Some(result) = results.get_mut(*call) {
            *result = accumulator.read(operator.ty, *reading);
        }
    }
}
