use std::sync::Arc;

use super::read;
use crate::plan::{Frame, HalfLife, View, WindowFunction};
use crate::schema::EventTime;
use crate::sql::{Catalog, view};
use crate::value::Type;

#[track_caller]
fn window(spec: &str) -> crate::plan::Window {
    over(&format!("avg(yards) OVER ({spec})")).windows.remove(0)
}

#[track_caller]
fn over(columns: &str) -> View {
    let text = format!("CREATE VIEW v AS SELECT {columns} AS x FROM plays");
    read(&text).unwrap_or_else(|faults| panic!("{columns}: {faults:?}"))
}

#[test]
fn frames_are_read_in_every_spelling() {
    for (spec, frame, exclude) in [
        ("", Frame::Unbounded, false),
        ("ROWS UNBOUNDED PRECEDING", Frame::Unbounded, false),
        ("RANGE UNBOUNDED PRECEDING", Frame::Unbounded, false),
        ("ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW", Frame::Unbounded, false),
        ("ROWS 10 PRECEDING", Frame::Rows(10), false),
        ("ROWS BETWEEN 10 PRECEDING AND CURRENT ROW", Frame::Rows(10), false),
        ("rows between 10 preceding and current row exclude current row", Frame::Rows(10), true),
        ("ROWS 10 PRECEDING EXCLUDE CURRENT ROW", Frame::Rows(10), true),
        ("ROWS 10 PRECEDING EXCLUDE NO OTHERS", Frame::Rows(10), false),
        ("ROWS UNBOUNDED PRECEDING EXCLUDE CURRENT ROW", Frame::Unbounded, true),
        ("ROWS BETWEEN 10 PRECEDING AND 1 PRECEDING", Frame::Rows(10), true),
        ("ROWS CURRENT ROW", Frame::Rows(0), false),
        ("RANGE INTERVAL '5 minutes' PRECEDING", Frame::Range(300_000_000), false),
        ("RANGE BETWEEN INTERVAL '5' MINUTE PRECEDING AND CURRENT ROW", Frame::Range(300_000_000), false),
        ("RANGE INTERVAL '90 s' PRECEDING EXCLUDE CURRENT ROW", Frame::Range(90_000_000), true),
    ] {
        let window = window(&format!("PARTITION BY game ORDER BY event_time {spec}"));
        assert_eq!((window.frame, window.exclude_current), (frame, exclude), "{spec}");
    }
}

#[test]
fn exclusion_stays_with_its_own_window() {
    let text = "CREATE VIEW v AS SELECT avg(yards) OVER a AS x, avg(yards) OVER b AS y, \
                avg(yards) OVER (PARTITION BY abs(down), game ORDER BY event_time ROWS 3 PRECEDING EXCLUDE CURRENT ROW) AS z \
                FROM plays WINDOW a AS (PARTITION BY game ORDER BY event_time ROWS 3 PRECEDING EXCLUDE CURRENT ROW), \
                b AS (PARTITION BY game ORDER BY event_time ROWS 3 PRECEDING)";
    let view = read(text).expect("view");
    let excluded: Vec<_> = view.windows.iter().map(|w| w.exclude_current).collect();
    assert_eq!(excluded, [true, false, true]);
}

#[test]
fn a_column_may_be_called_exclude() {
    let view = read("CREATE VIEW v AS SELECT down AS exclude FROM plays").expect("view");
    assert_eq!(view.columns[0].name, "exclude");
}

#[test]
fn the_partition_keeps_what_the_key_does_not_say() {
    assert!(window("PARTITION BY game ORDER BY event_time").partition.is_empty());
    assert_eq!(window("PARTITION BY team, game, team ORDER BY event_time").partition.len(), 1);
    assert_eq!(window("PARTITION BY game, down % 2, scoring ORDER BY plays.event_time ASC").partition.len(), 2);
}

#[test]
fn equal_windows_and_calls_are_kept_once() {
    let view = over(
        "avg(yards) OVER (PARTITION BY game ORDER BY event_time) AS a, \
         avg( yards ) OVER (PARTITION BY game ORDER BY event_time ROWS UNBOUNDED PRECEDING) AS b, \
         sum(yards) OVER (PARTITION BY game ORDER BY event_time)",
    );
    assert_eq!((view.windows.len(), view.calls.len()), (1, 2));
    assert_eq!(view.columns[0].expr, view.columns[1].expr);
}

#[test]
fn unused_windows_cost_nothing() {
    let view = read("CREATE VIEW v AS SELECT down FROM plays WINDOW w AS (PARTITION BY game ORDER BY event_time)");
    assert!(view.expect("view").windows.is_empty());
}

#[test]
fn results_have_the_type_of_what_they_are() {
    for (call, function, ty) in [
        ("count(*)", WindowFunction::Count, Type::Int),
        ("count(team)", WindowFunction::Count, Type::Int),
        ("sum(down)", WindowFunction::Sum, Type::Int),
        ("sum(yards)", WindowFunction::Sum, Type::Float),
        ("avg(down)", WindowFunction::Avg, Type::Float),
        ("min(team)", WindowFunction::Min, Type::String),
        ("MAX(at)", WindowFunction::Max, Type::Timestamp),
        ("lag(scoring)", WindowFunction::Lag { offset: 1 }, Type::Bool),
        ("lag(down, 3)", WindowFunction::Lag { offset: 3 }, Type::Int),
        ("first_value(yards)", WindowFunction::FirstValue, Type::Float),
        ("last_value(team)", WindowFunction::LastValue, Type::String),
        ("nth_value(at, 2)", WindowFunction::NthValue { n: 2 }, Type::Timestamp),
        ("var_samp(down)", WindowFunction::VarSamp, Type::Float),
        ("stddev_samp(yards)", WindowFunction::StddevSamp, Type::Float),
        ("count_distinct(team, 100)", WindowFunction::CountDistinct { cap: 100 }, Type::Int),
        ("COUNT(distinct team, 100)", WindowFunction::CountDistinct { cap: 100 }, Type::Int),
        ("ewma(down, 3)", WindowFunction::Ewma { half_life: HalfLife::Rows(3) }, Type::Float),
        (
            "ewma(yards, INTERVAL '5 minutes')",
            WindowFunction::Ewma { half_life: HalfLife::Time(300_000_000) },
            Type::Float,
        ),
        ("time_since_last()", WindowFunction::Lag { offset: 1 }, Type::Timestamp),
    ] {
        let view = over(&format!("{call} OVER (PARTITION BY game ORDER BY event_time)"));
        assert_eq!((view.calls[0].function, view.calls[0].ty), (function, ty), "{call}");
        assert_eq!(view.calls[0].argument.is_none(), call == "count(*)");
    }
}

#[test]
fn a_filter_stands_after_the_argument() {
    let view = over("sum(yards) FILTER (WHERE scoring) OVER (PARTITION BY game, team ORDER BY event_time)");
    let layout = view.before_layout();
    assert_eq!((layout.partitions[0].clone(), layout.arguments[0], layout.filters[0]), (0..1, Some(1), Some(2)));
}

#[test]
fn the_time_since_the_last_row_is_a_lag_of_event_time() {
    let view = over(
        "time_since_last() OVER (PARTITION BY game ORDER BY event_time) AS short, \
         extract(epoch FROM event_time - lag(event_time, 1) OVER (PARTITION BY game ORDER BY event_time))",
    );
    assert_eq!((view.columns[0].ty, view.calls.len()), (Type::Float, 1));
    assert_eq!(view.columns[0].expr, view.columns[1].expr);
}

#[test]
fn a_stream_without_times_has_no_lengths_of_time() {
    let mut ordered = (*super::plays()).clone();
    ordered.event_time = EventTime::Order { field: 1 };
    let ordered = Arc::new(ordered);
    for (call, frame) in [
        ("avg(yards)", "RANGE INTERVAL '5 minutes' PRECEDING"),
        ("ewma(yards, INTERVAL '5 minutes')", ""),
        ("time_since_last()", ""),
    ] {
        let text = format!(
            "CREATE VIEW v AS SELECT {call} OVER (PARTITION BY game ORDER BY event_time {frame}) AS x FROM plays"
        );
        let faults = view(&text, &Catalog::from(Arc::clone(&ordered))).view.expect_err(call);
        assert_eq!(faults[0].message, "the stream is ordered by a field and has no times", "{call}");
    }
}
