//! The kernel over each key's log, keys in parallel.

use rayon::prelude::*;

use super::admit::{self, KeyLog};
use super::chunks::Kept;
use crate::batch::history::History;
use crate::batch::rows;
use crate::column::{Column, ColumnBuilder};
use crate::kernel::{Kernel, ViewState};
use crate::plan::View;
use crate::value::{Type, Value};

/// So many events are folded by one task, keys being whole.
const TASK: usize = 8192;

/// The results of the view's calls: one column per call, a value per kept row.
pub(super) fn results(view: &View, history: &History, logs: &[KeyLog], kept: &Kept) -> Vec<Column> {
    let mut place_of: Vec<Option<u32>> = vec![None; history.table.rows];
    for (place, &row) in kept.rows.iter().enumerate() {
        place_of[row] = u32::try_from(place).ok();
    }
    let kernel = Kernel::new(view);
    let tasks = tasks(logs);
    let done: Vec<Folded> =
        tasks.into_par_iter().map(|logs| fold(view, &kernel, history, logs, kept, &place_of)).collect();
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

fn fold(
    view: &View,
    kernel: &Kernel,
    history: &History,
    logs: &[KeyLog],
    kept: &Kept,
    place_of: &[Option<u32>],
) -> Folded {
    let events = logs.iter().map(|log| log.rows.len()).sum();
    let mut builders: Vec<ColumnBuilder> = view.calls.iter().map(|call| ColumnBuilder::new(call.ty, events)).collect();
    let mut places = Vec::with_capacity(events);
    let mut before: Vec<Value> = Vec::with_capacity(kept.before.len());
    let mut results: Vec<Value> = Vec::with_capacity(view.calls.len());
    for log in logs {
        let mut state = ViewState::default();
        let mut restarts = log.restarts.iter().peekable();
        let mut newest = i64::MIN;
        for (index, &row) in log.rows.iter().enumerate() {
            if restarts.next_if_eq(&&index).is_some() {
                state = ViewState::default();
            }
            let at = admit::place_of(history, row);
            newest = newest.max(at.time);
            let Some(place) = place_of[row] else { continue };
            let place = place as usize;
            before.clear();
            before.extend(kept.before.iter().map(|column| column.value(place)));
            kernel.fold(&mut state, at, newest, &before, &mut results);
            places.push(place);
            for (builder, result) in builders.iter_mut().zip(&results) {
                builder.push(result);
            }
        }
    }
    Folded { places, results: builders.into_iter().map(ColumnBuilder::finish).collect() }
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
