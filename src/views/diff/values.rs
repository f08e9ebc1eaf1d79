//! How many values differ when both versions run over the same history.

use features::batch::{self, BatchError, History, Order, ViewTable};
use features::project::Project;
use features::value::Value;

use super::side::Side;
use crate::progress;
use crate::source::DataArgs;
use crate::table::{count, table};

/// How many differing values are shown of each column.
const EXAMPLES: usize = 3;

/// What a run over history found, or why there was none.
#[derive(Debug, serde::Serialize)]
#[serde(untagged)]
pub(super) enum Compared {
    Found(Found),
    Not { reason: String },
}

#[derive(Debug, serde::Serialize)]
pub(super) struct Found {
    events: u64,
    /// Rows that both have.
    rows: u64,
    /// Rows that only one has, as its WHERE keeps them.
    only_a: u64,
    only_b: u64,
    /// Of the columns that both have.
    values: u64,
    differing: u64,
    columns: Vec<ColumnFound>,
}

#[derive(Debug, serde::Serialize)]
struct ColumnFound {
    column: String,
    differing: u64,
    /// The first ones.
    examples: Vec<Example>,
}

#[derive(Debug, serde::Serialize)]
struct Example {
    /// Key and id of the event, by name.
    event: serde_json::Map<String, serde_json::Value>,
    a: serde_json::Value,
    b: serde_json::Value,
}

/// Runs both over the history that `data` names, or that was imported.
pub(super) fn compare(data: &DataArgs, project: &Project, a: &Side, b: &Side) -> anyhow::Result<Compared> {
    let (Some(view_a), Some(view_b)) = (&a.present, &b.present) else {
        let reason = "a view cannot be read over the stream as it is declared now".to_owned();
        return Ok(Compared::Not { reason });
    };
    let history = match data.read_any(project, &view_a.stream)? {
        Ok(history) => history,
        Err(BatchError::NoHistory { stream }) => {
            let reason = format!("stream `{stream}` has no history yet: import some, or name files with --data");
            return Ok(Compared::Not { reason });
        }
        Err(error) => return Err(crate::source::usage(error)),
    };
    let bar = progress::spinner("computing", "rows");
    let computed = [view_a, view_b].map(|view| batch::compute(view, &history, Order::Ideal));
    bar.finish_and_clear();
    let [rows_a, rows_b] = computed;
    Ok(Compared::Found(found(&history, &rows_a?, &rows_b?)))
}

fn found(history: &History, a: &ViewTable, b: &ViewTable) -> Found {
    let (shared, only_a, only_b) = pair(&a.source, &b.source);
    let mut columns = Vec::new();
    for (place, name) in a.table.names.iter().enumerate() {
        let Some(other) = b.table.names.iter().position(|other| other == name) else { continue };
        let (left, right) = (&a.table.columns[place], &b.table.columns[other]);
        let mut column = ColumnFound { column: name.to_string(), differing: 0, examples: Vec::new() };
        for &(row_a, row_b) in &shared {
            let (before, after) = (left.value(row_a), right.value(row_b));
            if same(&before, &after) {
                continue;
            }
            column.differing += 1;
            if column.examples.len() < EXAMPLES {
                let event = event(history, a.source[row_a]);
                column.examples.push(Example { event, a: json(&before), b: json(&after) });
            }
        }
        columns.push(column);
    }
    let rows = shared.len() as u64;
    Found {
        events: history.len() as u64,
        rows,
        only_a,
        only_b,
        values: rows * columns.len() as u64,
        differing: columns.iter().map(|column| column.differing).sum(),
        columns,
    }
}

/// The places of rows that came from the same event, and how many came from one that the other side has not; both sides
/// ascend.
fn pair(a: &[usize], b: &[usize]) -> (Vec<(usize, usize)>, u64, u64) {
    let mut shared = Vec::new();
    let (mut i, mut j) = (0, 0);
    while let (Some(left), Some(right)) = (a.get(i), b.get(j)) {
        if left == right {
            shared.push((i, j));
        }
        (i, j) = (i + usize::from(left <= right), j + usize::from(right <= left));
    }
    let only = |rows: usize| (rows - shared.len()) as u64;
    let (only_a, only_b) = (only(a.len()), only(b.len()));
    (shared, only_a, only_b)
}

/// To the bit: a view that gives -0.0 for 0.0 has changed.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Float(a), Value::Float(b)) => a.to_bits() == b.to_bits(),
        _ => a == b,
    }
}

fn event(history: &History, row: usize) -> serde_json::Map<String, serde_json::Value> {
    let stream = &history.stream;
    let mut fields: Vec<usize> = stream.key.clone();
    fields.extend(stream.id.iter().filter(|field| !stream.key.contains(field)));
    let named = fields
        .into_iter()
        .map(|field| (stream.schema.fields[field].name.to_string(), json(&history.table.columns[field].value(row))));
    named.collect()
}

fn json(value: &Value) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(b) => (*b).into(),
        Value::Int(i) | Value::Interval(i) => (*i).into(),
        Value::Float(x) => (*x).into(),
        Value::String(text) => text.as_str().into(),
        Value::Timestamp(at) => models::timestamp::rfc3339(*at).into(),
    }
}

/// A table of the columns that differ, each with its first examples.
pub(super) fn lines(compared: &Compared) -> Vec<String> {
    let found = match compared {
        Compared::Found(found) => found,
        Compared::Not { reason } => return vec![String::new(), format!("No values were compared: {reason}")],
    };
    let mut lines = vec![String::new()];
    lines.push(format!(
        "{} of {} values differ, in {} rows of {} events",
        count(found.differing),
        count(found.values),
        count(found.rows),
        count(found.events)
    ));
    for (only, side) in [(found.only_a, "A"), (found.only_b, "B")] {
        if only > 0 {
            lines.push(format!("{} rows are in {side} only", count(only)));
        }
    }
    let header = ["column", "differ", "A", "B", "at"].map(str::to_owned).to_vec();
    let mut rows = vec![header];
    for column in found.columns.iter().filter(|column| column.differing > 0) {
        for (place, example) in column.examples.iter().enumerate() {
            let (name, differ) =
                if place == 0 { (column.column.as_str(), count(column.differing)) } else { ("", String::new()) };
            let at: Vec<String> =
                example.event.iter().map(|(name, value)| format!("{name}={}", plain(value))).collect();
            rows.push(vec![name.to_owned(), differ, plain(&example.a), plain(&example.b), at.join(" ")]);
        }
    }
    if rows.len() > 1 {
        lines.extend(table(&rows));
    }
    lines
}

fn plain(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Null => "NULL".to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_paired_by_their_event() {
        assert_eq!(pair(&[0, 2, 3], &[1, 2, 3, 9]), (vec![(1, 1), (2, 2)], 1, 2));
        assert_eq!(pair(&[], &[4]), (vec![], 0, 1));
        assert_eq!(pair(&[7], &[7]), (vec![(0, 0)], 0, 0));
    }

    #[test]
    fn values_are_compared_to_the_bit() {
        assert!(same(&Value::Float(0.5), &Value::Float(0.5)));
        assert!(!same(&Value::Float(0.0), &Value::Float(-0.0)));
        assert!(!same(&Value::Int(1), &Value::Float(1.0)));
        assert!(same(&Value::Null, &Value::Null));
    }
}
