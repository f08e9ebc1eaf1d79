//! What a view does and what that costs, for `clutch check --explain`: read off the same plan and the same arrangement
//! of windows that the hosts run.

mod state;

pub use state::StateEstimate;

use crate::kernel::{Account, Cost, Kernel};
use crate::plan::Expr;
use crate::plan::View;
use crate::sql::{describe, describe_call, describe_window, quoted};

/// A view's plan, ready to be printed.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Explanation {
    pub filter: Option<String>,
    /// What is computed of each event before windows see it, beside the filter: partitions, arguments, FILTERs.
    pub before: Vec<String>,
    /// Operations of the first step, after equal ones were merged.
    pub before_operations: usize,
    pub buffers: Vec<Buffer>,
    /// The view's columns.
    pub after: Vec<Output>,
    pub after_operations: usize,
    pub state: StateEstimate,
}

/// Windows that divide a key's rows alike share a buffer.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Buffer {
    /// What PARTITION BY adds to the key; empty: one buffer for the key.
    pub by: Vec<String>,
    pub windows: Vec<Operators>,
    /// Values kept of each row.
    pub values_per_row: usize,
    pub bytes_per_row: usize,
    /// Rows kept behind the place where an event may still be put: the longest frame of rows and one more.
    pub rows: usize,
    /// Rows of this much time are kept, in seconds: lateness (or `dedupe`, where that is longer and something is
    /// computed over all rows), and the longest frame of time.
    pub seconds: f64,
}

/// One window and what is computed over it.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Operators {
    pub window: String,
    pub operators: Vec<Operator>,
}

/// One accumulator; several calls may read it.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Operator {
    pub calls: Vec<String>,
    /// Bytes stored beside the rows, about.
    pub stored_bytes: usize,
    pub in_order: Cost,
    pub out_of_order: Cost,
    pub request: Cost,
}

/// A column.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Output {
    pub column: String,
    pub expression: String,
}

/// Explains a view.
pub fn explain(view: &View) -> Explanation {
    let kernel = Kernel::new(view);
    let accounts = kernel.accounts();
    let mut before: Vec<String> = Vec::new();
    let computed = view.before_expressions();
    for expression in computed.iter().skip(usize::from(view.filter.is_some())) {
        let written = written(view, expression);
        if !before.contains(&written) {
            before.push(written);
        }
    }
    let results: Vec<Output> = view
        .columns
        .iter()
        .map(|column| Output { column: column.name.to_string(), expression: written(view, &column.expr) })
        .map(|output| match quoted(&output.column) == output.expression {
            true => Output { expression: "the field".to_owned(), ..output },
            false => output,
        })
        .collect();
    Explanation {
        filter: view.filter.as_ref().map(|filter| written(view, filter)),
        before,
        before_operations: view.before.steps(),
        buffers: accounts.iter().map(|account| buffer(view, account)).collect(),
        after: results,
        after_operations: view.after.steps(),
        state: state::estimate(view, &kernel, &accounts),
    }
}

/// An expression without the parentheses around all of it.
fn written(view: &View, expression: &Expr) -> String {
    let text = describe(view, expression);
    let mut depth = 0;
    let closes_last = text.char_indices().all(|(at, c)| {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        depth > 0 || at + 1 == text.len()
    });
    match text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        // A parenthesis inside a text would count too: then they stay.
        Some(inner) if closes_last && !text.contains('\'') => inner.to_owned(),
        _ => text,
    }
}

fn buffer(view: &View, account: &Account) -> Buffer {
    let mut windows: Vec<(usize, Operators)> = Vec::new();
    for accumulator in &account.accumulators {
        let Some(call) = accumulator.calls.first().and_then(|call| view.calls.get(*call)) else { continue };
        let operator = Operator {
            calls: accumulator.calls.iter().filter_map(|i| Some(describe_call(view, view.calls.get(*i)?))).collect(),
            stored_bytes: accumulator.stored,
            in_order: accumulator.in_order,
            out_of_order: accumulator.out_of_order,
            request: accumulator.request,
        };
        match windows.iter_mut().find(|(index, _)| *index == call.window) {
            Some((_, window)) => window.operators.push(operator),
            None => {
                let window = describe_window(view, &view.windows[call.window]);
                windows.push((call.window, Operators { window, operators: vec![operator] }));
            }
        }
    }
    let by = windows.first().map(|(index, _)| view.windows[*index].partition.as_slice()).unwrap_or_default();
    Buffer {
        by: by.iter().map(|expression| describe(view, expression)).collect(),
        values_per_row: account.columns.len(),
        bytes_per_row: state::row_bytes(account),
        rows: account.reach,
        seconds: state::seconds(state::unsettled(view, account).saturating_add(account.span)),
        windows: windows.into_iter().map(|(_, window)| window).collect(),
    }
}

#[cfg(test)]
mod tests;
