use super::*;

fn request_host(host: &StreamHost, index: usize) -> RequestHost {
    RequestHost::new(Arc::clone(&host.views()[index]), index)
}

/// A key with three plays, the last at 20 s.
fn played(host: &mut StreamHost) -> Key {
    let mut key = Key::new();
    for (number, time, yards) in [(1, 10, 1.0), (2, 15, 2.0), (3, 20, 4.0)] {
        key.process(host, &play(number, time * SECOND, "run", yards));
    }
    key
}

#[test]
fn a_request_gives_the_row_that_the_stream_would_give() {
    let mut host = host();
    let mut key = played(&mut host);
    for index in 0..2 {
        let event = play(4, 20 * SECOND, "pass", 8.0);
        let row = request_host(&host, index).row(Some(&key.state), &event).unwrap();
        let mut later = Key { state: key.state.clone(), offset: key.offset };
        assert_eq!(Some(row), later.process(&mut host, &event).rows[index]);
    }
    let before = key.state.clone();
    request_host(&host, 0).row(Some(&key.state), &play(5, 21 * SECOND, "run", 1.0)).unwrap();
    assert_eq!(key.state, before, "a request leaves no trace");
    key.process(&mut host, &play(5, 21 * SECOND, "run", 1.0));
}

#[test]
fn an_event_that_was_folded_already_is_left_out_of_its_own_frames() {
    let mut host = host();
    let mut key = Key::new();
    key.process(&mut host, &play(1, 10 * SECOND, "run", 1.0));
    let event = play(2, 15 * SECOND, "run", 2.0);
    let folded = key.process(&mut host, &event);
    let again = request_host(&host, 0).row(Some(&key.state), &event).unwrap();
    assert_eq!(Some(again), folded.rows[0]);
}

#[test]
fn a_request_for_an_unknown_key_sees_nothing_before_it() {
    let host = host();
    let row = request_host(&host, 1).row(None, &play(1, 0, "run", 1.0)).unwrap();
    assert_eq!(row.columns[2], Value::Int(1));
    let empty = KeyState::default();
    assert_eq!(request_host(&host, 1).row(Some(&empty), &play(1, 0, "run", 1.0)).unwrap(), row);
}

#[test]
fn a_request_after_retention_sees_nothing_before_it() {
    let mut host = host();
    let key = played(&mut host);
    let event = play(1, 20 * SECOND + 3600 * SECOND + 1, "run", 1.0);
    let row = request_host(&host, 1).row(Some(&key.state), &event).unwrap();
    assert_eq!(row.columns[2], Value::Int(1));
}

#[test]
fn a_late_request_is_refused() {
    let mut host = host();
    let key = played(&mut host);
    let mut requests = request_host(&host, 0);
    assert!(requests.row(Some(&key.state), &play(9, 10 * SECOND, "run", 1.0)).is_ok());
    let refused = requests.row(Some(&key.state), &play(9, 10 * SECOND - 1, "run", 1.0));
    assert_eq!(refused, Err(RequestError::Late { by_ms: 1 }));
}

#[test]
fn a_request_that_where_drops_is_refused() {
    let mut requests = request_host(&host(), 0);
    assert_eq!(requests.row(None, &play(1, 0, "kickoff", 1.0)), Err(RequestError::Dropped));
}

#[test]
fn a_view_that_the_state_does_not_hold_yet_sees_nothing() {
    let mut host = host();
    let key = played(&mut host);
    let state = KeyState { views: key.state.views[..1].to_vec(), ..key.state.clone() };
    let row = request_host(&host, 1).row(Some(&state), &play(4, 20 * SECOND, "run", 1.0)).unwrap();
    assert_eq!(row.columns[2], Value::Int(1));
}

#[test]
fn an_own_event_older_than_lateness_is_left_out_while_its_id_is_remembered() {
    let mut host = host();
    let mut key = Key::new();
    for (number, time) in [(1, 0), (2, 30), (3, 45)] {
        key.process(&mut host, &play(number, time * SECOND, "run", 1.0));
    }
    let plays = |number| {
        let row = request_host(&host, 1).row(Some(&key.state), &play(number, 45 * SECOND, "run", 1.0)).unwrap();
        row.columns[2].clone()
    };
    assert_eq!([plays(1), plays(3), plays(4)], [Value::Int(3), Value::Int(3), Value::Int(4)]);
}
