//! Lateness, time to live, and what was known when.

use super::*;

const MINUTE: &str = "w AS (PARTITION BY k ORDER BY event_time RANGE INTERVAL '1 minute' PRECEDING)";

/// Chronon's tiled streams drop late events that its backfill takes (`tiling.late_events`); arroyo, Volga and Flink drop
/// them by a watermark that no backfill has.
#[test]
fn a_late_event_is_late_in_batch_too() {
    let events =
        [sent(1, 20 * SECOND, 1.0), sent(2, 9 * SECOND, 2.0), sent(3, 10 * SECOND, 4.0), sent(4, 21 * SECOND, 8.0)];
    assert_eq!(column("sum(x) OVER all_rows AS y", "", &events), floats(&[1.0, 4.0, 13.0]));
}

/// risingwavelabs/risingwave #22672 and feldera/feldera PR #5629: one key's time made the events of others late, and one
/// time far ahead stalled them all.
#[test]
fn one_keys_time_makes_no_other_key_late() {
    let of = |key, number, at| Sent { key, ..sent(number, at, 1.0) };
    let year = 365 * 86_400 * SECOND;
    let events = [of("a", 1, 0), of("b", 1, 9 * year), of("a", 2, SECOND), of("b", 2, 0), of("a", 3, 2 * SECOND)];
    assert_eq!(column("count(*) OVER all_rows AS y", "", &events), ints(&[1, 1, 2, 3]));
}

/// feast-dev/feast #6615: training rows saw values that had been written after them.
#[test]
fn what_comes_later_out_of_order_changes_no_row_before_it() {
    let events = [sent(1, 0, 1.0), sent(2, 5 * SECOND, 2.0), sent(3, 3 * SECOND, 4.0), sent(4, 6 * SECOND, 8.0)];
    assert_eq!(column("sum(x) OVER all_rows AS y", "", &events), floats(&[1.0, 3.0, 5.0, 15.0]));
}

/// 4paradigm/OpenMLDB's time to live goes by the system's clock, so that old data vanishes while it is replayed
/// (RANGE_BIAS); Flink warns that a state cleared by its time to live gives wrong results.
#[test]
fn when_history_is_replayed_does_not_show() {
    let year = 365 * 86_400 * SECOND;
    let of = |start: Micros| {
        let events: Vec<Sent> = (0..40).map(|n| sent(n, start + n * 7 * SECOND, n as f64)).collect();
        column("sum(x) OVER w AS y", MINUTE, &events)
    };
    let today = of(55 * year);
    assert_eq!([of(0), of(-40 * year), of(200 * year)], [today.clone(), today.clone(), today]);
}

/// Tecton's windows ended at the latest event before version 1.0, so that a quiet key never decayed; now they end at the
/// clock, which no training row has seen. Here the caller says which: without a time the row is as it was computed.
#[test]
fn a_quiet_key_decays_for_whoever_names_a_time() {
    let view = view("sum(x) OVER w AS y", MINUTE);
    let (state, mut requests) = served(&view, &[sent(1, 0, 1.0), sent(2, 30 * SECOND, 2.0)]);
    let mut sum = |as_of: Option<Micros>| requests.latest(Some(&state), as_of).unwrap().columns[0].clone();
    assert_eq!([sum(None), sum(Some(30 * SECOND))], [Value::Float(3.0), Value::Float(3.0)]);
    assert_eq!([sum(Some(60 * SECOND)), sum(Some(90 * SECOND))], [Value::Float(2.0), Value::Null]);
}

/// airbnb/chronon PR #1110: rows stood by their record's time in one place and by their event's in another.
#[test]
fn rows_stand_by_event_time_and_not_by_when_they_arrived() {
    let events = [sent(1, 8 * SECOND, 1.0), sent(2, 4 * SECOND, 2.0), sent(3, 6 * SECOND, 4.0)];
    let found = column("lag(x, 1) OVER all_rows AS y", "", &events);
    assert_eq!(found, [Value::Null, Value::Null, Value::Float(2.0)]);
}
