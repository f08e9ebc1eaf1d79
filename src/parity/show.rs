//! What a parity check found, for people and for programs.

use features::element::format_timestamp;
use features::parity::{Difference, FrameContents, MismatchedRow};
use features::plan::View;
use features::schema::EventTime;
use features::sql::{describe_call, describe_window};
use features::value::{Micros, Value};
use serde_json::json;

use super::Checked;
use crate::table::{count, table};

/// A table of all views, then the mismatches side by side.
pub(super) fn summary(checked: &[Checked]) -> Vec<String> {
    let header = ["view", "events", "rows", "values", "by the oracle", "mismatches", "restarts", "seconds"];
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    for Checked { view, report, seconds, .. } in checked {
        let figures =
            [report.events, report.rows, report.values, report.compared.oracle, report.mismatches, report.restarts];
        let figures = figures.map(count);
        rows.push([vec![view.name.to_string()], figures.to_vec(), vec![format!("{seconds:.1}")]].concat());
    }
    let mut lines = table(&rows);
    for checked in checked.iter().filter(|checked| checked.report.mismatches > 0) {
        for row in &checked.report.first {
            lines.push(String::new());
            lines.extend(mismatch(&checked.view, row));
        }
    }
    lines.push(String::new());
    lines.push(match checked.iter().map(|checked| checked.report.mismatches).sum::<u64>() {
        0 => "Batch, stream and request hosts give the same bits.".to_owned(),
        mismatches => format!("The hosts do not agree: {} mismatches; the first rows are above.", count(mismatches)),
    });
    lines.extend(checked.iter().map(|checked| format!("Certificate: {}", checked.certificate.display())));
    lines
}

pub(super) fn object(checked: &Checked, seed: u64) -> serde_json::Value {
    let Checked { view, report, seconds, certificate } = checked;
    json!({
        "view": view.name.as_str(),
        "view_hash": view.hash.to_string(),
        "rows": report.rows,
        "values": report.values,
        "mismatches": report.mismatches,
        "restarts": report.restarts,
        "seconds": seconds,
        "certificate": certificate,
        "events": report.events,
        "keys": report.keys,
        "compared": report.compared,
        "states_read": report.states_read,
        "seed": seed,
        "first": report.first.iter().map(|row| row_object(view, row)).collect::<Vec<_>>(),
    })
}

fn mismatch(view: &View, row: &MismatchedRow) -> Vec<String> {
    let mut lines = vec![format!("{}: event {} of the history, at {}", view.name, row.row, moment(view, row.time))];
    let inputs: Vec<String> = row.inputs.iter().map(|(name, value)| format!("{name} {}", text(value))).collect();
    lines.push(format!("  inputs: {}", inputs.join(", ")));
    let mut rows =
        vec![["column", "host", "its value", "bits", "against", "its value", "bits"].map(str::to_owned).to_vec()];
    rows.extend(row.differences.iter().map(|difference| match difference {
        Difference::Value { host, name, found, expected, .. } => {
            let (mine, other) = (host.name().to_owned(), host.against().to_owned());
            vec![name.to_string(), mine, text(found), bits(found), other, text(expected), bits(expected)]
        }
        Difference::Outcome { host, found, expected } => {
            let (mine, other, none) = (host.name().to_owned(), host.against().to_owned(), String::new());
            vec!["(event)".to_owned(), mine, found.clone(), none.clone(), other, expected.clone(), none]
        }
    }));
    lines.extend(table(&rows));
    for frame in &row.frames {
        lines.extend(contents(view, frame));
    }
    lines
}

fn contents(view: &View, frame: &FrameContents) -> Vec<String> {
    let shown = match frame.length - frame.rows.len() {
        0 => String::new(),
        hidden => format!(", of which the oldest {hidden} are not shown"),
    };
    let mut lines = vec![format!("  {}: {} rows{shown}", call(view, frame.call), frame.length)];
    lines.extend(frame.rows.iter().map(|(time, row, value)| {
        format!("    event {row} at {}: {} {}", moment(view, *time), text(value), bits(value))
    }));
    lines
}

fn call(view: &View, index: usize) -> String {
    let Some(call) = view.calls.get(index) else { return format!("window call {index}") };
    let window = view.windows.get(call.window).map(|window| format!(" OVER ({})", describe_window(view, window)));
    format!("{}{}", describe_call(view, call), window.unwrap_or_default())
}

fn row_object(view: &View, row: &MismatchedRow) -> serde_json::Value {
    let inputs = row.inputs.iter().map(|(name, value)| (name.to_string(), json!(text(value))));
    let differences = row.differences.iter().map(|difference| match difference {
        Difference::Value { host, name, found, expected, .. } => json!({
            "host": host,
            "against": host.against(),
            "column": name.as_str(),
            "found": text(found),
            "found_bits": bits(found),
            "expected": text(expected),
            "expected_bits": bits(expected),
        }),
        Difference::Outcome { host, found, expected } => {
            json!({ "host": host, "against": host.against(), "column": null, "found": found, "expected": expected })
        }
    });
    let frames = row.frames.iter().map(|frame| {
        let rows = frame.rows.iter().map(|(time, row, value)| {
            json!({ "event": row, "time": moment(view, *time), "value": text(value), "bits": bits(value) })
        });
        json!({ "call": call(view, frame.call), "length": frame.length, "rows": rows.collect::<Vec<_>>() })
    });
    json!({
        "event": row.row,
        "time": moment(view, row.time),
        "inputs": inputs.collect::<serde_json::Map<_, _>>(),
        "differences": differences.collect::<Vec<_>>(),
        "frames": frames.collect::<Vec<_>>(),
    })
}

/// An event time as the stream has it: a point in time, or a plain number.
fn moment(view: &View, time: Micros) -> String {
    match view.stream.event_time {
        EventTime::Time { .. } => text(&Value::Timestamp(time)),
        EventTime::Order { .. } => time.to_string(),
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::Bool(b) => b.to_string(),
        Value::Int(i) => i.to_string(),
        // The shortest text that reads back as the same double.
        Value::Float(x) => format!("{x:?}"),
        Value::String(s) => format!("'{s}'"),
        Value::Timestamp(t) => format_timestamp(*t).map_or_else(|| format!("{t} µs"), |text| text.to_string()),
        Value::Interval(i) => format!("{i} µs"),
    }
}

/// What tells apart values that look alike.
fn bits(value: &Value) -> String {
    match value {
        Value::Float(x) => format!("0x{:016x}", x.to_bits()),
        Value::Int(i) | Value::Timestamp(i) | Value::Interval(i) => format!("0x{i:016x}"),
        Value::Null | Value::Bool(_) | Value::String(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_that_differ_in_the_last_bit_look_different() {
        let (a, b) = (Value::Float(0.1), Value::Float(0.1_f64.next_up()));
        assert_eq!((text(&a), bits(&a)), ("0.1".to_owned(), "0x3fb999999999999a".to_owned()));
        assert_eq!((text(&b), bits(&b)), ("0.10000000000000002".to_owned(), "0x3fb999999999999b".to_owned()));
        assert_eq!(bits(&Value::Int(-1)), "0xffffffffffffffff");
    }
}
