//! Requests by key at a time: what decays, what stays, what is refused.

use super::*;

/// Frames of time beside everything else.
pub(super) const QUIET: &str = "
CREATE VIEW quiet AS
SELECT game, play, kind, sum(yards) OVER minute AS gained, count(*) OVER before AS others, max(yards) OVER side AS best,
       count(*) FILTER (WHERE kind = 'pass') OVER minute AS passes, sum(yards) OVER last_two AS two, lag(yards, 1) OVER game AS previous,
       ewma(yards, INTERVAL '1 minute') OVER game AS fading, time_since_last() OVER game AS pause,
       coalesce(sum(yards) OVER minute, 0.0) - lag(yards, 1) OVER game AS mixed
FROM plays WHERE kind <> 'kickoff'
WINDOW minute AS (PARTITION BY game ORDER BY event_time RANGE INTERVAL '1 minute' PRECEDING),
       before AS (PARTITION BY game ORDER BY event_time RANGE INTERVAL '1 minute' PRECEDING EXCLUDE CURRENT ROW),
       side AS (PARTITION BY game, team ORDER BY event_time RANGE INTERVAL '2 minutes' PRECEDING),
       last_two AS (PARTITION BY game ORDER BY event_time ROWS 1 PRECEDING),
       game AS (PARTITION BY game ORDER BY event_time)";

// The columns of [`QUIET`].
const GAINED: usize = 3;
const OTHERS: usize = 4;
const BEST: usize = 5;
const PASSES: usize = 6;
const TWO: usize = 7;
const PREVIOUS: usize = 8;
const FADING: usize = 9;
const PAUSE: usize = 10;
const MIXED: usize = 11;

fn quiet() -> StreamHost {
    host_of(&[("quiet", QUIET)])
}

fn latest(host: &StreamHost, key: &Key, as_of: Option<Micros>) -> Result<ViewRow, KeyError> {
    RequestHost::new(Arc::clone(&host.views()[0]), 0).latest(Some(&key.state), as_of)
}

/// Plays at 0, 30 and 50 s.
fn played(host: &mut StreamHost) -> (Key, Accepted) {
    let mut key = Key::new();
    key.process(host, &play(1, 0, "pass", 1.0));
    key.process(host, &play(2, 30 * SECOND, "run", 2.0));
    let last = key.process(host, &play(3, 50 * SECOND, "pass", 4.0));
    (key, last)
}

#[test]
fn without_as_of_the_row_is_as_it_was_computed() {
    let mut host = quiet();
    let (key, last) = played(&mut host);
    assert_eq!(Some(latest(&host, &key, None).unwrap()), last.rows[0]);
    assert_eq!(Some(latest(&host, &key, Some(50 * SECOND)).unwrap()), last.rows[0], "nor does its own time change it");
}

#[test]
fn frames_of_time_empty_as_time_passes() {
    let mut host = quiet();
    let (key, _) = played(&mut host);
    let at = |as_of: Micros| {
        let row = latest(&host, &key, Some(as_of)).unwrap();
        [GAINED, OTHERS, PASSES, BEST].map(|column| row.columns[column].clone())
    };
    let float = Value::Float;
    assert_eq!(at(60 * SECOND - 1), [float(7.0), Value::Int(2), Value::Int(2), float(4.0)]);
    assert_eq!(at(60 * SECOND), [float(6.0), Value::Int(1), Value::Int(1), float(4.0)], "exactly as old is out");
    assert_eq!(at(90 * SECOND), [float(4.0), Value::Int(0), Value::Int(1), float(4.0)]);
    assert_eq!(at(110 * SECOND), [Value::Null, Value::Int(0), Value::Int(0), float(4.0)], "the row itself leaves too");
    assert_eq!(at(170 * SECOND), [Value::Null, Value::Int(0), Value::Int(0), Value::Null]);
}

#[test]
fn all_else_stays_as_it_was_computed() {
    let mut host = quiet();
    let (key, last) = played(&mut host);
    let row = latest(&host, &key, Some(3000 * SECOND)).unwrap();
    for column in [0, 1, 2, TWO, PREVIOUS, FADING, PAUSE] {
        assert_eq!(row.columns[column], columns(&last, 0)[column], "{column}");
    }
    assert_eq!(row.columns[MIXED], Value::Float(-2.0), "nothing gained, less the two yards before");
}

#[test]
fn frames_of_time_hold_what_came_out_of_order_since() {
    let mut host = quiet();
    let (mut key, last) = played(&mut host);
    key.process(&mut host, &play(4, 45 * SECOND, "run", 8.0));
    assert_eq!(Some(latest(&host, &key, None).unwrap()), last.rows[0]);
    let row = latest(&host, &key, Some(50 * SECOND)).unwrap();
    assert_eq!((&row.columns[GAINED], &row.columns[TWO]), (&Value::Float(15.0), &Value::Float(6.0)));
    assert_eq!(row.columns[OTHERS], Value::Int(3));
}

#[test]
fn events_that_where_drops_change_nothing() {
    let mut host = quiet();
    let (mut key, _) = played(&mut host);
    let before = latest(&host, &key, Some(95 * SECOND)).unwrap();
    key.process(&mut host, &play(5, 90 * SECOND, "kickoff", 99.0));
    assert_eq!(latest(&host, &key, Some(95 * SECOND)).unwrap(), before);
    assert_eq!(latest(&host, &key, Some(50 * SECOND)).unwrap().columns[GAINED], Value::Float(7.0));
}

#[test]
fn a_restart_changes_nothing() {
    let mut host = quiet();
    let (mut key, _) = played(&mut host);
    let before = [50, 60, 95, 3000].map(|s| latest(&host, &key, Some(s * SECOND)).unwrap());
    key.state = KeyState::decode(&key.state.encode(&host), &host).unwrap();
    assert_eq!([50, 60, 95, 3000].map(|s| latest(&host, &key, Some(s * SECOND)).unwrap()), before);
}

#[test]
fn a_time_before_the_latest_row_is_refused() {
    let mut host = quiet();
    let (key, _) = played(&mut host);
    let early = |as_of| latest(&host, &key, Some(as_of)).unwrap_err();
    assert_eq!(early(50 * SECOND - 1), KeyError::AsOfTooEarly { by_ms: 1 });
    assert_eq!(early(0), KeyError::AsOfTooEarly { by_ms: 50_000 });
    assert!(matches!(early(Micros::MIN), KeyError::AsOfTooEarly { .. }));
}

#[test]
fn a_key_that_would_start_anew_is_refused() {
    let mut host = quiet();
    let (key, _) = played(&mut host);
    assert!(latest(&host, &key, Some(3650 * SECOND)).is_ok());
    assert_eq!(latest(&host, &key, Some(3650 * SECOND + 1)), Err(KeyError::Idle));
    assert_eq!(latest(&host, &key, Some(Micros::MAX)), Err(KeyError::Idle));
    assert!(latest(&host, &key, None).is_ok(), "without a time it is asked how it was");
}

#[test]
fn a_key_without_a_row_is_refused() {
    let mut host = quiet();
    let mut key = Key::new();
    assert_eq!(latest(&host, &key, Some(0)), Err(KeyError::NoRow));
    key.process(&mut host, &play(1, 0, "kickoff", 1.0));
    assert_eq!(latest(&host, &key, None), Err(KeyError::NoRow));
    let mut requests = RequestHost::new(Arc::clone(&host.views()[0]), 0);
    assert_eq!(requests.latest(None, None), Err(KeyError::NoRow));
}

#[test]
fn a_view_without_frames_of_time_keeps_nothing_more_and_does_not_change() {
    let mut host = host();
    let mut key = Key::new();
    let last = key.process(&mut host, &play(1, 0, "run", 4.0));
    assert_eq!(Some(latest(&host, &key, Some(3000 * SECOND)).unwrap()), last.rows[0]);
}

/// The bytes of a view with frames of time.
#[test]
fn the_format_is_pinned() {
    let mut host = quiet();
    let bytes = played(&mut host).0.state.encode(&host);
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    insta::assert_snapshot!(hex.replace(&host.views()[0].hash.0, "[quiet]"));
}
