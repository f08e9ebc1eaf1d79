use super::*;
use crate::element::Element;
use crate::plan::{Expr, Node};
use crate::program::Program;
use crate::schema::{Field, Schema};
use crate::value::Type;

/// Game, play, down (1 to 4), yards, scored, at (event time), note and a nested score.
fn stream() -> Stream {
    let field = |name: &str, ty| Field::new(name, ty);
    let at = |name: &str, ty, path: &str| Field { path: Some(path.into()), ..field(name, ty) };
    let down = Expr::new(Type::Int, Node::Field(2));
    let literal = |i| Expr::new(Type::Int, Node::Literal(Value::Int(i)));
    let compare = |name, i| {
        let element = Element::resolve(name, &[Type::Int, Type::Int]).unwrap().element;
        Expr::new(Type::Bool, Node::Call(element, vec![down.clone(), literal(i)]))
    };
    let between = Expr::new(Type::Bool, Node::And(Box::new(compare(">=", 1)), Box::new(compare("<=", 4))));
    let check = Check { text: "down BETWEEN 1 AND 4".into(), program: Program::compile(&[&between]) };
    let fields = vec![
        Field { required: true, ..field("game", Type::String) },
        field("play", Type::Int),
        Field { check: Some(check), ..field("down", Type::Int) },
        field("yards", Type::Float),
        field("scored", Type::Bool),
        field("at", Type::Timestamp),
        at("home", Type::Int, "/data/score/home"),
        at("away", Type::Int, "/data/score/away"),
        at("second", Type::Int, "/data/list/1/value"),
        at("slashed", Type::Int, "/a~1b~0c"),
    ];
    Stream {
        name: "plays".into(),
        topic: "plays".into(),
        outcomes_topic: "plays-outcomes".into(),
        partitions: 1,
        schema: Arc::new(Schema::new(fields)),
        key: vec![0],
        id: vec![0, 1],
        event_time: EventTime::Time {
            text: "at".into(),
            program: Program::compile(&[&Expr::new(Type::Timestamp, Node::Field(5))]),
        },
        lateness: 0,
        dedupe: 0,
        max_ahead: 0,
        retention: None,
        explode: None,
    }
}

fn decode(json: &str) -> Result<Event, Invalid> {
    EventDecoder::new(Arc::new(stream())).decode(json.as_bytes())
}

/// An event with these members beside those it must have.
fn event(members: &str) -> String {
    format!(r#"{{"game":"KC-DET","at":0{}{members}}}"#, if members.is_empty() { "" } else { "," })
}

/// The value of a field after decoding an event with these members.
#[track_caller]
fn value(field: &str, members: &str) -> Value {
    let event = decode(&event(members)).unwrap();
    event.fields[stream().schema.index_of(field).unwrap()].clone()
}

#[track_caller]
fn refused(json: &str, stage: Stage, field: Option<&str>, reason: &str) {
    let invalid = decode(json).unwrap_err();
    assert_eq!((invalid.stage, invalid.field.as_deref(), invalid.reason.as_str()), (stage, field, reason));
}

#[track_caller]
fn refused_value(members: &str, field: &str, reason: &str) {
    refused(&event(members), Stage::Decode, Some(field), reason);
}

#[test]
fn declared_fields_are_read_and_others_skipped() {
    let json = r#" { "x": [1, {"game": 2}], "yards": 7.5, "game": "KC-DET", "play": 3, "scored": true, "u\u006eknown": null,
        "at": "2024-09-05T20:20:00.000001Z", "down": null } "#;
    let event = decode(json).unwrap();
    assert_eq!(event.time, 1_725_567_600_000_001);
    let expected = [
        Value::String("KC-DET".into()),
        Value::Int(3),
        Value::Null,
        Value::Float(7.5),
        Value::Bool(true),
        Value::Timestamp(event.time),
        Value::Null,
        Value::Null,
        Value::Null,
        Value::Null,
    ];
    assert_eq!(*event.fields, expected);
}

#[test]
fn names_and_texts_may_be_escaped() {
    assert_eq!(value("game", r#""pl\u0061y": 1"#), Value::String("KC-DET".into()));
    assert_eq!(value("play", r#""pl\u0061y": 1"#), Value::Int(1));
    let event = decode(r#"{"game":"a\"\u00e9\ud83c\udfc8","at":0}"#).unwrap();
    assert_eq!(event.fields[0], Value::String("a\"é🏈".into()));
}

#[test]
fn an_int_may_be_written_as_a_whole_float() {
    assert_eq!(value("play", r#""play": 3.0"#), Value::Int(3));
    assert_eq!(value("play", r#""play": -0"#), Value::Int(0));
    assert_eq!(value("play", r#""play": 25e1"#), Value::Int(250));
    assert_eq!(value("play", r#""play": -9223372036854775808"#), Value::Int(i64::MIN));
    refused_value(r#""play": 3.5"#, "play", "an int is expected, the number 3.5 was found");
    refused_value(r#""play": 1e16"#, "play", "1e16 is written as a float and beyond 2^53, where floats lose digits");
}

#[test]
fn a_float_may_be_written_as_an_int() {
    assert_eq!(value("yards", r#""yards": 3"#), Value::Float(3.0));
    assert_eq!(value("yards", r#""yards": -3"#), Value::Float(-3.0));
    assert_eq!(value("yards", r#""yards": 18446744073709551615"#), Value::Float(18_446_744_073_709_551_615.0));
    assert_eq!(value("yards", r#""yards": 0.1"#), Value::Float(0.1));
}

#[test]
fn a_timestamp_is_text_or_microseconds() {
    let at = |at: &str| decode(&format!(r#"{{"game":"g","at":{at}}}"#)).map(|event| event.time);
    assert_eq!(at("\"1970-01-01T01:00:00.5+01:00\""), Ok(500_000));
    assert_eq!(at("1725567600000001"), Ok(1_725_567_600_000_001));
    assert_eq!(at("1e6"), Ok(1_000_000));
    let reason = at("\"yesterday\"").unwrap_err().reason;
    let found = "a timestamp (RFC 3339 or microseconds) is expected, \"yesterday\" was found: write it like ";
    assert!(reason.starts_with(found), "{reason}");
    assert!(at("0.5").is_err());
}

#[test]
fn wrong_types_are_refused() {
    refused_value(r#""play": "3""#, "play", "an int is expected, the string \"3\" was found");
    refused_value(r#""yards": "7.5""#, "yards", "a number is expected, the string \"7.5\" was found");
    refused_value(r#""yards": "NaN""#, "yards", "a number is expected, the string \"NaN\" was found");
    refused_value(r#""yards": true"#, "yards", "a number is expected, true was found");
    refused_value(r#""scored": 1"#, "scored", "true or false is expected, the number 1 was found");
    refused_value(r#""scored": []"#, "scored", "true or false is expected, an array was found");
    refused_value(r#""play": {"a":1}"#, "play", "an int is expected, an object was found");
    refused(r#"{"game":1,"at":0}"#, Stage::Decode, Some("game"), "a string is expected, the number 1 was found");
    let long = format!(r#""play": "{}""#, "é".repeat(100));
    refused_value(&long, "play", &format!("an int is expected, the string \"{}\"… was found", "é".repeat(40)));
}

#[test]
fn numbers_out_of_range_are_refused() {
    refused_value(r#""play": 9223372036854775808"#, "play", "9223372036854775808 does not fit 64 bits");
    refused_value(r#""play": 99999999999999999999"#, "play", "1e20 does not fit 64 bits");
    let invalid = decode(&event(r#""yards": 1e400"#)).unwrap_err();
    assert_eq!(invalid.field.as_deref(), Some("yards"));
    assert!(invalid.reason.contains("number out of range"), "{}", invalid.reason);
}

#[test]
fn spellings_that_json_does_not_have_are_refused() {
    for spelling in ["NaN", "Infinity", "-Infinity", "+1", "1.", ".5", "01", "0x1", "'a'", "True", "nul", "1_000"] {
        let invalid = decode(&event(&format!(r#""yards": {spelling}"#))).unwrap_err();
        assert_eq!(invalid.stage, Stage::Decode, "{spelling}");
        assert!(invalid.reason.starts_with("not JSON: "), "{spelling}: {}", invalid.reason);
    }
}

#[test]
fn what_is_no_json_object_is_refused() {
    refused("[]", Stage::Decode, None, "an object is expected, an array was found");
    refused("null", Stage::Decode, None, "an object is expected, null was found");
    refused("3", Stage::Decode, None, "an object is expected, a number was found");
    refused("\"{}\"", Stage::Decode, None, "an object is expected, a string was found");
    for json in [
        "",
        " ",
        "{",
        "{}}",
        "{} {}",
        r#"{"game"}"#,
        r#"{"game":"a",}"#,
        r#"{game:"a"}"#,
        "{\"game\":\"a\nb\"}",
        "{\"game\":\"\\ud800\"}",
    ] {
        let invalid = decode(json).unwrap_err();
        assert_eq!(invalid.stage, Stage::Decode, "{json}");
        assert!(invalid.reason.starts_with("not JSON: "), "{json}: {}", invalid.reason);
    }
}

#[test]
fn text_that_is_no_utf8_is_refused_wherever_it_stands() {
    let mut decoder = EventDecoder::new(Arc::new(stream()));
    for json in [&b"{\"game\":\"\xff\"}"[..], b"{\"x\":\"\xc3\x28\",\"game\":\"a\",\"at\":0}", b"\xef\xbb\xbf\xfe"] {
        let invalid = decoder.decode(json).unwrap_err();
        assert_eq!(invalid.stage, Stage::Decode);
        assert!(invalid.reason.starts_with("not UTF-8 from byte"), "{}", invalid.reason);
    }
}

#[test]
fn deep_nesting_is_refused_wherever_it_stands() {
    let deep = format!(r#""x": {}{}"#, "[".repeat(100_000), "]".repeat(100_000));
    refused(&event(&deep), Stage::Decode, None, "nested deeper than 128 levels");
    let deep = format!(r#""x": {}{}"#, "[".repeat(100), "]".repeat(100));
    assert!(decode(&event(&deep)).is_ok());
}

#[test]
fn a_field_that_stands_twice_is_refused() {
    refused_value(r#""play": 1, "play": 1"#, "play", "stands twice in one object");
    refused_value(r#""play": null, "x": 0, "play": 1"#, "play", "stands twice in one object");
    refused_value(r#""data": {"score": {"home": 1, "home": 2}}"#, "home", "stands twice in one object");
    let twice = r#""data": {"score": {"home": 1}}, "data": {"score": {"away": 2}}"#;
    refused(&event(twice), Stage::Decode, None, "stands twice in one object");
}

#[test]
fn fields_are_found_by_their_path() {
    let nested = r#""data": {"list": [0, {"value": 5, "x": 1}, 7], "score": {"away": 2, "home": 1}}, "a/b~c": 9"#;
    for (field, expected) in [("home", 1), ("away", 2), ("second", 5), ("slashed", 9)] {
        assert_eq!(value(field, nested), Value::Int(expected), "{field}");
    }
    assert_eq!(value("home", r#""data": null"#), Value::Null);
    assert_eq!(value("home", r#""data": {"score": {}}"#), Value::Null);
    assert_eq!(value("second", r#""data": {"list": [1]}"#), Value::Null);
    assert_eq!(value("home", r#""home": 3"#), Value::Null, "it has a path");
    refused_value(r#""data": {"score": {"home": "1"}}"#, "home", "an int is expected, the string \"1\" was found");
    refused(&event(r#""data": 3"#), Stage::Decode, None, "an object is expected, a number was found");
}

#[test]
fn events_are_read_alike_whatever_order_came_before() {
    let mut decoder = EventDecoder::new(Arc::new(stream()));
    let orders = [
        r#"{"game":"a","at":1,"play":2,"x":3}"#,
        r#"{"x":3,"play":2,"at":1,"game":"a"}"#,
        r#"{"y":3,"at":1,"game":"a","play":2}"#,
        r#"{"game":"a","z":{"game":"b"},"play":2,"at":1}"#,
    ];
    for json in orders.iter().chain(orders.iter().rev()) {
        let event = decoder.decode(json.as_bytes()).unwrap();
        assert_eq!((&event.fields[0], &event.fields[1], event.time), (&Value::String("a".into()), &Value::Int(2), 1));
    }
    assert!(decoder.decode(b"{").is_err());
    assert!(decoder.decode(orders[0].as_bytes()).is_ok(), "a broken event leaves nothing behind");
}

#[test]
fn required_fields_checks_and_the_event_time_are_validated() {
    refused(r#"{"at":0}"#, Stage::Validate, Some("game"), "required, but missing or null");
    refused(r#"{"game":null,"at":0}"#, Stage::Validate, Some("game"), "required, but missing or null");
    refused(r#"{"game":"g"}"#, Stage::Validate, None, "no event time: at is null");
    refused(&event(r#""down": 5"#), Stage::Validate, Some("down"), "fails its check: down BETWEEN 1 AND 4");
    assert_eq!(value("down", r#""down": 4"#), Value::Int(4));
}

#[test]
fn an_event_without_its_key_is_refused_whether_or_not_that_is_required() {
    let mut decoder = EventDecoder::new(Arc::new(Stream { key: vec![0, 1], ..stream() }));
    let invalid = decoder.decode(event("").as_bytes()).unwrap_err();
    assert_eq!(invalid.field.as_deref(), Some("play"));
    assert_eq!(invalid.reason, "part of the key, but missing or null");
    assert!(decoder.decode(event(r#""play":1"#).as_bytes()).is_ok());
}

#[test]
fn typed_rows_are_validated_like_events() {
    let mut decoder = EventDecoder::new(Arc::new(stream()));
    let good = decode(&event(r#""down": 1"#)).unwrap();
    assert_eq!(decoder.validate(good.fields.clone()), Ok(good.clone()));
    let mut bad = good.fields.clone();
    bad[2] = Value::Int(5);
    assert_eq!(decoder.validate(bad).unwrap_err().field.as_deref(), Some("down"));
    let mut bad = good.fields.clone();
    bad[1] = Value::Float(1.0);
    assert_eq!(decoder.validate(bad).unwrap_err().reason, "not of type int");
    assert!(decoder.validate(Box::new([])).is_err());
}

#[test]
fn an_order_field_is_the_event_time() {
    let stream = Stream { event_time: EventTime::Order { field: 1 }, ..stream() };
    let mut decoder = EventDecoder::new(Arc::new(stream));
    assert_eq!(decoder.decode(br#"{"game":"g","play":17}"#).unwrap().time, 17);
    let invalid = decoder.decode(br#"{"game":"g"}"#).unwrap_err();
    assert_eq!((invalid.stage, invalid.field.as_deref()), (Stage::Validate, Some("play")));
}

proptest::proptest! {
    #[test]
    fn no_bytes_make_decoding_panic(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..80)) {
        let _ = EventDecoder::new(Arc::new(stream())).decode(&bytes);
    }

    #[test]
    fn no_text_of_json_pieces_makes_decoding_panic(
        pieces in proptest::collection::vec(
            proptest::sample::select(vec![
                "{", "}", "[", "]", ",", ":", "\"game\"", "\"data\"", "\"list\"", "\"score\"", "\"home\"", "\"at\"", "1", "-1.5e3", "null", "\"x\"",
            ]),
            0..30,
        ),
    ) {
        let _ = decode(&pieces.concat());
    }
}

/// A member of an event as some program might write it.
fn any_member() -> impl proptest::strategy::Strategy<Value = String> {
    use proptest::prelude::*;
    let name =
        proptest::sample::select(vec!["game", "play", "down", "yards", "scored", "at", "x", "y", "pl\\u0061y", "data"]);
    let plain = proptest::sample::select(vec![
        "null",
        "true",
        "false",
        "0",
        "-0",
        "-0.0",
        "3",
        "-3",
        "3.0",
        "3.50",
        "0.1",
        "12345678901234567.5",
        "1e2",
        "1E-2",
        "01",
        "-",
        "1.",
        ".5",
        "9007199254740993",
        "9007199254740993.0",
        "9007199254740992.0",
        "9223372036854775807",
        "99999999999999999999",
        "0.30000000000000004",
        "\"KC-DET\"",
        "\"\"",
        "\"a\\n\"",
        "\"é\"",
        "\"2024-09-05T20:20:00Z\"",
        "\"x",
        "[1]",
        "{\"a\":[1,{}]}",
        "nul",
        "\"a\tb\"",
    ])
    .prop_map(str::to_owned);
    let value = prop_oneof![
        plain,
        any::<i64>().prop_map(|i| i.to_string()),
        any::<f64>().prop_map(|x| format!("{x}")),
        any::<f64>().prop_map(|x| format!("{x:e}"))
    ];
    let blank = proptest::sample::select(vec!["", "", " ", "\n\t"]);
    (name, value, blank).prop_map(|(name, value, blank)| format!("{blank}\"{name}\"{blank}:{blank}{value}{blank}"))
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(600))]

    #[test]
    fn what_was_decoded_before_does_not_matter(
        first in proptest::collection::vec(any_member(), 0..8),
        second in proptest::collection::vec(any_member(), 0..8),
        common: bool,
    ) {
        let fresh = |json: &str| EventDecoder::new(Arc::new(stream())).decode(json.as_bytes());
        // Often the second event has the members of the first, some left out.
        let second = if common { first.iter().zip(0..).filter(|(_, i)| i % 3 != second.len() % 3).map(|(m, _)| m.clone()).collect() } else { second };
        let mut decoder = EventDecoder::new(Arc::new(stream()));
        for json in [first.join(","), second.join(","), first.join(",")].map(|members| event(&members)) {
            let (found, expected) = (decoder.decode(json.as_bytes()), fresh(&json));
            if let (Ok(found), Ok(expected)) = (&found, &expected) {
                let same = found.fields.iter().zip(&expected.fields).all(|(a, b)| a.same_bits(b));
                proptest::prop_assert!(same, "{json}: {found:?} {expected:?}");
            }
            proptest::prop_assert_eq!(found, expected, "{}", json);
        }
    }

    #[test]
    fn numbers_are_read_alike_in_familiar_events(x: f64, mantissa: i64, decimals in 0..20_usize) {
        let mut decoder = EventDecoder::new(Arc::new(stream()));
        decoder.decode(event(r#""yards":1,"play":1"#).as_bytes()).unwrap();
        let digits = mantissa.unsigned_abs().to_string();
        let digits = format!("{digits:0>width$}", width = decimals + 1);
        let (whole, fraction) = digits.split_at(digits.len() - decimals);
        let sign = if mantissa < 0 { "-" } else { "" };
        let point = if decimals > 0 { "." } else { "" };
        for number in [format!("{x}"), format!("{sign}{whole}{point}{fraction}")] {
            if let Ok(expected) = number.parse::<f64>() && expected.is_finite() {
                let event = decoder.decode(event(&format!(r#""yards":{number},"play":1"#)).as_bytes()).unwrap();
                proptest::prop_assert!(event.fields[3].same_bits(&Value::Float(expected)), "{number}: {event:?}");
            }
        }
    }
}

#[test]
fn a_name_that_needs_an_escape_is_no_json_without_it() {
    for (escaped, plain) in [(r#"a\"b"#, "a\"b"), (r"a\\", "a\\"), (r"a\n", "a\n")] {
        let mut decoder = EventDecoder::new(Arc::new(stream()));
        let with = |name: &str| event(&format!(r#""{name}":1"#));
        assert!(decoder.decode(with(escaped).as_bytes()).is_ok(), "{escaped}");
        assert!(decoder.decode(with(plain).as_bytes()).is_err(), "{plain}");
    }
}

#[test]
fn events_without_some_members_stay_familiar() {
    let mut decoder = EventDecoder::new(Arc::new(stream()));
    decoder.decode(event(r#""play":1,"x":"","yards":2.5"#).as_bytes()).unwrap();
    let event = decoder.decode(event(r#""yards":-7.25"#).as_bytes()).unwrap();
    assert_eq!((&event.fields[1], &event.fields[3]), (&Value::Null, &Value::Float(-7.25)));
}
