//! Computes a view over history: the programs a chunk of columns at a time, the kernel a key at a time.

mod admit;
mod chunks;
mod fold;
mod keys;

use std::sync::Arc;

use self::chunks::Outputs;
use self::keys::Keys;
use super::error::BatchError;
use super::history::History;
use crate::column::Table;
use crate::kernel::Kernel;
use crate::plan::View;

/// In which order, and with which decisions, history is folded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Sorted by the total order; nothing is late.
    Ideal,
    /// Log order, with the late, duplicate and invalid decisions of the stream host.
    Served,
}

/// A view's rows: for each, the history row it came from.
#[derive(Debug, Clone)]
pub struct ViewTable {
    /// Index into the history's rows, ascending.
    pub source: Vec<usize>,
    /// One column per column of the view.
    pub table: Table,
    /// Integer overflows turned into NULL.
    pub overflows: u64,
    /// Rows of history that were not folded, by reason.
    pub late: u64,
    pub duplicate: u64,
    pub invalid: u64,
}

/// Computes a view over history of its stream, on all cores. Rows in input order.
pub fn compute(view: &Arc<View>, history: &History, order: Order) -> Result<ViewTable, BatchError> {
    if view.stream.name != history.stream.name {
        let (view, stream) = (view.name.to_string(), history.stream.name.to_string());
        return Err(BatchError::OtherStream { view, stream });
    }
    let columns = &history.table.columns;
    let everything = || (0..history.table.rows).collect::<Vec<_>>();
    if view.calls.is_empty() && order == Order::Ideal {
        return Ok(view_table(view, history, chunks::row_by_row(view, columns, &everything())));
    }
    let keys = Keys::group(&history.stream, columns, history.table.rows);
    let admitted = admit::admit(history, &keys, order);
    let accepted = if order == Order::Ideal {
        everything()
    } else {
        let mut rows: Vec<usize> = admitted.logs.iter().flat_map(|log| log.rows.iter().copied()).collect();
        rows.sort_unstable();
        rows
    };
    let kernel = Kernel::new(view);
    let kept = chunks::before(view, columns, &accepted, &kernel.reads(view.before.outputs()));
    let windows = fold::results(view, &kernel, history, &admitted.logs, &kept);
    let Outputs { rows, overflows, .. } = kept;
    let mut outputs = chunks::after(view, columns, rows, &windows);
    outputs.overflows += overflows;
    let mut table = view_table(view, history, outputs);
    (table.late, table.duplicate) = (admitted.late, admitted.duplicate);
    Ok(table)
}

fn view_table(view: &View, history: &History, outputs: Outputs) -> ViewTable {
    let Outputs { rows: source, columns, overflows } = outputs;
    let names = view.columns.iter().map(|column| column.name.clone()).collect();
    let table = Table { names, columns, rows: source.len() };
    ViewTable { source, table, overflows, late: 0, duplicate: 0, invalid: history.rejects.len() as u64 }
}

#[cfg(test)]
mod tests;
