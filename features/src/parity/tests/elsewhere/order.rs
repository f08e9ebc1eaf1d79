//! Ties, threads, and which rows a frame holds.

use super::*;

const LAST_TWO: &str = "w AS (PARTITION BY k ORDER BY event_time ROWS 1 PRECEDING)";

/// 4paradigm/OpenMLDB #3749: in request mode a window took in rows behind the request's own time.
#[test]
fn a_request_does_not_see_what_comes_after_its_time() {
    let view = view("count(*) OVER w AS rows", "w AS (PARTITION BY k ORDER BY event_time ROWS 10 PRECEDING)");
    let (state, mut requests) = served(&view, &[sent(1, 100, 1.0), sent(2, 101, 1.0)]);
    let mut rows = |at| requests.row(Some(&state), &sent(9, at, 1.0).event()).unwrap().columns[0].clone();
    assert_eq!([rows(99), rows(100), rows(101)], [Value::Int(1), Value::Int(2), Value::Int(3)]);
}

/// 4paradigm/OpenMLDB #1780, #1776: rows of one timestamp stood in one order offline and in another online.
#[test]
fn rows_of_one_time_stand_in_the_order_of_the_log_everywhere() {
    let events: Vec<Sent> = [5.0, 3.0, 9.0, 1.0, 7.0].iter().zip(0..).map(|(x, n)| sent(n, SECOND, *x)).collect();
    assert_eq!(column("sum(x) OVER w AS y", LAST_TWO, &events), floats(&[5.0, 8.0, 12.0, 10.0, 8.0]));
    assert_eq!(column("first_value(x) OVER w AS y", LAST_TWO, &events), floats(&[5.0, 5.0, 3.0, 9.0, 1.0]));
    let before = column("lag(x, 1) OVER all_rows AS y", "", &events);
    assert_eq!(before[1..], floats(&[5.0, 3.0, 9.0, 1.0]));
}

/// polars' `rolling` and SQL's RANGE take in later rows of the same timestamp, which no one has seen when the row is
/// served (polars-time, group_by; Flink's RowTimeRangeBoundedPrecedingFunction gives all of them one value).
#[test]
fn a_frame_of_time_does_not_see_later_rows_of_its_own_time() {
    let events: Vec<Sent> = (0..4).map(|n| sent(n, SECOND, 1.0)).collect();
    let window = "w AS (PARTITION BY k ORDER BY event_time RANGE INTERVAL '5 seconds' PRECEDING)";
    assert_eq!(column("count(*) OVER w AS y", window, &events), ints(&[1, 2, 3, 4]));
    assert_eq!(column("sum(x) OVER w AS y", window, &events), floats(&[1.0, 2.0, 3.0, 4.0]));
}

/// 4paradigm/OpenMLDB #1629: offline windows depended on how many threads computed them.
#[test]
fn the_number_of_threads_does_not_show() {
    let view =
        view("sum(x) OVER w AS total, avg(x) OVER all_rows AS mean, lag(x, 3) OVER all_rows AS before", LAST_TWO);
    let keys = ["a", "b", "c", "d", "e", "f", "g"];
    let event = |n: i64| Sent { key: keys[(n % 7) as usize], ..sent(n, n / 20 * SECOND, 0.1 * (n % 13) as f64) };
    let history = history(&view, &(0..3_000).map(event).collect::<Vec<_>>());
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| batch::compute(&view, &history, Order::Served)).unwrap()
    };
    let alone = with(1);
    for threads in [2, 3, 8] {
        let many = with(threads);
        assert_eq!(many.source, alone.source);
        for (many, alone) in many.table.columns.iter().zip(&alone.table.columns) {
            assert!((0..alone.len()).all(|row| many.value(row).same_bits(&alone.value(row))), "{threads} threads");
        }
    }
}

/// 4paradigm/OpenMLDB #1650: a text was NULL online and '' offline.
#[test]
fn an_empty_text_is_no_null_anywhere() {
    let texts = [None, Some(""), None, Some(""), Some("b"), None];
    let events: Vec<Sent> = texts.iter().zip(0..).map(|(s, n)| Sent { s: *s, ..sent(n, n * SECOND, 1.0) }).collect();
    assert_eq!(column("count(s) OVER all_rows AS y", "", &events), ints(&[0, 1, 1, 2, 3, 3]));
    assert_eq!(column("count_distinct(s, 9) OVER all_rows AS y", "", &events), ints(&[0, 1, 1, 1, 2, 2]));
    let by_text = "w AS (PARTITION BY k, s ORDER BY event_time)";
    assert_eq!(column("count(*) OVER w AS y", by_text, &events), ints(&[1, 1, 2, 2, 1, 3]), "partitions of their own");
    let smallest = column("min(s) OVER all_rows AS y", "", &events);
    assert_eq!(smallest[..2], [Value::Null, Value::String("".into())]);
}

/// 4paradigm/OpenMLDB #2245: of two rows with one key and one time, one engine kept both and another only the last.
#[test]
fn events_of_one_key_and_time_are_two_unless_they_have_one_id() {
    let events = [sent(1, SECOND, 1.0), sent(2, SECOND, 2.0), sent(2, SECOND, 4.0), sent(3, SECOND, 8.0)];
    assert_eq!(column("sum(x) OVER all_rows AS y", "", &events), floats(&[1.0, 3.0, 11.0]));
}

/// 4paradigm/OpenMLDB #2633: online and in batch, a frame of time without the current row held different rows.
#[test]
fn a_frame_of_time_without_the_current_row_holds_the_same_rows_everywhere() {
    let window = "w AS (PARTITION BY k ORDER BY event_time RANGE INTERVAL '3 seconds' PRECEDING EXCLUDE CURRENT ROW)";
    let found = column("sum(x) OVER w AS y", window, &each_second(&[31.0, 32.0, 30.0, 33.0]));
    assert_eq!(found[1..], floats(&[31.0, 63.0, 62.0]));
    assert_eq!(found[0], Value::Null);
}

/// 4paradigm/OpenMLDB #869: several windows of different lengths over the same rows went wrong together.
#[test]
fn windows_of_different_lengths_share_rows_and_nothing_else() {
    let windows: Vec<String> =
        (0..6).map(|n| format!("w{n} AS (PARTITION BY k ORDER BY event_time ROWS {n} PRECEDING)")).collect();
    let columns: Vec<String> = (0..6).map(|n| format!("sum(x) OVER w{n} AS y{n}")).collect();
    let events = each_second(&[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0]);
    let found = rows(&view(&columns.join(", "), &windows.join(", ")), &events);
    for (row, found) in found.iter().enumerate() {
        for (n, total) in found.iter().enumerate() {
            let expected: f64 = (row.saturating_sub(n)..=row).map(|i| f64::from(1_u32 << i)).sum();
            assert_eq!(*total, Value::Float(expected), "{n} rows before row {row}");
        }
    }
}

/// 4paradigm/OpenMLDB #3615: SQL that ran online had no counterpart offline. Whatever is accepted runs in every host.
#[test]
fn every_function_runs_over_every_frame_in_every_host() {
    let frames = ["ROWS UNBOUNDED PRECEDING", "ROWS 3 PRECEDING", "RANGE INTERVAL '3 seconds' PRECEDING"];
    let events: Vec<Sent> = (0..30)
        .map(|n| Sent {
            x: (n % 5 != 4).then_some(0.1 * n as f64),
            s: (n % 3 == 0).then_some("b"),
            ..sent(n, n * n % 17 * SECOND / 2, 0.0)
        })
        .collect();
    let more =
        ["nth_value(x, 2)", "count_distinct(s, 3)", "lag(s, 2)", "count(*)", "min(s)", "max(at)", "first_value(s)"];
    let functions: Vec<&str> = OVER_X.into_iter().chain(more).collect();
    for frame in frames {
        for exclusion in ["", "EXCLUDE CURRENT ROW"] {
            let columns = functions.iter().enumerate().flat_map(|(i, f)| {
                [format!("{f} OVER w AS y{i}"), format!("{f} FILTER (WHERE x > 0.5) OVER w AS z{i}")]
            });
            let window = format!("w AS (PARTITION BY k ORDER BY event_time {frame} {exclusion})");
            assert!(!rows(&view(&columns.collect::<Vec<_>>().join(", "), &window), &events).is_empty());
        }
    }
}

/// 4paradigm/OpenMLDB #2465: importing for a long window failed after some millions of rows.
#[test]
fn a_frame_longer_than_history_is_no_trouble() {
    let view = view(
        "sum(x) OVER rows_ AS a, sum(x) OVER time_ AS b, sum(x) OVER all_rows AS c",
        "rows_ AS (PARTITION BY k ORDER BY event_time ROWS 1000000 PRECEDING), \
         time_ AS (PARTITION BY k ORDER BY event_time RANGE INTERVAL '36500 days' PRECEDING)",
    );
    let events: Vec<Sent> = (0..3_000).map(|n| sent(n, n * SECOND, 0.1)).collect();
    let history = history(&view, &events);
    let options = Options { oracle_budget: 1e6, restarts: Some(2), ..Options::default() };
    assert_eq!(check(&view, &history, &options, &|_| ()).unwrap().mismatches, 0);
    let table = batch::compute(&view, &history, Order::Served).unwrap().table;
    assert!(table.columns.iter().all(|column| column.value(2_999).same_bits(&Value::Float(300.0))));
}
