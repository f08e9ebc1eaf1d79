use super::*;
use crate::schema::Stream;

fn key(fields: &[usize], event: &Event) -> String {
    let host = host();
    let stream = Stream { key: fields.to_vec(), ..Stream::clone(host.stream()) };
    let host = StreamHost::new(Arc::new(stream), Vec::new());
    String::from_utf8(host.key_of(event)).unwrap()
}

#[test]
fn a_single_text_is_the_key_itself() {
    assert_eq!(key(&[0], &play(1, 0, "run", 1.0)), "KC-DET");
}

#[test]
fn any_other_key_is_a_json_array() {
    let event = play(7, 5, "a\"b", 0.5);
    assert_eq!(key(&[0, 1], &event), r#"["KC-DET",7]"#);
    assert_eq!(key(&[1], &event), "[7]");
    assert_eq!(key(&[4, 5, 2], &event), r#"["a\"b",0.5,5]"#);
    assert_eq!(key(&[4], &play(7, 5, "", 0.5)), "[null]");
}

#[test]
fn the_key_of_an_event_does_not_depend_on_how_it_was_written() {
    let host = host();
    let mut decoder = EventDecoder::new(Arc::clone(host.stream()));
    let keys = [r#"{"game":"K\u00fcchen","at":0}"#, r#"{"x":1,"at":"1970-01-01T00:00:00Z","game":"Küchen"}"#]
        .map(|json| host.key_of(&decoder.decode(json.as_bytes()).unwrap()));
    assert_eq!(keys[0], keys[1]);
}

#[test]
fn an_event_without_its_key_is_invalid() {
    let mut decoder = EventDecoder::new(Arc::clone(host().stream()));
    for json in [r#"{"at":0}"#, r#"{"at":0,"game":null}"#] {
        let invalid = decoder.decode(json.as_bytes()).unwrap_err();
        assert_eq!(invalid.field.as_deref(), Some("game"));
    }
}
