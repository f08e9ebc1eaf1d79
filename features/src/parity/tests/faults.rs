//! Planted faults: each must be caught. They are put in place by wrapping the hosts or by handing them another view.

use std::sync::Arc;

use crate::batch::History;
use crate::column::Column;
use crate::event::Event;
use crate::host::{Accepted, Position, RequestError, ViewRow};
use crate::kernel::{StateError, planted};
use crate::parity::check::check_hosts;
use crate::parity::hosts::{KeyHosts, Served};
use crate::parity::{Difference, Host, Options, ParityReport, check};
use crate::plan::{Expr, Frame, Node, View};
use crate::program::Program;
use crate::project::{Project, Sources};
use crate::value::{Type, Value};

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
       max(odds) OVER recent AS most, lag(points, 2) OVER game AS before, count(*) OVER game AS rows
FROM scores WHERE points >= 0 OR points IS NULL
WINDOW recent AS (PARTITION BY match_id ORDER BY event_time ROWS 3 PRECEDING),
       side AS (PARTITION BY match_id, team ORDER BY event_time ROWS 2 PRECEDING EXCLUDE CURRENT ROW),
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
            let seq = if n % 23 == 22 { n - 3 } else { n };
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
    Options { restarts: Some(restarts), ..Options::default() }
}

/// A check of a view's rows where the hosts run others.
fn with_views(batch: &Arc<View>, served: &Arc<View>) -> ParityReport {
    let view = view();
    check_hosts(&view, batch, &|| Served::new(served), &history(&view), &options(60), &|_| ()).unwrap()
}

/// A check of hosts that are tampered with.
fn with_hosts<H: KeyHosts>(restarts: usize, hosts: &(dyn Fn(&Arc<View>) -> H + Sync)) -> ParityReport {
    let view = view();
    check_hosts(&view, &view, &|| hosts(&view), &history(&view), &options(restarts), &|_| ()).unwrap()
}

/// The hosts that were seen to differ from the stream host, and in which columns.
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
    columns.sort();
    (hosts, columns)
}

#[track_caller]
fn assert_caught(report: &ParityReport, hosts: &[Host], columns: &[&str]) {
    assert!(report.mismatches > 0, "the fault was not caught");
    let found = seen(report);
    assert_eq!(
        (found.0.as_slice(), found.1.iter().map(String::as_str).collect::<Vec<_>>().as_slice()),
        (hosts, columns)
    );
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
}

/// Multiplies a column's value by the next double after 1: where the value is a power of two that is one unit in its
/// last place, elsewhere one or two.
fn an_ulp_off(view: &View, column: usize) -> Arc<View> {
    let mut view = view.clone();
    let expr = view.columns[column].expr.clone();
    let factor = Expr::new(Type::Float, Node::Literal(Value::Float(1.0_f64.next_up())));
    let times = crate::element::Element::resolve("*", &[Type::Float, Type::Float]).unwrap().element;
    view.columns[column].expr = Expr::new(Type::Float, Node::Call(times, vec![expr, factor]));
    view.after = Program::compile(&view.columns.iter().map(|column| &column.expr).collect::<Vec<_>>());
    Arc::new(view)
}

const THIRD: usize = 2;

#[test]
fn one_ulp_in_one_host_is_caught_by_the_others() {
    let (honest, faulty) = (view(), an_ulp_off(&view(), THIRD));
    assert_caught(&with_views(&faulty, &honest), &[Host::Batch], &["third"]);
    assert_caught(&with_views(&honest, &faulty), &[Host::Batch, Host::Oracle], &["third"]);
}

#[test]
fn one_ulp_in_a_function_that_all_hosts_share_is_caught_by_the_oracle() {
    let faulty = an_ulp_off(&view(), THIRD);
    assert_caught(&with_views(&faulty, &faulty), &[Host::Oracle], &["third"]);
}

#[test]
fn a_division_done_as_a_multiplication_by_the_reciprocal_is_caught() {
    let mut faulty = View::clone(&view());
    let Node::Call(_, arguments) = &faulty.columns[THIRD].expr.node else { panic!("a division") };
    let reciprocal = Expr::new(Type::Float, Node::Literal(Value::Float(1.0 / 3.0)));
    let times = crate::element::Element::resolve("*", &[Type::Float, Type::Float]).unwrap().element;
    faulty.columns[THIRD].expr = Expr::new(Type::Float, Node::Call(times, vec![arguments[0].clone(), reciprocal]));
    faulty.after = Program::compile(&faulty.columns.iter().map(|column| &column.expr).collect::<Vec<_>>());
    assert_caught(&with_views(&Arc::new(faulty), &view()), &[Host::Batch], &["third"]);
}

fn with_frames(view: &View, change: impl Fn(u32) -> Frame) -> Arc<View> {
    let mut view = view.clone();
    for window in &mut view.windows {
        if let Frame::Rows(n) = window.frame {
            window.frame = change(n);
        }
    }
    Arc::new(view)
}

#[test]
fn a_frame_one_row_too_long_is_caught() {
    let (honest, faulty) = (view(), with_frames(&view(), |n| Frame::Rows(n + 1)));
    let columns = ["most", "odds_recent", "points_side"];
    assert_caught(&with_views(&faulty, &honest), &[Host::Batch], &columns);
    assert_caught(&with_views(&honest, &faulty), &[Host::Batch, Host::Oracle], &columns);
    assert_caught(&with_views(&faulty, &faulty), &[Host::Oracle], &columns);
}

/// Places ties the other way round.
struct SwappedTies(Served);

impl KeyHosts for SwappedTies {
    fn begin(&mut self) {
        self.0.begin();
    }
    fn ask(&mut self, event: &Event) -> Result<ViewRow, RequestError> {
        self.0.ask(event)
    }
    fn process(&mut self, event: &Event, position: Position) -> Accepted {
        self.0.process(event, Position { offset: u64::MAX / 2 - position.offset, ..position })
    }
    fn restart(&mut self) -> Result<(), StateError> {
        self.0.restart()
    }
}

#[test]
fn swapped_ties_are_caught() {
    let report = with_hosts(60, &|view| SwappedTies(Served::new(view)));
    assert!(report.mismatches > 0);
    assert!(seen(&report).0.contains(&Host::Oracle) && seen(&report).0.contains(&Host::Batch));
}

/// What is lost at a restart.
#[derive(Clone, Copy, PartialEq)]
enum Lost {
    Everything,
    Rows,
    Clock,
}

struct Forgetful {
    served: Served,
    restarts: u32,
    lost: Lost,
}

impl KeyHosts for Forgetful {
    fn begin(&mut self) {
        self.served.begin();
        self.restarts = 0;
    }
    fn ask(&mut self, event: &Event) -> Result<ViewRow, RequestError> {
        self.served.ask(event)
    }
    fn process(&mut self, event: &Event, position: Position) -> Accepted {
        self.served.process(event, position)
    }
    fn restart(&mut self) -> Result<(), StateError> {
        self.restarts += 1;
        // A lost clock does harm only where a repeat or a late event comes next.
        let lost = if self.lost == Lost::Clock { self.restarts >= 5 } else { self.restarts == 5 };
        if lost && let Some(state) = &mut self.served.state {
            if self.lost != Lost::Clock {
                state.views.clear();
            }
            if self.lost != Lost::Rows {
                state.clock = Default::default();
            }
        }
        self.served.restart()
    }
}

#[test]
fn a_state_lost_at_a_restart_is_caught() {
    for lost in [Lost::Everything, Lost::Rows, Lost::Clock] {
        let report = with_hosts(200, &|view| Forgetful { served: Served::new(view), restarts: 0, lost });
        assert!(report.mismatches > 0);
        assert_eq!(seen(&report).0[..1], [Host::Batch]);
    }
}

/// Forgets once to take out of its sums what leaves their frames.
struct ForgottenEviction {
    served: Served,
    events: u32,
}

impl KeyHosts for ForgottenEviction {
    fn begin(&mut self) {
        self.served.begin();
        self.events = 0;
    }
    fn ask(&mut self, event: &Event) -> Result<ViewRow, RequestError> {
        self.served.ask(event)
    }
    fn process(&mut self, event: &Event, position: Position) -> Accepted {
        self.events += 1;
        if self.events == 101 {
            return planted::forgetting_evictions(|| self.served.process(event, position));
        }
        self.served.process(event, position)
    }
    fn restart(&mut self) -> Result<(), StateError> {
        self.served.restart()
    }
}

#[test]
fn a_forgotten_eviction_is_caught_by_all_others() {
    let report = with_hosts(0, &|view| ForgottenEviction { served: Served::new(view), events: 0 });
    assert!(report.mismatches > 0);
    for host in [Host::Batch, Host::Request, Host::Oracle] {
        assert!(seen(&report).0.contains(&host), "{host:?}");
    }
}

#[test]
fn a_mismatch_shows_the_event_its_inputs_and_its_frames() {
    let report = with_views(&with_frames(&view(), |n| Frame::Rows(n + 1)), &view());
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
    let few = Options { oracle_budget: 20_000.0, ..options(60) };
    let report = check(&view, &history(&view), &few, &|_| ()).unwrap();
    assert_eq!((report.mismatches, report.compared.batch), (0, report.values));
    assert!((1..report.values).contains(&report.compared.oracle), "{report:?}");
}
