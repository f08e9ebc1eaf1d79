//! The kernel over each key's log, keys in parallel.

use rayon::prelude::*;

use super::admit::{self, KeyLog};
use super::chunks::Outputs;
use crate::batch::history::History;
use crate::batch::rows;
use crate::column::{Column, ColumnBuilder};
use crate::event::Place;
use crate::kernel::{Kernel, Log, Results, ViewState};
use crate::plan::View;
use crate::value::{Micros, Type, Value};

/// So many events are folded by one task, keys being whole.
const TASK: usize = 8192;

/// Of a row of the history that was not kept.
const NOWHERE: usize = usize::MAX;

/// The results of the view's calls: one column per call, a value per kept row.
pub(super) fn results(view: &View, kernel: &Kernel, history: &History, logs: &[KeyLog], kept: &Outputs) -> Vec<Column> {
    if view.calls.is_empty() {
        return Vec::new();
    }
    let mut place_of = vec![NOWHERE; history.table.rows];
    for (place, &row) in kept.rows.iter().enumerate() {
        place_of[row] = place;
    }
    let types: Vec<Type> = view.calls.iter().map(|call| call.ty).collect();
    let folder = Folder { types: &types, kernel, history, kept, place_of };
    let done = tasks(logs).into_par_iter().map(|logs| folder.fold(logs)).collect();
    in_order(&types, kept.rows.len(), done)
}

/// Neighbouring keys with about [`TASK`] events together.
fn tasks(logs: &[KeyLog]) -> Vec<&[KeyLog]> {
    let mut tasks = Vec::new();
    let (mut start, mut events) = (0, 0);
    for (index, log) in logs.iter().enumerate() {
        events += log.rows.len();
        if events >= TASK {
            tasks.push(&logs[start..=index]);
            (start, events) = (index + 1, 0);
        }
    }
    if start < logs.len() {
        tasks.push(&logs[start..]);
    }
    tasks
}

/// What one task computed.
struct Folded {
    /// Places among the kept rows, in the order of `results`.
    places: Vec<usize>,
    results: Vec<Column>,
}

/// What all tasks share.
struct Folder<'a> {
    /// Of the calls.
    types: &'a [Type],
    kernel: &'a Kernel,
    history: &'a History,
    kept: &'a Outputs,
    /// For each row of the history its place among the kept rows, or [`NOWHERE`].
    place_of: Vec<usize>,
}

impl Folder<'_> {
    fn fold(&self, logs: &[KeyLog]) -> Folded {
        let events = Events::of(self, logs);
        let (slots, places) = laid_out(&events.places);
        let blank = |ty: &Type| ColumnBuilder::nulls(*ty, slots.len());
        let mut columns: Vec<ColumnBuilder> = self.types.iter().map(blank).collect();
        let mut start = 0;
        for &end in &events.ends {
            let mut part = Part { columns: &mut columns, slots: &slots[start..end] };
            let (rows, times) = (&events.places[start..end], &events.times[start..end]);
            if rows.is_sorted_by(|a, b| self.place(*a) < self.place(*b)) {
                self.kernel.fold_log(Log { before: &self.kept.columns, rows, times }, &mut part);
            } else {
                self.fold_events(rows, &events.newest[start..end], &mut part);
            }
            start = end;
        }
        Folded { places, results: columns.into_iter().map(ColumnBuilder::finish).collect() }
    }

    /// Where a kept row stands in its key's log.
    fn place(&self, kept: usize) -> Place {
        admit::place_of(self.history, self.kept.rows[kept])
    }

    /// One event after the other, for a log out of order.
    fn fold_events(&self, rows: &[usize], newest: &[Micros], part: &mut Part<'_>) {
        let mut state = ViewState::default();
        let mut before: Vec<Value> = Vec::with_capacity(self.kept.columns.len());
        let mut results: Vec<Value> = Vec::with_capacity(self.types.len());
        for (index, (&row, &newest)) in rows.iter().zip(newest).enumerate() {
            before.clear();
            // A column that the kernel does not read has no values.
            let value = |column: &Column| if column.is_empty() { Value::Null } else { column.value(row) };
            before.extend(self.kept.columns.iter().map(value));
            self.kernel.fold(&mut state, self.place(row), newest, &before, &mut results);
            for (call, result) in results.drain(..).enumerate() {
                part.put(call, index, result);
            }
        }
    }
}

/// The kept rows of some logs, one log after the other.
struct Events {
    /// Among the kept rows.
    places: Vec<usize>,
    times: Vec<Micros>,
    /// The newest event time of the key up to each, rows that were not kept among them.
    newest: Vec<Micros>,
    /// Where the rows that share a state end.
    ends: Vec<usize>,
}

impl Events {
    fn of(folder: &Folder<'_>, logs: &[KeyLog]) -> Events {
        let most = logs.iter().map(|log| log.rows.len()).sum();
        let (mut places, mut times) = (Vec::with_capacity(most), Vec::with_capacity(most));
        let (mut newest, mut ends) = (Vec::with_capacity(most), Vec::with_capacity(logs.len()));
        for log in logs {
            let (mut start, mut latest) = (0, Micros::MIN);
            for end in log.restarts.iter().copied().chain([log.rows.len()]) {
                for &row in &log.rows[start..end] {
                    let time = folder.history.times[row];
                    latest = latest.max(time);
                    if folder.place_of[row] != NOWHERE {
                        places.push(folder.place_of[row]);
                        times.push(time);
                        newest.push(latest);
                    }
                }
                ends.push(places.len());
                start = end;
            }
        }
        Events { places, times, newest, ends }
    }
}

/// Where the rows of a log put their results.
struct Part<'a> {
    columns: &'a mut [ColumnBuilder],
    slots: &'a [usize],
}

impl Results for Part<'_> {
    #[inline(always)]
    fn put(&mut self, call: usize, row: usize, result: Value) {
        self.columns[call].set(self.slots[row], result);
    }
}

/// A slot for each of `places`, and the place of each slot. Ascending if no other task's place lies among them: what
/// all tasks give is then in order already.
fn laid_out(places: &[usize]) -> (Vec<usize>, Vec<usize>) {
    let first = places.iter().copied().min().unwrap_or(0);
    let end = places.iter().copied().max().map_or(0, |last| last + 1);
    if end - first == places.len() {
        (places.iter().map(|place| place - first).collect(), (first..end).collect())
    } else {
        ((0..places.len()).collect(), places.to_vec())
    }
}

/// Brings results from the order of slots into the order of the kept rows.
fn in_order(types: &[Type], rows: usize, mut done: Vec<Folded>) -> Vec<Column> {
    done.sort_by_key(|part| part.places.first().copied());
    let ordered = done.iter().flat_map(|part| &part.places).copied().eq(0..rows);
    let (mut folded_at, mut at) = (vec![0; if ordered { 0 } else { rows }], 0);
    let mut parts = Vec::with_capacity(done.len());
    for part in done {
        if !ordered {
            for place in part.places {
                folded_at[place] = at;
                at += 1;
            }
        }
        parts.push(part.results);
    }
    let columns = rows::concat_all(types, parts);
    if ordered { columns } else { columns.par_iter().map(|column| column.take(&folded_at)).collect() }
}
