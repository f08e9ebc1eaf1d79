//! Which events are folded, and in which order: each key's log on its own.

use std::ops::Range;

use rayon::prelude::*;

use super::Order;
use super::keys::Keys;
use crate::batch::history::History;
use crate::event::{Decision, KeyClock, Place};
use crate::value::Value;

/// The events of one key that are folded, in the order of folding.
#[derive(Debug)]
pub(super) struct KeyLog {
    /// Rows of the history.
    pub(super) rows: Vec<usize>,
    /// Places in `rows` where the key had been idle for so long that it starts anew.
    pub(super) restarts: Vec<usize>,
}

/// The folded events of all keys, and how many were refused.
#[derive(Debug)]
pub(super) struct Admitted {
    pub(super) logs: Vec<KeyLog>,
    pub(super) late: u64,
    pub(super) duplicate: u64,
}

pub(super) fn admit(history: &History, keys: &Keys, order: Order) -> Admitted {
    let admitted: Vec<(KeyLog, u64, u64)> =
        keys.ranges.par_iter().with_min_len(16).map(|range| admit_key(history, keys, range.clone(), order)).collect();
    let (late, duplicate) = admitted.iter().fold((0, 0), |sum, (_, late, duplicate)| (sum.0 + late, sum.1 + duplicate));
    Admitted { logs: admitted.into_iter().map(|(log, ..)| log).collect(), late, duplicate }
}

fn admit_key(history: &History, keys: &Keys, range: Range<usize>, order: Order) -> (KeyLog, u64, u64) {
    let rows = &keys.rows[range];
    match order {
        Order::Ideal => (ideal(history, rows), 0, 0),
        Order::Served => served(history, rows),
    }
}

/// Where a row stands in its key's log: without a log the file order is the offset.
pub(super) fn place_of(history: &History, row: usize) -> Place {
    let offset = history.log.as_ref().map_or(row as u64, |log| log.sequence[row]);
    Place { time: history.times[row], offset }
}

/// Sorted by event time, then by place in the file; everything is folded.
fn ideal(history: &History, rows: &[usize]) -> KeyLog {
    let mut rows = rows.to_vec();
    if !rows.is_sorted_by_key(|&row| history.times[row]) {
        rows.sort_by_key(|&row| history.times[row]);
    }
    let mut clock = KeyClock::default();
    let mut restarts = Vec::new();
    for (index, &row) in rows.iter().enumerate() {
        // Nothing is a duplicate here, so no id need be remembered.
        if clock.is_idle(&history.stream, history.times[row]) {
            restarts.push(index);
        }
        clock.newest = Some(history.times[row]);
    }
    KeyLog { rows, restarts }
}

/// In log order, with the decisions that the stream host takes on such a log.
fn served(history: &History, rows: &[usize]) -> (KeyLog, u64, u64) {
    let stream = &history.stream;
    let mut log = KeyLog { rows: Vec::with_capacity(rows.len()), restarts: Vec::new() };
    let (mut late, mut duplicate) = (0, 0);
    let mut clock = KeyClock::default();
    let mut id: Vec<Value> = Vec::with_capacity(stream.id.len());
    for &row in rows {
        let time = history.times[row];
        id.clear();
        id.extend(stream.id.iter().map(|&field| history.table.columns[field].value(row)));
        let append_time = history.log.as_ref().map(|log| log.append_times[row]);
        let redriven = history.log.as_ref().is_some_and(|log| log.redriven.binary_search(&log.sequence[row]).is_ok());
        let decision = match redriven {
            false => clock.decide(stream, time, &id, append_time),
            true => clock.decide_redriven(stream, time, &id, append_time),
        };
        match decision {
            Decision::Accept => {
                if clock.accept(stream, place_of(history, row), &id) {
                    log.restarts.push(log.rows.len());
                }
                log.rows.push(row);
            }
            Decision::Late { .. } | Decision::Future { .. } => late += 1,
            Decision::Duplicate => duplicate += 1,
        }
    }
    (log, late, duplicate)
}
