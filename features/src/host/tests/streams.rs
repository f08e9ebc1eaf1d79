use super::*;
use crate::event::Decision;

#[test]
fn an_accepted_event_gives_a_row_of_each_view_that_keeps_it() {
    let (mut host, mut key) = (host(), Key::new());
    key.process(&mut host, &play(1, 0, "run", 4.0));
    let kickoff = key.process(&mut host, &play(2, SECOND, "kickoff", 60.0));
    assert_eq!(kickoff.decision, Decision::Accept);
    assert_eq!(kickoff.rows[0], None, "dropped by WHERE");
    assert_eq!(columns(&kickoff, 1)[2], Value::Int(2));
    let pass = key.process(&mut host, &play(3, 2 * SECOND, "pass", 7.0));
    let expected = [
        Value::String("KC-DET".into()),
        Value::Int(3),
        Value::Float(14.0),
        Value::Float(4.0),
        Value::Float(5.5),
        Value::Float(4.0),
    ];
    assert_eq!(columns(&pass, 0), expected, "the kickoff entered no window");
    assert_eq!(pass.rows[0].as_ref().unwrap().time, 2 * SECOND);
}

#[test]
fn a_filter_keeps_only_true() {
    let (mut host, mut key) = (host(), Key::new());
    assert_eq!(key.process(&mut host, &play(1, 0, "", 4.0)).rows[0], None);
}

#[test]
fn an_event_that_is_not_accepted_leaves_the_state_as_it_was() {
    let (mut host, mut key) = (host(), Key::new());
    key.process(&mut host, &play(1, 100 * SECOND, "run", 4.0));
    key.process(&mut host, &play(2, 120 * SECOND, "run", 4.0));
    let before = key.state.encode(&host);
    let late = key.process(&mut host, &play(3, 109 * SECOND, "run", 1.0));
    assert_eq!(late, Accepted { decision: Decision::Late { by: SECOND }, rows: vec![None, None] });
    let repeat = key.process(&mut host, &play(2, 121 * SECOND, "run", 1.0));
    assert_eq!(repeat.decision, Decision::Duplicate);
    let position = Position { append_time: Some(130 * SECOND), ..at(9) };
    let future = host.process(&mut key.state, &play(4, 136 * SECOND, "run", 1.0), position);
    assert_eq!(future.decision, Decision::Future { by: SECOND });
    assert_eq!(key.state.encode(&host), before);
}

#[test]
fn an_event_out_of_order_takes_its_place() {
    let (mut host, mut key) = (host(), Key::new());
    key.process(&mut host, &play(1, 10 * SECOND, "run", 1.0));
    key.process(&mut host, &play(2, 20 * SECOND, "run", 2.0));
    let between = key.process(&mut host, &play(3, 15 * SECOND, "run", 4.0));
    assert_eq!(columns(&between, 0)[5], Value::Float(1.0), "the play before it is the first");
    let next = key.process(&mut host, &play(4, 20 * SECOND, "run", 8.0));
    assert_eq!(columns(&next, 0)[3], Value::Float(6.0), "of the second and the third");
}

fn latest(key: &Key) -> Vec<Option<ViewRow>> {
    key.state.latest.iter().map(|latest| Some(latest.as_ref()?.row.clone())).collect()
}

#[test]
fn the_latest_row_is_kept_for_requests_by_key() {
    let (mut host, mut key) = (host(), Key::new());
    let first = key.process(&mut host, &play(1, 0, "run", 4.0));
    let second = key.process(&mut host, &play(2, SECOND, "kickoff", 4.0));
    assert_eq!(latest(&key), [first.rows[0].clone(), second.rows[1].clone()]);
}

#[test]
fn a_row_out_of_order_is_not_the_latest() {
    let (mut host, mut key) = (host(), Key::new());
    let newest = key.process(&mut host, &play(1, 20 * SECOND, "run", 4.0));
    key.process(&mut host, &play(2, 15 * SECOND, "run", 5.0));
    assert_eq!(latest(&key), newest.rows);
}

#[test]
fn a_key_idle_for_longer_than_retention_starts_anew() {
    let (mut host, mut key) = (host(), Key::new());
    let hour = 3600 * SECOND;
    key.process(&mut host, &play(1, 0, "run", 4.0));
    let still = key.process(&mut host, &play(2, hour, "run", 4.0));
    assert_eq!(columns(&still, 1)[2], Value::Int(2));
    let event = play(3, 2 * hour + 1, "kickoff", 4.0);
    let anew = key.process(&mut host, &event);
    assert_eq!(columns(&anew, 1)[2], Value::Int(1));
    assert_eq!(key.state.latest[0], None);
    let mut fresh = KeyState::default();
    host.process(&mut fresh, &event, at(2));
    assert_eq!(key.state.encode(&host), fresh.encode(&host));
}
