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
    use std::sync::Arc;

    use features::parity::{Compared, Host, ParityReport};
    use features::project::{Project, SourceFile, Sources};

    use super::*;

    #[test]
    fn floats_that_differ_in_the_last_bit_look_different() {
        let (a, b) = (Value::Float(0.1), Value::Float(0.1_f64.next_up()));
        assert_eq!((text(&a), bits(&a)), ("0.1".to_owned(), "0x3fb999999999999a".to_owned()));
        assert_eq!((text(&b), bits(&b)), ("0.10000000000000002".to_owned(), "0x3fb999999999999b".to_owned()));
        assert_eq!(bits(&Value::Int(-1)), "0xffffffffffffffff");
    }

    /// A view of a match's points.
    fn view() -> Arc<View> {
        let file = |path: &str, text: &str| SourceFile { path: path.into(), text: text.to_owned() };
        let manifest = "[project]\nname = \"scores\"\n[streams.scores]\ntopic = \"scores\"\nkey = [\"match_id\"]\n\
                        id = [\"match_id\", \"seq\"]\nevent_time = \"at\"\n[streams.scores.fields]\nmatch_id = \"string\"\n\
                        seq = \"int\"\nat = \"timestamp\"\npoints = \"float\"\n";
        let sql = "CREATE VIEW form AS SELECT points, avg(points) FILTER (WHERE seq > 1) OVER w AS form FROM scores \
                   WINDOW w AS (PARTITION BY match_id ORDER BY event_time ROWS 30 PRECEDING)";
        let sources = Sources { manifest: file("clutch.toml", manifest), views: vec![file("views/form.sql", sql)] };
        let project = Project::check("/scores".as_ref(), &sources, &|_| None);
        Arc::clone(&project.unwrap_or_else(|problems| panic!("{problems}")).views["form"])
    }

    /// A row in which everything differs that can: a value in its last bit, a NULL, a sign, and whether there is a row.
    fn mismatched() -> MismatchedRow {
        let start = 1_700_000_000_000_000;
        let differs = |host, column, name: &str, found, expected| Difference::Value {
            host,
            column,
            name: name.into(),
            found,
            expected,
        };
        let mean = 0.1 + 0.2;
        MismatchedRow {
            row: 41,
            time: start + 90_000_000,
            inputs: vec![
                ("match_id".into(), Value::String("m-1".into())),
                ("seq".into(), Value::Int(7)),
                ("points".into(), Value::Float(-0.0)),
            ],
            differences: vec![
                differs(Host::Batch, 1, "form", Value::Float(0.3), Value::Float(mean)),
                differs(Host::Request, 0, "points", Value::Float(0.0), Value::Float(-0.0)),
                differs(Host::AsOf, 1, "form", Value::Null, Value::Float(mean)),
                Difference::Outcome {
                    host: Host::Oracle,
                    found: "late by 3 µs".to_owned(),
                    expected: "a row".to_owned(),
                },
            ],
            frames: vec![FrameContents {
                call: 0,
                rows: vec![(start, 39, Value::Float(0.1)), (start + 90_000_000, 41, Value::Float(-0.0))],
                length: 26,
            }],
            key: 0,
            index: 27,
        }
    }

    fn checked(mismatches: u64) -> Checked {
        let first = if mismatches > 0 { vec![mismatched()] } else { Vec::new() };
        let report = ParityReport {
            events: 1_204,
            keys: 3,
            rows: 1_200,
            values: 2_400,
            compared: Compared { batch: 2_400, request: 2_400, oracle: 2_400, again: 2_380, as_of: 120 },
            mismatches,
            restarts: 50,
            states_read: 48,
            first,
        };
        Checked { view: view(), report, seconds: 1.25, certificate: "/scores/.clutch/parity/form.json".into() }
    }

    #[test]
    fn mismatches_are_shown_side_by_side() {
        insta::assert_snapshot!(summary(&[checked(4)]).join("\n"));
    }

    #[test]
    fn agreement_is_one_line() {
        let lines = summary(&[checked(0)]);
        assert!(lines.contains(&"Batch, stream and request hosts give the same bits.".to_owned()), "{lines:#?}");
        assert!(!lines.iter().any(|line| line.contains("event 41")));
    }

    #[test]
    fn programs_get_what_people_are_shown() {
        let object = object(&checked(4), 7);
        assert_eq!((&object["mismatches"], &object["seed"]), (&4.into(), &7.into()));
        let first = &object["first"][0];
        let expected = json!({ "host": "batch", "against": "stream", "column": "form", "found": "0.3",
            "found_bits": "0x3fd3333333333333", "expected": "0.30000000000000004", "expected_bits": "0x3fd3333333333334" });
        assert_eq!(first["differences"][0], expected);
        assert_eq!(first["differences"][3]["column"], serde_json::Value::Null);
        assert_eq!((&first["frames"][0]["length"], &first["frames"][0]["rows"][0]["event"]), (&26.into(), &39.into()));
    }
}
