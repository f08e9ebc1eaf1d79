//! How large the state of a key becomes, before any event was seen.

use crate::host::kept_of_latest;
use crate::kernel::{Account, Accumulates, Kernel, value_bytes};
use crate::plan::{View, WindowFunction};
use crate::value::Micros;

/// What is stored of one key for one view, as a formula and for a match of ordinary pace.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct StateEstimate {
    /// Formula, one summand a line.
    pub summands: Vec<Summand>,
    /// Bytes of a key at [`StateEstimate::EVENTS_PER_MINUTE`] and [`StateEstimate::PARTITIONS`].
    pub bytes: u64,
    /// What keeps the state from growing without end.
    pub bounded_by: Vec<String>,
}

/// A part of the state.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Summand {
    pub what: String,
    /// How it is computed.
    pub formula: String,
    pub bytes: u64,
}

impl StateEstimate {
    /// An event of a key every ten seconds, as in most sports.
    pub const EVENTS_PER_MINUTE: u64 = 6;
    /// The two sides of a match.
    pub const PARTITIONS: u64 = 2;
}

/// Format, hash and the counts that frame a state.
const FRAME: u64 = 24;
/// A place takes few bytes: it is counted from the place before it.
const PLACE: usize = 3;

pub(super) fn row_bytes(account: &Account) -> usize {
    PLACE + account.columns.iter().map(|ty| value_bytes(*ty)).sum::<usize>()
}

#[expect(clippy::cast_precision_loss, reason = "for people")]
pub(super) fn seconds(length: Micros) -> f64 {
    length as f64 / 1e6
}

/// How far behind the key's newest time rows are kept for what may still come: as the kernel arranges it, for `dedupe` too
/// where something is computed over all rows, since nothing can be taken back out of that.
pub(super) fn unsettled(view: &View, account: &Account) -> Micros {
    let folded =
        |call: &usize| view.calls.get(*call).is_some_and(|call| matches!(call.function, WindowFunction::Ewma { .. }));
    let sees_all = |of: &Accumulates| of.stored > 0 && !of.calls.iter().all(folded);
    let stream = &view.stream;
    if account.accumulators.iter().any(sees_all) { stream.lateness.max(stream.dedupe) } else { stream.lateness }
}

pub(super) fn estimate(view: &View, kernel: &Kernel, accounts: &[Account]) -> StateEstimate {
    let stream = &view.stream;
    let fields = &stream.schema.fields;
    let mut summands = Vec::new();
    let mut bounded_by = Vec::new();
    if !stream.id.is_empty() {
        let own = stream.id.iter().filter(|field| !stream.key.contains(field));
        let id = PLACE + 1 + own.map(|&field| value_bytes(fields[field].ty)).sum::<usize>();
        let events = events_in(stream.dedupe);
        summands.push(Summand {
            what: "ids, to know repeats".to_owned(),
            formula: format!("{id} × events within dedupe ({})", crate::duration::format(stream.dedupe)),
            bytes: id as u64 * events,
        });
        bounded_by.push("ids: dedupe, whatever the windows".to_owned());
    }
    let kept = kept_of_latest(view, kernel);
    let columns = view.columns.iter().map(|column| column.ty);
    let latest: usize = 9 + columns.chain(kept.iter().copied()).map(value_bytes).sum::<usize>();
    summands.push(Summand {
        what: "the latest row, for requests by key".to_owned(),
        formula: match kept.len() {
            0 => format!("{} columns", view.columns.len()),
            kept => format!("{} columns, and {kept} values to look at it later", view.columns.len()),
        },
        bytes: latest as u64,
    });
    for account in accounts {
        summands.push(of_buffer(view, account, &mut bounded_by));
    }
    match stream.retention {
        Some(retention) => bounded_by.push(format!(
            "the whole key: it starts anew after {} without an event",
            crate::duration::format(retention)
        )),
        None => bounded_by.push("keys are never forgotten: declare retention where they are not used again".to_owned()),
    }
    bounded_by.dedup();
    let bytes = FRAME + summands.iter().map(|summand| summand.bytes).sum::<u64>();
    StateEstimate { summands, bytes, bounded_by }
}

fn of_buffer(view: &View, account: &Account, bounded_by: &mut Vec<String>) -> Summand {
    let unsettled = unsettled(view, account);
    let name = if unsettled > view.stream.lateness { "dedupe" } else { "lateness" };
    let partitions = if account.partition.is_empty() { 1 } else { StateEstimate::PARTITIONS };
    let stored: usize = account.accumulators.iter().map(|accumulator| accumulator.stored).sum();
    let named: usize = 2 + account.partition.iter().map(|ty| value_bytes(*ty)).sum::<usize>();
    let row = row_bytes(account);
    // Half a key's events, where there are two partitions.
    let within = |length: Micros| events_in(length) / partitions;
    let rows = (account.reach as u64 + within(unsettled)).max(within(unsettled.saturating_add(account.span)));
    let kept = match (account.reach, account.span) {
        (0, 0) => format!("rows within {name} ({})", crate::duration::format(unsettled)),
        (reach, 0) => format!("({reach} + rows within {name} ({}))", crate::duration::format(unsettled)),
        (reach, span) => {
            let span = crate::duration::format(unsettled.saturating_add(span));
            let rows = if reach > 0 { format!(", and {reach} at least") } else { String::new() };
            format!("rows within {name} and the longest frame ({span}{rows})")
        }
    };
    let mut formula = format!("{row} × {kept}");
    if stored > 0 {
        formula = format!("{stored} for sums of everything + {formula}");
    }
    if partitions > 1 {
        formula = format!("for each partition: {} + {formula}", named);
        bounded_by
            .push("partitions: one for every combination of values of PARTITION BY that a key ever shows".to_owned());
    }
    if account.span > 0 {
        bounded_by.push("frames of time: the rate of events, nothing else".to_owned());
    }
    Summand {
        what: if partitions > 1 { "windows within partitions".to_owned() } else { "windows over the key".to_owned() },
        formula,
        bytes: partitions * (named as u64 + stored as u64 + row as u64 * rows),
    }
}

/// Events of a key in so much time, at the assumed pace.
fn events_in(length: Micros) -> u64 {
    let minutes = u64::try_from(length).unwrap_or(0) / 1_000_000 * StateEstimate::EVENTS_PER_MINUTE;
    (minutes / 60).max(1)
}
