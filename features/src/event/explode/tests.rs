use std::path::Path;
use std::sync::Arc;

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::super::{Event, EventDecoder, Invalid, Stage};
use super::*;
use crate::project::{Project, SourceFile, Sources};
use crate::schema::{MAX_ELEMENTS, Stream};

const PROJECT: &str = r#"
[project]
name = "test"
[streams.matches]
key = ["match_id"]
event_time = "at"
id = ["match_id"]
[streams.matches.fields]
match_id = { type = "string", path = "/metadata/matchId" }
at = { type = "timestamp", path = "/info/at" }
[streams.participants]
explode = { stream = "matches", list = "/info/participants" }
key = ["match_id", "puuid"]
event_time = "at"
[streams.participants.fields]
match_id = { parent = "match_id" }
at = { parent = "at" }
seat = { element = "index" }
name = { element = "name" }
puuid = "string"
gold = { type = "int", path = "/stats/gold", check = "gold >= 0" }
"#;

fn stream() -> Arc<Stream> {
    let manifest = SourceFile { path: "clutch.toml".into(), text: PROJECT.to_owned() };
    let project = Project::check(Path::new("."), &Sources { manifest, views: Vec::new() }, &|_| None).unwrap();
    Arc::clone(&project.streams["participants"])
}

fn message(list: &Json) -> String {
    json!({"metadata": {"matchId": "m1"}, "info": {"at": 7, "participants": list}}).to_string()
}

/// Every event of a message, with its index.
fn decode(message: &str) -> Vec<(Option<u32>, Result<Event, Invalid>)> {
    let mut events = Vec::new();
    EventDecoder::new(stream()).decode_each(message.as_bytes(), |element, event| {
        events.push((element.map(|element| element.index), event));
    });
    events
}

#[track_caller]
fn whole_message_refused(message: &str, reason: &str) {
    let events = decode(message);
    let [(None, Err(invalid))] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!((invalid.stage, invalid.reason.as_str()), (Stage::Decode, reason));
}

/// The value of a field.
fn value(event: &Event, field: &str) -> Value {
    event.fields[stream().schema.index_of(field).unwrap()].clone()
}

#[test]
fn each_element_is_an_event_with_what_its_message_says() {
    let message = message(&json!([{"puuid": "a", "stats": {"gold": 1}}, {"puuid": "b"}]));
    let events = decode(&message);
    assert_eq!(events.iter().map(|(index, _)| *index).collect::<Vec<_>>(), [Some(0), Some(1)]);
    let [first, second] = [0, 1].map(|index: usize| events[index].1.clone().unwrap());
    for event in [&first, &second] {
        assert_eq!((event.time, value(event, "match_id")), (7, Value::String("m1".into())));
        assert_eq!(value(event, "name"), Value::Null);
    }
    assert_eq!(
        (value(&first, "puuid"), value(&second, "puuid")),
        (Value::String("a".into()), Value::String("b".into()))
    );
    assert_eq!((value(&first, "gold"), value(&second, "gold")), (Value::Int(1), Value::Null));
    assert_eq!((value(&first, "seat"), value(&second, "seat")), (Value::Int(0), Value::Int(1)));
}

#[test]
fn an_objects_values_are_elements_too() {
    let events = decode(&message(&json!({"10": {"puuid": "j"}, "2": {"puuid": "b"}})));
    let of = |field| events.iter().map(|(_, event)| value(event.as_ref().unwrap(), field)).collect::<Vec<_>>();
    assert_eq!(of("puuid"), ["b", "j"].map(|text| Value::String(text.into())));
    assert_eq!(of("name"), ["2", "10"].map(|text| Value::String(text.into())));
    assert_eq!(of("seat"), [0, 1].map(Value::Int));
}

#[test]
fn a_bad_element_leaves_the_others_alone() {
    let list =
        json!([{"puuid": "a"}, {"puuid": 3}, 5, {"puuid": "d", "stats": {"gold": -1}}, {"gold": 1}, {"puuid": "f"}]);
    let events = decode(&message(&list));
    let good: Vec<_> = events.iter().filter(|(_, event)| event.is_ok()).map(|(index, _)| *index).collect();
    assert_eq!(good, [Some(0), Some(5)]);
    let reasons: Vec<_> =
        events.iter().filter_map(|(_, event)| event.as_ref().err()).map(|e| e.reason.as_str()).collect();
    assert_eq!(
        reasons,
        [
            "a string is expected, the number 3 was found",
            "an object is expected, a number was found",
            "fails its check: gold >= 0",
            "required, but missing or null"
        ]
    );
}

#[test]
fn a_null_element_holds_a_place_and_is_no_event() {
    let events = decode(&message(&json!([null, {"puuid": "b"}, null])));
    assert_eq!(events.len(), 1);
    assert_eq!((events[0].0, value(events[0].1.as_ref().unwrap(), "seat")), (Some(1), Value::Int(1)));
}

#[test]
fn no_element_is_no_event() {
    assert_eq!(decode(&message(&json!([]))), []);
    assert_eq!(decode(&message(&json!({}))), []);
}

#[test]
fn a_message_without_its_list_is_invalid_as_a_whole() {
    whole_message_refused("{}", "there is no list at /info/participants");
    whole_message_refused(&message(&Json::Null), "there is no list at /info/participants");
    whole_message_refused(&message(&json!("x")), "/info/participants: a list is expected, a string was found");
    whole_message_refused(r#"{"info":{"participants":[],"participants":[]}}"#, "/info/participants stands twice");
    whole_message_refused(
        r#"{"metadata":{"matchId":3},"info":{"participants":[{}]}}"#,
        "a string is expected, the number 3 was found",
    );
    whole_message_refused("[1", "an object is expected, an array was found");
    let many = format!("[{}0]", "0,".repeat(MAX_ELEMENTS as usize));
    let huge = format!(r#"{{"info":{{"participants":{many}}}}}"#);
    whole_message_refused(&huge, "/info/participants: more than 65536 elements");
}

#[test]
fn a_request_has_one_element() {
    let mut decoder = EventDecoder::new(stream());
    let event = decoder.decode(message(&json!([null, {"puuid": "b"}])).as_bytes()).unwrap();
    assert_eq!(value(&event, "seat"), Value::Int(1));
    for list in [json!([]), json!([{"puuid": "a"}, {"puuid": "b"}])] {
        let invalid = decoder.decode(message(&list).as_bytes()).unwrap_err();
        assert!(invalid.reason.starts_with("one element is expected"), "{}", invalid.reason);
    }
}

fn an_element() -> impl Strategy<Value = Json> {
    prop_oneof![
        6 => (prop::option::of("[a-c]{0,2}"), prop::option::of(-1..5_i64), any::<bool>()).prop_map(|(puuid, gold, nested)| {
            let gold = if nested { json!({"gold": gold, "other": [1, {"x": null}]}) } else { Json::Null };
            json!({"puuid": puuid, "stats": gold, "unknown": "\"{[\\"})
        }),
        1 => Just(Json::Null),
        1 => prop_oneof![Just(json!(1)), Just(json!("x")), Just(json!([]))],
    ]
}

proptest! {
    /// The other elements of a message, and the messages before it, make no difference to an element.
    #[test]
    fn an_element_is_what_it_is_alone(lists in prop::collection::vec(prop::collection::vec(an_element(), 0..6), 1..4)) {
        let mut together = EventDecoder::new(stream());
        for list in lists {
            let mut events = Vec::new();
            together.decode_each(message(&json!(list)).as_bytes(), |element, event| {
                events.push((element.map(|element| element.index), event));
            });
            let mut alone = Vec::new();
            for index in 0..list.len() {
                let blank = (0..list.len()).map(|at| if at == index { list[at].clone() } else { Json::Null });
                alone.extend(decode(&message(&blank.collect())));
            }
            prop_assert_eq!(events, alone);
        }
    }
}
