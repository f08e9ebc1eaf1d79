//! Planted faults: each must be caught. They are put in place by wrapping the hosts or by handing them another view.

mod hosts;
mod views;

use std::sync::Arc;

use crate::batch::History;
use crate::column::Column;
use crate::event::Event;
use crate::host::{Accepted, KeyError, KeyState, Position, RequestError, ViewRow};
use crate::kernel::{StateError, planted};
use crate::parity::check::check_hosts;
use crate::parity::hosts::{KeyHosts, Served};
use crate::parity::{Difference, Host, Options, ParityReport, check};
use crate::plan::{Expr, Frame, Node, View};
use crate::program::Program;
use crate::project::{Project, Sources};
use crate::value::{Micros, Type, Value};

const PROJECT: &str = r#"
[project]
name = "test"
[streams.scores]
topic = "scores"
key = ["match_id"]
event_time = "at"
id = ["match_id", "seq"]
lateness = "3s"
dedupe = "20s"
retention = "300s"
[streams.scores.fields]
match_id = "string"
seq = "int"
at = "timestamp"
team = "string"
points = "int"
odds = "float"
"#;

const VIEW: &str = "
CREATE VIEW form AS
SELECT match_id, seq, odds / 3.0 AS third, sum(odds) OVER recent AS odds_recent, avg(points) OVER side AS points_side,
       max(odds) OVER recent AS most, lag(points, 2) OVER game AS before, count(*) OVER game AS rows,
       sum(odds) OVER lately AS odds_lately, count(*) OVER others AS others_lately, ewma(odds, 3) OVER game AS fading
FROM scores WHERE points >= 0 OR points IS NULL
WINDOW recent AS (PARTITION BY match_id ORDER BY event_time ROWS 3 PRECEDING),
       side AS (PARTITION BY match_id, team ORDER BY event_time ROWS 2 PRECEDING EXCLUDE CURRENT ROW),
       lately AS (PARTITION BY match_id ORDER BY event_time RANGE INTERVAL '5 seconds' PRECEDING),
       others AS (PARTITION BY match_id, team ORDER BY event_time RANGE INTERVAL '3 seconds' PRECEDING EXCLUDE CURRENT ROW),
       game AS (PARTITION BY match_id ORDER BY event_time)";

fn view() -> Arc<View> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("clutch.toml"), PROJECT).unwrap();
    std::fs::create_dir(folder.path().join("views")).unwrap();
    std::fs::write(folder.path().join("views/form.sql"), VIEW).unwrap();
    let sources = Sources::read(folder.path()).unwrap();
    let project = Project::check(folder.path(), &sources, &|_| None).unwrap();
    Arc::clone(&project.views["form"])
}

/// Three matches side by side, with ties, repeats, gaps, NULLs, and events late and out of order.
fn history(view: &View) -> History {
    let rows: Vec<[Value; 6]> = (0..600_i64)
        .map(|n| {
            let key = Value::String(["a", "b", "c"][(n * 7 % 11 % 3) as usize].into());
            let back = [0, 0, 0, 2, 0, 0, 5, 0][(n % 8) as usize];
            let second = n / 4 - back + if n > 500 { 1000 } else { 0 };
            let seq = if n % 23 == 22 { n - 11 } else { n };
            let team = if n % 9 == 8 { Value::Null } else { Value::String(["x", "y"][(n % 2) as usize].into()) };
            let points = if n % 13 == 12 { Value::Null } else { Value::Int(n * 31 % 17 - 1) };
            let odds = if n % 10 == 9 { Value::Null } else { Value::Float((n * 37 % 101) as f64 / 7.0) };
            [key, Value::Int(seq), Value::Timestamp(second * 1_000_000), team, points, odds]
        })
        .collect();
    let column = |(index, ty): (usize, Type)| {
        Column::from_values(ty, &rows.iter().map(|row| row[index].clone()).collect::<Vec<_>>())
    };
    let types = view.stream.schema.fields.iter().map(|field| field.ty).enumerate();
    History::from_columns(&view.stream, types.map(column).collect(), "test".as_ref())
}

fn options(restarts: usize) -> Options {
    Options { restarts: Some(restarts), keep: 100, ..Options::default() }
}

/// A check of a view's rows where the hosts run others.
fn with_views(batch: &Arc<View>, served: &Arc<View>) -> ParityReport {
    let view = view();
    check_hosts(&view, batch, &|| Served::new(served), &history(&view), &options(60), &|_| ()).unwrap()
}

/// The hosts that were seen to differ from what they are compared with, and in which columns.
fn seen(report: &ParityReport) -> (Vec<Host>, Vec<String>) {
    let (mut hosts, mut columns) = (Vec::new(), Vec::new());
    for difference in report.first.iter().flat_map(|row| &row.differences) {
        let (host, column) = match difference {
            Difference::Value { host, name, .. } => (*host, name.to_string()),
            Difference::Outcome { host, .. } => (*host, "whether there is a row".to_owned()),
        };
        if !hosts.contains(&host) {
            hosts.push(host);
        }
        if !columns.contains(&column) {
            columns.push(column);
        }
    }
    hosts.sort_by_key(|host| host.name());
    columns.sort();
    (hosts, columns)
}

#[track_caller]
fn assert_caught(report: &ParityReport, hosts: &[Host], columns: &[&str]) {
    assert!(report.mismatches > 0, "the fault was not caught");
    let mut hosts = hosts.to_vec();
    hosts.sort_by_key(|host| host.name());
    assert_eq!(seen(report), (hosts, columns.iter().map(|column| (*column).to_owned()).collect()));
}

fn with_frames(view: &View, change: impl Fn(Frame) -> Frame) -> Arc<View> {
    let mut view = view.clone();
    for window in &mut view.windows {
        window.frame = change(window.frame);
    }
    Arc::new(view)
}

/// The view with frames of one more row.
fn with_longer_frames() -> Arc<View> {
    with_frames(&view(), |frame| if let Frame::Rows(n) = frame { Frame::Rows(n + 1) } else { frame })
}

#[test]
fn honest_hosts_agree_on_every_value() {
    let view = view();
    let report = check(&view, &history(&view), &options(60), &|_| ()).unwrap();
    assert_eq!((report.mismatches, report.first.len()), (0, 0));
    assert_eq!((report.events, report.keys, report.restarts), (600, 3, 60));
    assert!(report.rows > 400 && report.rows < 600 && report.states_read > 100, "{report:?}");
    assert_eq!(report.values, report.rows * view.columns.len() as u64);
    let compared = report.compared;
    assert_eq!([compared.batch, compared.request, compared.oracle], [report.values; 3]);
    assert!(compared.again > report.values && compared.as_of > report.values / 5, "{compared:?}");
}

#[test]
fn a_mismatch_shows_the_event_its_inputs_and_its_frames() {
    let report = with_views(&with_longer_frames(), &view());
    let row = &report.first[0];
    let names: Vec<&str> = row.inputs.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["match_id", "seq", "team", "points", "odds"]);
    for frame in &row.frames {
        assert_eq!(frame.rows.len(), frame.length, "{frame:?}");
    }
    assert!(!row.frames.is_empty() && report.first.windows(2).all(|pair| pair[0].row < pair[1].row));
}

#[test]
fn a_sample_is_looked_at_where_everything_is_too_much() {
    let view = view();
    let few = Options { oracle_budget: 40_000.0, ..options(60) };
    let report = check(&view, &history(&view), &few, &|_| ()).unwrap();
    assert_eq!((report.mismatches, report.compared.batch), (0, report.values));
    assert!((1..report.values).contains(&report.compared.oracle), "{report:?}");
}
