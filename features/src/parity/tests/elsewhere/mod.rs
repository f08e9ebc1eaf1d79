//! What went wrong elsewhere: errors by which training and serving came apart in other systems, as their users reported
//! them. Each test is named after what should be, and says where it comes from.

mod order;
mod sums;
mod time;

use std::sync::Arc;

use crate::batch::{self, History, Order};
use crate::column::Column;
use crate::event::Event;
use crate::host::{KeyState, Position, RequestHost, StreamHost};
use crate::parity::{Options, check};
use crate::plan::View;
use crate::project::{Project, Sources};
use crate::value::{Micros, Value};

const SECOND: Micros = 1_000_000;

const PROJECT: &str = r#"
[project]
name = "elsewhere"
[streams.events]
topic = "events"
key = ["k"]
event_time = "at"
id = ["k", "n"]
lateness = "10s"
retention = "30d"
[streams.events.fields]
k = "string"
n = "int"
at = "timestamp"
x = "float"
s = "string"
"#;

/// The window functions over x that take nothing but x.
const OVER_X: [&str; 9] = [
    "count(x)",
    "sum(x)",
    "avg(x)",
    "min(x)",
    "max(x)",
    "var_samp(x)",
    "stddev_samp(x)",
    "first_value(x)",
    "last_value(x)",
];

/// A view of these columns, with windows `all` (unbounded) and others as given.
fn view(columns: &str, windows: &str) -> Arc<View> {
    let all = "all_rows AS (PARTITION BY k ORDER BY event_time)";
    let windows = if windows.is_empty() { all.to_owned() } else { format!("{all}, {windows}") };
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("clutch.toml"), PROJECT).unwrap();
    std::fs::create_dir(folder.path().join("views")).unwrap();
    let sql = format!("CREATE VIEW v AS SELECT {columns} FROM events WINDOW {windows}");
    std::fs::write(folder.path().join("views/v.sql"), sql).unwrap();
    let sources = Sources::read(folder.path()).unwrap();
    let project = Project::check(folder.path(), &sources, &|_| None).unwrap_or_else(|problems| panic!("{problems}"));
    Arc::clone(&project.views["v"])
}

/// An event of a key: its number, when, and its values.
#[derive(Debug, Clone)]
struct Sent {
    key: &'static str,
    number: i64,
    at: Micros,
    x: Option<f64>,
    s: Option<&'static str>,
}

/// Of key `a`, with a number of its own.
fn sent(number: i64, at: Micros, x: f64) -> Sent {
    Sent { key: "a", number, at, x: Some(x), s: None }
}

impl Sent {
    fn fields(&self) -> Vec<Value> {
        let text = |text: &str| Value::String(text.into());
        let (x, s) = (self.x.map_or(Value::Null, Value::Float), self.s.map_or(Value::Null, text));
        vec![text(self.key), Value::Int(self.number), Value::Timestamp(self.at), x, s]
    }

    fn event(&self) -> Event {
        Event { fields: self.fields().into(), time: self.at }
    }
}

/// One event a second, with these values.
fn each_second(values: &[f64]) -> Vec<Sent> {
    values.iter().zip(0..).map(|(x, n)| sent(n, n * SECOND, *x)).collect()
}

fn history(view: &View, events: &[Sent]) -> History {
    let rows: Vec<Vec<Value>> = events.iter().map(Sent::fields).collect();
    let columns = view.stream.schema.fields.iter().enumerate().map(|(index, field)| {
        Column::from_values(field.ty, &rows.iter().map(|row| row[index].clone()).collect::<Vec<_>>())
    });
    History::from_columns(&view.stream, columns.collect(), "test".as_ref())
}

/// The rows that all hosts give, restarted before every event, and asked for keys and events on the way.
#[track_caller]
fn rows(view: &Arc<View>, events: &[Sent]) -> Vec<Vec<Value>> {
    let history = history(view, events);
    let options = Options { restarts: Some(events.len()), ..Options::default() };
    let report = check(view, &history, &options, &|_| ()).unwrap();
    assert_eq!(report.mismatches, 0, "{:#?}", report.first);
    let table = batch::compute(view, &history, Order::Served).unwrap().table;
    let rows = table.columns.first().map_or(0, Column::len);
    (0..rows).map(|row| table.columns.iter().map(|column| column.value(row)).collect()).collect()
}

/// The same of a view with one column.
#[track_caller]
fn column(columns: &str, windows: &str, events: &[Sent]) -> Vec<Value> {
    rows(&view(columns, windows), events).into_iter().map(|mut row| row.remove(0)).collect()
}

/// The state of a key after its events, and what answers requests.
fn served(view: &Arc<View>, events: &[Sent]) -> (KeyState, RequestHost) {
    let mut host = StreamHost::new(Arc::clone(&view.stream), vec![Arc::clone(view)]);
    let mut state = KeyState::default();
    for (event, offset) in events.iter().zip(0..) {
        host.process(&mut state, &event.event(), Position { partition: 0, offset, append_time: None });
    }
    (state, RequestHost::new(Arc::clone(view), 0))
}

fn ints(values: &[i64]) -> Vec<Value> {
    values.iter().map(|i| Value::Int(*i)).collect()
}

fn floats(values: &[f64]) -> Vec<Value> {
    values.iter().map(|x| Value::Float(*x)).collect()
}
