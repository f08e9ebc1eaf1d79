//! A history through all three hosts, keys in parallel.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::*;

use super::hosts::{KeyHosts, Served};
use super::oracle;
use super::questions::Times;
use super::replay::Replay;
use super::report::{Difference, FrameContents, Host, MismatchedRow, ParityReport};
use super::restarts::Restarts;
use super::sample::{Cost, Sample};
use crate::batch::{self, BatchError, History, Order};
use crate::event::{Event, EventDecoder};
use crate::host::StreamHost;
use crate::plan::{Node, View};

/// How a check is done.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Of the restarts, and of the oracle's sample.
    pub seed: u64,
    /// Restarts of the stream host; `None`: one for every fifty events, and at least fifty.
    pub restarts: Option<usize>,
    /// How much work the oracle may do, in visits of a row by a window call; beyond that it looks at a sample.
    pub oracle_budget: f64,
    /// So many mismatched rows are kept.
    pub keep: usize,
}

impl Default for Options {
    fn default() -> Options {
        Options { seed: 1, restarts: None, oracle_budget: 1e9, keep: 10 }
    }
}

/// Rows of a frame that are shown.
const SHOWN: usize = 24;

/// Replays `history` through the batch host (in served order), the stream host with restarts and the request host, and
/// compares every value bit for bit, with each other and with the oracle. Requests for events that were folded or refused
/// already, and requests by key at some time, are compared with the oracle. `progress` is told how many events are done.
pub fn check(
    view: &Arc<View>,
    history: &History,
    options: &Options,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<ParityReport, BatchError> {
    check_hosts(view, view, &|| Served::new(view), history, options, progress)
}

/// `view` is what the rows should be; `batch` and `hosts` are what is checked.
pub(super) fn check_hosts<H: KeyHosts>(
    view: &Arc<View>,
    batch: &Arc<View>,
    hosts: &(dyn Fn() -> H + Sync),
    history: &History,
    options: &Options,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<ParityReport, BatchError> {
    let table = batch::compute(batch, history, Order::Served)?;
    let mut batch_row = vec![None; history.len()];
    for (at, &row) in table.source.iter().enumerate() {
        batch_row[row] = Some(at);
    }
    let restarts = options.restarts.unwrap_or_else(|| (history.len() / 50).max(50));
    let restarts = Restarts::choose(history.len(), restarts, options.seed);
    let points = restarts.len() as u64;
    let times = Times::new(view, options.seed);
    let replay = Replay { view, history, batch: &table, batch_row, restarts, times, keep: options.keep };

    let keys = keys(view, history, &replay);
    let lengths: Vec<usize> = keys.iter().map(Vec::len).collect();
    let sample = Sample::choose(&lengths, cost(view, &replay.times), options.oracle_budget, options.seed);
    let done = AtomicU64::new(0);
    let begin = || (hosts(), EventDecoder::new(Arc::clone(&view.stream)));
    let one = |(hosts, decoder): &mut (H, EventDecoder), (key, rows): (usize, &Vec<usize>)| {
        let wanted = sample.rows(key, rows.len());
        let report = replay.key(hosts, decoder, key, rows, wanted.as_deref());
        let events = rows.len() as u64;
        progress(done.fetch_add(events, Ordering::Relaxed) + events);
        report
    };
    let found =
        keys.par_iter().enumerate().map_init(begin, one).reduce(ParityReport::default, |a, b| a.and(b, options.keep));

    let mut report = ParityReport { restarts: points, ..found };
    for row in &mut report.first {
        row.frames = frames(view, &replay, &keys[row.key], row);
    }
    Ok(report)
}

/// The rows of each key, in the order of the log, by the key's message key: as partitions and states are.
fn keys(view: &Arc<View>, history: &History, replay: &Replay<'_>) -> Vec<Vec<usize>> {
    let host = StreamHost::new(Arc::clone(&view.stream), Vec::new());
    let names: Vec<Vec<u8>> = (0..history.len())
        .into_par_iter()
        .with_min_len(1024)
        .flat_map_iter(|row| replay.log(&[row]))
        .map(|event| host.key_of(&Event { fields: event.fields, time: event.place.time }))
        .collect();
    let mut numbers: HashMap<&[u8], usize> = HashMap::new();
    let mut keys: Vec<Vec<usize>> = Vec::new();
    for (row, name) in names.iter().enumerate() {
        let number = *numbers.entry(name).or_insert(keys.len());
        if number == keys.len() {
            keys.push(Vec::new());
        }
        keys[number].push(row);
    }
    keys
}

/// What the oracle's work on the view costs.
#[expect(clippy::cast_precision_loss, reason = "an estimate of costs")]
fn cost(view: &View, times: &Times) -> Cost {
    let mut nodes = 0_usize;
    for expr in view.before_expressions().into_iter().chain(view.columns.iter().map(|column| &column.expr)) {
        expr.walk(&mut |_| nodes += 1);
    }
    Cost { event: 10.0 + nodes as f64, calls: view.calls.len(), answers: times.answers() }
}

/// What stands in the frames of the window calls behind the columns that differ.
fn frames(view: &View, replay: &Replay<'_>, rows: &[usize], mismatch: &MismatchedRow) -> Vec<FrameContents> {
    let mut calls = Vec::new();
    for difference in &mismatch.differences {
        // Of a request about another time, the frames at the event tell nothing.
        let Difference::Value { column, host: Host::Batch | Host::Request | Host::Oracle, .. } = difference else {
            continue;
        };
        view.columns[*column].expr.walk(&mut |expr| {
            if let Node::WindowResult(call) = expr.node
                && !calls.contains(&call)
            {
                calls.push(call);
            }
        });
    }
    if calls.is_empty() {
        return Vec::new();
    }
    let log = replay.log(&rows[..=mismatch.index]);
    let contents = |call: usize| {
        let frame = oracle::frame(view, &log, mismatch.index, call);
        let length = frame.len();
        let shown = frame.into_iter().skip(length.saturating_sub(SHOWN));
        FrameContents { call, length, rows: shown.map(|(place, value)| (place.time, place.offset, value)).collect() }
    };
    calls.into_iter().map(contents).collect()
}
