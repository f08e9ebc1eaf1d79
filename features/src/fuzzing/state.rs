//! The state decoder.

use std::sync::Arc;

use super::sample;
use crate::event::Event;
use crate::host::{KeyState, Position, RequestHost, StreamHost};
use crate::kernel::StateError;
use crate::value::{Micros, Value};

/// Stands in an input where the hash of the view `everything` stands in a state, so that inputs outlive versions.
pub(super) const HASH: [u8; 16] = *b"<the view's id>_";

/// The bytes of a key's state. What can be read is written as bytes that are read as the same state, and further events
/// can be folded into it.
pub fn state(bytes: &[u8]) {
    let mut host = sample::host();
    let bytes = with_hash(bytes, &host);
    let mut state = match KeyState::decode(&bytes, &host) {
        Ok(state) => state,
        Err(error) => return refused(&bytes, &error, &host),
    };
    same_after_writing(&state, &host);
    looked_at(&state, &host);
    let newest = state.clock.newest.unwrap_or(0);
    let mut requests = RequestHost::new(Arc::clone(&host.views()[0]), 0);
    for (offset, event) in events(newest).iter().enumerate() {
        let _ = requests.row(Some(&state), event);
        let _ = requests.latest(Some(&state), Some(event.time));
        let position = Position { partition: 0, offset: u64::MAX / 2 + offset as u64, append_time: None };
        host.process(&mut state, event, position);
    }
    same_after_writing(&state, &host);
}

/// What is of another format is told as that, and nothing of it is read.
fn refused(bytes: &[u8], error: &StateError, host: &StreamHost) {
    assert!(!error.to_string().is_empty(), "refused without a reason");
    if let StateError::Version { found, supported } = error {
        assert_ne!(found, supported, "the present format is refused");
    } else if let [format, ..] = bytes {
        let present = KeyState::default().encode(host)[0];
        assert!(*format == present || *format >= 0x80, "format {format} was read, which is not {present}: {error}");
    }
}

/// The latest row is answered as it was computed, and at any time.
fn looked_at(state: &KeyState, host: &StreamHost) {
    for (index, view) in host.views().iter().enumerate() {
        let mut requests = RequestHost::new(Arc::clone(view), index);
        let Ok(row) = requests.latest(Some(state), None) else { continue };
        for as_of in [row.time, row.time.saturating_add(120_000_000), Micros::MIN, Micros::MAX] {
            if let Ok(later) = requests.latest(Some(state), Some(as_of)) {
                assert!(as_of >= row.time, "a row from before the latest one");
                assert_eq!((later.time, later.columns.len()), (row.time, row.columns.len()), "another row");
            }
        }
    }
}

fn same_after_writing(state: &KeyState, host: &StreamHost) {
    let written = state.encode(host);
    match KeyState::decode(&written, host) {
        Ok(again) => {
            assert_eq!(again, *state, "another state is read than was written");
            assert_eq!(again.encode(host), written, "equal states have different bytes");
        }
        Err(error) => panic!("{error}: cannot be read again: {state:?}"),
    }
}

pub(super) fn with_hash(bytes: &[u8], host: &StreamHost) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let place = bytes.windows(HASH.len()).position(|window| window == HASH);
    if let (Some(at), Ok(hash)) = (place, u128::from_str_radix(&host.views()[0].hash.0, 16)) {
        bytes[at..at + HASH.len()].copy_from_slice(&hash.to_be_bytes());
    }
    bytes
}

/// In order, out of order, at one time, far ahead; with extreme values and without any.
pub(super) fn events(newest: Micros) -> Vec<Event> {
    const SECOND: Micros = 1_000_000;
    let after = |seconds: i64| newest.saturating_add(seconds.saturating_mul(SECOND));
    let numbers = [(1, 0.5), (i64::MAX, f64::MAX), (i64::MIN, -f64::MAX), (0, -0.0), (4, 5e-324)];
    let times = [1, 2, 0, 2, 60, 59, 200, 100_000];
    let mut events = Vec::new();
    for (play, seconds) in (0..).zip(times) {
        let (down, yards) = numbers[events.len() % numbers.len()];
        let time = after(seconds);
        let team = if play % 2 == 0 { Value::String("KC".into()) } else { Value::Null };
        let fields = vec![
            Value::String("game".into()),
            Value::Int(1_000 + play),
            Value::Timestamp(time),
            team,
            if play % 5 == 4 { Value::Null } else { Value::Int(down) },
            Value::Float(yards),
            Value::Null,
            Value::Bool(play % 3 == 0),
            Value::Null,
        ];
        events.push(Event { fields: fields.into(), time });
    }
    events
}
