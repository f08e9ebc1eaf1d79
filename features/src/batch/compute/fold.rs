//! The kernel over each key's log, keys in parallel.

use rayon::prelude::*;

use super::admit::{self, KeyLog};
use super::chunks::Outputs;
use crate::batch::history::History;
use crate::batch::rows;
use crate::column::{Column, ColumnBuilder};
use crate::kernel::{Kernel, ViewState};
use crate::plan::{Call, View};
use crate::value::{Micros, Type, Value};

/// So many events are folded by one task, keys being whole.
const TASK: usize = 8192;

/// The results of the view's calls: one column per call, a value per kept row.
pub(super) fn results(view: &View, history: &History, logs: &[KeyLog], kept: &Outputs) -> Vec<Column> {
    if view.calls.is_empty() {
        return Vec::new();
    }
    let mut place_of = vec![None; history.table.rows];
    for (place, &row) in kept.rows.iter().enumerate() {
        place_of[row] = Some(place);
    }
    let folder = Folder { view, kernel: Kernel::new(view), history, kept, place_of };
    let done = tasks(logs).into_par_iter().map(|logs| folder.fold(logs)).collect();
    in_order(view, kept.rows.len(), done)
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

/// What one task computed, in the order of folding.
struct Folded {
    /// Places among the kept rows.
    places: Vec<usize>,
    results: Vec<Column>,
}

/// What all tasks share.
struct Folder<'a> {
    view: &'a View,
    kernel: Kernel,
    history: &'a History,
    kept: &'a Outputs,
    /// For each row of the history its place among the kept rows.
    place_of: Vec<Option<usize>>,
}

impl Folder<'_> {
    fn fold(&self, logs: &[KeyLog]) -> Folded {
        let events = logs.iter().map(|log| log.rows.len()).sum();
        let builder = |call: &Call| ColumnBuilder::new(call.ty, events);
        let mut builders: Vec<ColumnBuilder> = self.view.calls.iter().map(builder).collect();
        let mut places = Vec::with_capacity(events);
        let mut before: Vec<Value> = Vec::with_capacity(self.kept.columns.len());
        let mut results: Vec<Value> = Vec::with_capacity(self.view.calls.len());
        for log in logs {
            let mut state = ViewState::default();
            let mut restarts = log.restarts.iter().peekable();
            let mut newest = Micros::MIN;
            for (index, &row) in log.rows.iter().enumerate() {
                if restarts.next_if_eq(&&index).is_some() {
                    state = ViewState::default();
                }
                let at = admit::place_of(self.history, row);
                newest = newest.max(at.time);
                let Some(place) = self.place_of[row] else { continue };
                before.clear();
                before.extend(self.kept.columns.iter().map(|column| column.value(place)));
                self.kernel.fold(&mut state, at, newest, &before, &mut results);
                places.push(place);
                for (builder, result) in builders.iter_mut().zip(&results) {
                    builder.push(result);
                }
            }
        }
        Folded { places, results: builders.into_iter().map(ColumnBuilder::finish).collect() }
    }
}

/// Brings results from the order of folding into the order of the kept rows.
fn in_order(view: &View, rows: usize, done: Vec<Folded>) -> Vec<Column> {
    let types: Vec<Type> = view.calls.iter().map(|call| call.ty).collect();
    let mut folded_at = vec![0; rows];
    let mut parts = Vec::with_capacity(done.len());
    let mut at = 0;
    for part in done {
        for place in part.places {
            folded_at[place] = at;
            at += 1;
        }
        parts.push(part.results);
    }
    let columns = rows::concat_all(&types, parts);
    columns.par_iter().map(|column| column.take(&folded_at)).collect()
}
