use proptest::prelude::*;

use super::*;
use crate::batch::fixture::Folder;
use crate::column::Column;
use crate::event::Event;
use crate::host::{KeyState, Position, StreamHost};
use crate::project::Project;
use crate::value::{Type, Value};

const PROJECT: &str = r#"
[project]
name = "test"
[streams.scores]
topic = "scores"
key = ["match_id"]
event_time = "at"
id = ["match_id", "seq"]
lateness = "10s"
dedupe = "20s"
retention = "100s"
[streams.scores.fields]
match_id = "string"
seq = "int"
at = "timestamp"
team = "string"
points = "int"
odds = "float"
"#;

const WINDOWED: &str = "
CREATE VIEW form AS
SELECT match_id, seq, points * 4611686018427387904 AS huge, odds / 3.0 AS odds,
       sum(odds) OVER recent AS odds_recent, avg(points) OVER side AS points_side, count(*) OVER side AS rows_side,
       stddev_samp(odds) OVER lately - min(odds) OVER lately AS spread, ewma(points, INTERVAL '9 s') OVER game AS before,
       first_value(team) OVER recent AS team_first
FROM scores WHERE points >= 0 OR points IS NULL
WINDOW recent AS (PARTITION BY match_id ORDER BY event_time ROWS 3 PRECEDING),
       side AS (PARTITION BY match_id, team ORDER BY event_time ROWS 2 PRECEDING EXCLUDE CURRENT ROW),
       lately AS (PARTITION BY match_id ORDER BY event_time RANGE INTERVAL '7 seconds' PRECEDING EXCLUDE CURRENT ROW),
       game AS (PARTITION BY match_id ORDER BY event_time)";

const ROW_BY_ROW: &str = "CREATE VIEW form AS SELECT match_id, seq, points * 4611686018427387904 AS huge, sqrt(odds) AS root FROM scores WHERE points >= 0";

fn view(sql: &str) -> Arc<View> {
    let folder = Folder::new();
    folder.write("clutch.toml", PROJECT);
    std::fs::create_dir(folder.path("views")).unwrap();
    folder.write("views/form.sql", sql);
    let project = Project::load(folder.dir(), &|_| None).unwrap();
    Arc::clone(&project.views["form"])
}

/// match_id, seq, second, team, points, odds
type Play = (u8, i64, i64, Option<u8>, Option<i64>, Option<f64>);

fn fields(play: &Play) -> Box<[Value]> {
    let (key, seq, second, team, points, odds) = play;
    let text = |n: &u8| Value::String(format!("t{n}").into());
    Box::new([
        text(key),
        Value::Int(*seq),
        Value::Timestamp(second * 1_000_000),
        team.as_ref().map_or(Value::Null, text),
        points.map_or(Value::Null, Value::Int),
        odds.map_or(Value::Null, Value::Float),
    ])
}

fn history(view: &View, plays: &[Play]) -> History {
    let rows: Vec<Box<[Value]>> = plays.iter().map(fields).collect();
    let column = |(index, ty): (usize, Type)| {
        Column::from_values(ty, &rows.iter().map(|row| row[index].clone()).collect::<Vec<_>>())
    };
    let types = view.stream.schema.fields.iter().map(|field| field.ty).enumerate();
    History::from_columns(&view.stream, types.map(column).collect(), "test".as_ref())
}

/// What the stream host makes of the plays in the order given, each with its row number as offset.
struct Streamed {
    rows: Vec<(usize, Box<[Value]>)>,
    late: u64,
    duplicate: u64,
    overflows: u64,
}

fn stream(view: &Arc<View>, plays: &[(usize, Play)]) -> Streamed {
    let mut host = StreamHost::new(Arc::clone(&view.stream), vec![Arc::clone(view)]);
    let mut states: std::collections::HashMap<u8, KeyState> = std::collections::HashMap::new();
    let mut streamed = Streamed { rows: Vec::new(), late: 0, duplicate: 0, overflows: 0 };
    for (row, play) in plays {
        let event = Event { fields: fields(play), time: play.2 * 1_000_000 };
        let position = Position { partition: 0, offset: *row as u64, append_time: None };
        let mut accepted = host.process(states.entry(play.0).or_default(), &event, position);
        match accepted.decision {
            crate::event::Decision::Duplicate => streamed.duplicate += 1,
            crate::event::Decision::Late { .. } => streamed.late += 1,
            _ => {}
        }
        if let Some(view_row) = accepted.rows.remove(0) {
            streamed.rows.push((*row, view_row.columns.as_slice().into()));
        }
    }
    streamed.rows.sort_by_key(|(row, _)| *row);
    streamed.overflows = host.overflows();
    streamed
}

fn rows(table: &ViewTable) -> Vec<(usize, Box<[Value]>)> {
    let row = |(index, source): (usize, &usize)| {
        (*source, table.table.columns.iter().map(|column| column.value(index)).collect())
    };
    table.source.iter().enumerate().map(row).collect()
}

fn assert_same(batch: &ViewTable, streamed: &Streamed) {
    let rows = rows(batch);
    let sources = |rows: &[(usize, Box<[Value]>)]| rows.iter().map(|(source, _)| *source).collect::<Vec<_>>();
    assert_eq!(sources(&rows), sources(&streamed.rows));
    for ((source, batch), (_, stream)) in rows.iter().zip(&streamed.rows) {
        let same = batch.len() == stream.len() && batch.iter().zip(stream).all(|(a, b)| a.same_bits(b));
        assert!(same, "row {source}: {batch:?} in batch, {stream:?} in the stream");
    }
    assert_eq!((batch.late, batch.duplicate), (streamed.late, streamed.duplicate));
    assert_eq!(batch.overflows, streamed.overflows);
}

prop_compose! {
    fn a_play()(
        key in 0_u8..4,
        seq in 0_i64..40,
        second in prop_oneof![12 => 0_i64..60, 1 => 0_i64..400],
        team in proptest::option::of(0_u8..2),
        points in proptest::option::of(prop_oneof![-2_i64..6, Just(i64::MAX)]),
        odds in proptest::option::of(prop_oneof![
            4 => -1e3..1e3,
            1 => prop_oneof![Just(1e300), Just(-1e300), Just(5e-324), Just(-0.0), Just(0.0), Just(f64::MAX)],
        ]),
    ) -> Play {
        (key, seq, second, team, points, odds)
    }
}

fn plays() -> impl Strategy<Value = Vec<Play>> {
    proptest::collection::vec(a_play(), 0..120)
}

fn numbered(plays: &[Play]) -> Vec<(usize, Play)> {
    plays.iter().copied().enumerate().collect()
}

proptest! {
    #[test]
    fn served_order_gives_what_the_stream_host_gives(plays in plays()) {
        let view = view(WINDOWED);
        let batch = compute(&view, &history(&view, &plays), Order::Served).unwrap();
        assert_same(&batch, &stream(&view, &numbered(&plays)));
    }

    #[test]
    fn served_order_without_windows_gives_what_the_stream_host_gives(plays in plays()) {
        let view = view(ROW_BY_ROW);
        let batch = compute(&view, &history(&view, &plays), Order::Served).unwrap();
        assert_same(&batch, &stream(&view, &numbered(&plays)));
    }

    #[test]
    fn ideal_order_gives_what_the_stream_host_gives_on_a_sorted_log(mut plays in plays(), sql in prop_oneof![Just(WINDOWED), Just(ROW_BY_ROW)]) {
        // No id twice: what is ideal has no duplicates to drop.
        for (seq, play) in plays.iter_mut().enumerate() {
            play.1 = seq as i64;
        }
        let view = view(sql);
        let batch = compute(&view, &history(&view, &plays), Order::Ideal).unwrap();
        let mut sorted = numbered(&plays);
        sorted.sort_by_key(|(row, play)| (play.2, *row));
        assert_same(&batch, &stream(&view, &sorted));
    }

    #[test]
    fn both_orders_agree_where_nothing_is_late_or_repeated(mut plays in plays()) {
        plays.sort_by_key(|play| play.2);
        for (seq, play) in plays.iter_mut().enumerate() {
            play.1 = seq as i64;
        }
        let view = view(WINDOWED);
        let history = history(&view, &plays);
        let ideal = compute(&view, &history, Order::Ideal).unwrap();
        let served = compute(&view, &history, Order::Served).unwrap();
        prop_assert_eq!(rows(&ideal), rows(&served));
        prop_assert_eq!(ideal.overflows, served.overflows);
    }
}

#[test]
fn rows_come_back_in_input_order_whatever_the_order_of_folding() {
    let view = view(WINDOWED);
    let plays =
        [(1, 1, 50, None, Some(1), Some(1.0)), (0, 1, 9, None, Some(2), None), (1, 2, 20, None, Some(3), Some(2.0))];
    let table = compute(&view, &history(&view, &plays), Order::Ideal).unwrap();
    assert_eq!(table.source, [0, 1, 2]);
    let sums = table.table.column("odds_recent").unwrap();
    assert_eq!([0, 1, 2].map(|row| sums.value(row)), [Value::Float(3.0), Value::Null, Value::Float(2.0)]);
}

#[test]
fn late_and_repeated_events_are_counted_in_served_order_only() {
    let view = view(WINDOWED);
    let plays = [(0, 1, 50, None, Some(1), None), (0, 2, 39, None, Some(1), None), (0, 1, 50, None, Some(1), None)];
    let history = history(&view, &plays);
    let served = compute(&view, &history, Order::Served).unwrap();
    assert_eq!((served.source.as_slice(), served.late, served.duplicate), ([0].as_slice(), 1, 1));
    let ideal = compute(&view, &history, Order::Ideal).unwrap();
    assert_eq!((ideal.source.len(), ideal.late, ideal.duplicate), (3, 0, 0));
}

#[test]
fn a_log_keeps_its_offsets_and_its_events_from_the_future_are_not_folded() {
    let view = view(WINDOWED);
    let event = |second, points| {
        let fields = fields(&(0, second, second, None, Some(points), Some(1.0)));
        Event { fields, time: second * 1_000_000 }
    };
    // The second is a minute ahead of the log's clock.
    let log = [(7, 0, event(1, 1)), (9, 1_000_000, event(61, 2)), (12, 2_000_000, event(2, 3))];
    let history = History::from_log(&view.stream, log);
    let served = compute(&view, &history, Order::Served).unwrap();
    let places = history.log.as_ref().map(|log| log.sequence.clone()).unwrap_or_default();
    assert_eq!(served.source.iter().map(|&row| places[row]).collect::<Vec<_>>(), [7, 12]);
    assert_eq!(served.table.column("odds_recent").unwrap().value(1), Value::Float(2.0));
}

#[test]
fn no_history_gives_no_rows_and_all_columns() {
    for (sql, width) in [(WINDOWED, 10), (ROW_BY_ROW, 4)] {
        let view = view(sql);
        for order in [Order::Ideal, Order::Served] {
            let table = compute(&view, &history(&view, &[]), order).unwrap();
            assert_eq!((table.table.rows, table.table.columns.len()), (0, width));
        }
    }
}

#[test]
fn many_keys_and_rows_cross_chunks_and_tasks() {
    let view = view(WINDOWED);
    let plays: Vec<Play> = (0..30_000_i64)
        .map(|n| ((n % 50) as u8, n, n / 100, Some((n % 3) as u8), Some(n % 7 - 1), Some(n as f64 / 7.0)))
        .collect();
    let batch = compute(&view, &history(&view, &plays), Order::Served).unwrap();
    assert_same(&batch, &stream(&view, &numbered(&plays)));
}

#[test]
fn history_of_another_stream_is_refused() {
    let view = view(ROW_BY_ROW);
    let other = crate::batch::fixture::stream();
    let columns = other.schema.fields.iter().map(|field| crate::batch::rows::nulls(field.ty, 0)).collect();
    let history = History::from_columns(&other, columns, "test".as_ref());
    let mut other_name = view.as_ref().clone();
    other_name.stream = Arc::new(crate::schema::Stream { name: "other".into(), ..view.stream.as_ref().clone() });
    let error = compute(&Arc::new(other_name), &history, Order::Ideal).unwrap_err();
    assert!(matches!(error, BatchError::OtherStream { .. }));
}
