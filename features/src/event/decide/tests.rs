use std::sync::Arc;

use super::*;
use crate::schema::{EventTime, Field, Schema, Stream};
use crate::value::Type;

/// Ids of two fields, the first of which is the key.
fn stream() -> Stream {
    let field = |name: &str, ty| Field::new(name, ty);
    let fields = vec![field("game", Type::String), field("play", Type::Int), field("at", Type::Int)];
    Stream {
        name: "plays".into(),
        topic: "plays".into(),
        outcomes_topic: "plays-outcomes".into(),
        partitions: 1,
        schema: Arc::new(Schema::new(fields)),
        key: vec![0],
        id: vec![0, 1],
        event_time: EventTime::Order { field: 2 },
        lateness: 10,
        dedupe: 100,
        max_ahead: 5,
        retention: Some(1000),
        explode: None,
    }
}

fn id(play: i64) -> [Value; 2] {
    [Value::String("KC-DET".into()), Value::Int(play)]
}

/// A clock that accepted these (time, play), at offsets from 0.
fn clock(stream: &Stream, accepted: &[(Micros, i64)]) -> KeyClock {
    let mut clock = KeyClock::default();
    for (offset, (time, play)) in (0..).zip(accepted) {
        clock.accept(stream, Place { time: *time, offset }, &id(*play));
    }
    clock
}

fn reread(clock: &KeyClock) -> KeyClock {
    let mut bytes = Vec::new();
    clock.encode(&mut bytes);
    let mut reader = Reader::new(&bytes);
    let back = KeyClock::decode(&mut reader).unwrap();
    reader.finish().unwrap();
    back
}

#[test]
fn the_first_event_of_a_key_is_accepted() {
    assert_eq!(KeyClock::default().decide(&stream(), i64::MIN, &id(1), None), Decision::Accept);
}

#[test]
fn an_event_is_late_beyond_the_lateness_and_not_at_it() {
    let stream = stream();
    let clock = clock(&stream, &[(500, 1), (400, 2)]);
    assert_eq!(clock.decide(&stream, 490, &id(3), None), Decision::Accept);
    assert_eq!(clock.decide(&stream, 489, &id(3), None), Decision::Late { by: 1 });
}

#[test]
fn an_event_is_from_the_future_beyond_max_ahead_and_not_at_it() {
    let stream = stream();
    let clock = clock(&stream, &[(500, 1)]);
    assert_eq!(clock.decide(&stream, 605, &id(2), Some(600)), Decision::Accept);
    assert_eq!(clock.decide(&stream, 606, &id(2), Some(600)), Decision::Future { by: 1 });
    assert_eq!(clock.decide(&stream, 606, &id(2), None), Decision::Accept, "files have no append time");
}

#[test]
fn future_comes_before_late_and_late_before_duplicate() {
    let stream = stream();
    let clock = clock(&stream, &[(500, 1), (520, 2)]);
    assert_eq!(clock.decide(&stream, 500, &id(1), Some(100)), Decision::Future { by: 395 });
    assert_eq!(clock.decide(&stream, 500, &id(1), Some(500)), Decision::Late { by: 10 });
    assert_eq!(clock.decide(&stream, 520, &id(1), Some(520)), Decision::Duplicate);
}

#[test]
fn ids_are_remembered_for_dedupe_of_event_time() {
    let stream = stream();
    let clock = clock(&stream, &[(500, 1)]);
    assert_eq!(clock.decide(&stream, 600, &id(1), None), Decision::Duplicate);
    assert_eq!(clock.decide(&stream, 601, &id(1), None), Decision::Accept);
    assert_eq!(clock.decide(&stream, 500, &id(2), None), Decision::Accept, "another id");
}

#[test]
fn events_without_a_whole_id_are_never_duplicates() {
    let mut stream = stream();
    let without = [Value::String("KC-DET".into()), Value::Null];
    let mut clock = KeyClock::default();
    clock.accept(&stream, Place { time: 500, offset: 0 }, &without);
    assert_eq!(clock.decide(&stream, 500, &without, None), Decision::Accept);
    stream.id.clear();
    clock.accept(&stream, Place { time: 500, offset: 1 }, &[]);
    assert_eq!(clock.decide(&stream, 500, &[], None), Decision::Accept);
}

#[test]
fn a_key_idle_for_longer_than_retention_starts_anew() {
    let stream = stream();
    let mut clock = clock(&stream, &[(500, 1)]);
    assert!(!clock.clone().accept(&stream, Place { time: 1500, offset: 1 }, &id(1)));
    assert!(clock.accept(&stream, Place { time: 1501, offset: 1 }, &id(1)));
    assert_eq!(clock.decide(&stream, 1495, &id(1), None), Decision::Duplicate, "of the event that started it");
    assert_eq!(clock.newest, Some(1501));
}

#[test]
fn the_place_of_an_id_is_where_it_was_folded() {
    let stream = stream();
    let clock = clock(&stream, &[(500, 1), (495, 2)]);
    assert_eq!(clock.place_of(&stream, 500, &id(2)), Some(Place { time: 495, offset: 1 }));
    assert_eq!(clock.place_of(&stream, 500, &id(3)), None);
    assert_eq!(clock.place_of(&stream, 596, &id(2)), None, "forgotten by then");
}

#[test]
fn times_at_the_ends_of_the_range_do_not_overflow() {
    let stream = stream();
    for (first, second) in [(i64::MIN, i64::MAX), (i64::MAX, i64::MIN), (i64::MIN, i64::MIN), (i64::MAX, i64::MAX)] {
        let mut clock = clock(&stream, &[(first, 1)]);
        clock.decide(&stream, second, &id(2), Some(first));
        clock.decide(&stream, second, &id(1), Some(second));
        clock.accept(&stream, Place { time: second, offset: u64::MAX }, &id(2));
        assert_eq!(reread(&clock), clock);
    }
}

#[test]
fn a_clock_decides_alike_after_it_was_stored() {
    let stream = stream();
    // Far more ids than are searched one by one, and out of order.
    let accepted: Vec<(Micros, i64)> = (0..400).map(|i| (i / 4 - (i % 3), i)).collect();
    let clock = clock(&stream, &accepted);
    let back = reread(&clock);
    assert_eq!(back, clock);
    for (time, play) in accepted {
        let decision = clock.decide(&stream, time, &id(play), None);
        assert_eq!(back.decide(&stream, time, &id(play), None), decision);
        assert_ne!(decision, Decision::Accept);
    }
    assert_eq!(clock.decide(&stream, 99, &id(400), None), Decision::Accept);
}

#[test]
fn a_cut_clock_is_refused() {
    let stream = stream();
    let mut bytes = Vec::new();
    clock(&stream, &[(500, 1), (503, 2), (501, 700)]).encode(&mut bytes);
    for end in 0..bytes.len() {
        assert!(KeyClock::decode(&mut Reader::new(&bytes[..end])).is_err(), "{end}");
    }
}
