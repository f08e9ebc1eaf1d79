//! The oracle's own definitions against the table of element functions, and its decisions against the key's clock.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::element::Element;
use crate::event::KeyClock;
use crate::program::arbitrary;
use crate::schema::{EventTime, Field, Schema, Stream};
use crate::value::Type;

fn calls() -> impl Strategy<Value = (Element, Vec<Value>)> {
    prop::sample::select(Element::all().collect::<Vec<_>>()).prop_flat_map(|function| {
        arbitrary::row(function.parameters()).prop_map(move |arguments| (function, arguments))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20_000, ..ProptestConfig::default() })]

    #[test]
    fn every_element_function_is_what_its_plain_definition_says((function, arguments) in calls()) {
        let (found, expected) = (function.apply(&arguments, &mut 0), element(function, &arguments));
        prop_assert!(found.same_bits(&expected), "{function:?}{arguments:?} is {found:?}, by definition {expected:?}");
    }

    #[test]
    fn times_read_and_write_as_the_functions_do(time in any::<i64>(), cut in 0..30_usize, other in ".") {
        let written = calendar::write(time);
        prop_assert_eq!(&written, &crate::element::format_timestamp(time).map(String::from));
        let near = time % 253_402_300_800_000_000;
        let mut text = calendar::write(near.abs()).unwrap_or_default();
        prop_assert_eq!(calendar::read(&text), crate::element::parse_timestamp(&text));
        for (at, _) in text.clone().char_indices().skip(cut).take(1) {
            text.replace_range(at..=at, &other);
        }
        prop_assert_eq!(calendar::read(&text), crate::element::parse_timestamp(&text), "{}", text);
    }
}

proptest! {
    #[test]
    fn odd_spellings_of_times_read_as_the_functions_do(
        date in prop::sample::select(vec!["2024-09-05", "20240905", "0000-02-29", "2023-02-29", "9999-12-31", "5 Sep 2024", "05 Sep 2024", "Thu, 5 Sep 2024", "Fri, 5 Sep 2024", "2024-9-5", "9/5/2024"]),
        gap in prop::sample::select(vec!["", " ", "T", "t", "  "]),
        clock in prop::sample::select(vec!["", "20:20", "20:20:01", "2020", "202001", "24:00", "24:00:00", "23:59:60", "20:60", "2", "20:2"]),
        fraction in prop::sample::select(vec!["", "", "", ".5", ".", ".123456789", ",5"]),
        zone in prop::sample::select(vec!["", "Z", "z", " Z", " UTC", "UTC", " GMT", " EST", " PDT", " UT", "+02:00", "+0200", " +0200", "-02", "+2", "-0530", "+24:00", "+02:60", " "]),
    ) {
        let text = format!("{date}{gap}{clock}{fraction}{zone}");
        prop_assert_eq!(calendar::read(&text), crate::element::parse_timestamp(&text), "{}", text);
    }
}

#[test]
fn every_element_function_has_a_plain_definition() {
    let example = |ty: &Type| match ty {
        Type::Bool => Value::Bool(true),
        Type::Int => Value::Int(1),
        Type::Float => Value::Float(1.0),
        Type::String => Value::String("2024-02-29".into()),
        Type::Timestamp => Value::Timestamp(1),
        Type::Interval => Value::Interval(1),
    };
    for function in Element::all() {
        let mut arguments: Vec<Value> = function.parameters().iter().map(example).collect();
        if function.result() != Type::Timestamp && function.sql_name().starts_with("cast:") {
            arguments = arguments
                .into_iter()
                .map(|a| {
                    if a.ty() == Some(Type::String) {
                        Value::String(if function.result() == Type::Bool { "true" } else { "1" }.into())
                    } else {
                        a
                    }
                })
                .collect();
        }
        assert!(!element(function, &arguments).is_null(), "{function:?} has no definition in the oracle");
    }
}

fn stream(lateness: i64, dedupe: i64, retention: Option<i64>) -> Stream {
    let field = |name: &str, ty| Field::new(name, ty);
    Stream {
        name: "plays".into(),
        topic: "plays".into(),
        outcomes_topic: "plays-outcomes".into(),
        partitions: 1,
        schema: std::sync::Arc::new(Schema::new(vec![field("game", Type::String), field("play", Type::Float)])),
        key: vec![0],
        id: vec![0, 1],
        event_time: EventTime::Order { field: 1 },
        lateness,
        dedupe,
        max_ahead: 5,
        retention,
        explode: None,
    }
}

proptest! {
    #[test]
    fn decisions_from_the_whole_log_are_the_clocks(
        (lateness, dedupe, retention) in (0..30_i64, 0..30_i64, prop::option::of(0..60_i64)),
        steps in vec((0..120_i64, 0..6_u8, prop::option::weighted(0.3, 0..120_i64)), 0..60),
    ) {
        let stream = stream(lateness, dedupe, retention);
        let log: Vec<LoggedEvent> = steps.iter().zip(0..).map(|(&(time, play, append_time), offset)| LoggedEvent {
            place: Place { time, offset },
            fields: Box::new([
                Value::String("g".into()),
                match play { 0 => Value::Null, 1 => Value::Float(0.0), 2 => Value::Float(-0.0), n => Value::Float(f64::from(n)) },
            ]),
            append_time,
        }).collect();
        let mut clock = KeyClock::default();
        for (event, ruling) in log.iter().zip(decisions::decide(&stream, &log)) {
            let decision = clock.decide(&stream, event.place.time, &event.fields, event.append_time);
            prop_assert_eq!(decision, ruling.decision);
            if decision == Decision::Accept {
                prop_assert_eq!(clock.accept(&stream, event.place, &event.fields), ruling.anew);
            }
        }
    }
}
