//! The record of an event that could not be used: why, and the event itself, byte for byte.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use features::event::{Decision, Element, Invalid, Stage};
use features::value::Micros;

use super::json::{put, put_name, put_time};
use crate::log::RecordRef;

/// Where an event was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeadLetterStage {
    Decode,
    Validate,
    /// It stands in a partition that is not its key's.
    Partition,
    Late,
    Duplicate,
    Future,
}

/// An event that is not folded, and why.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct DeadLetter<'a> {
    pub(super) record: RecordRef<'a>,
    /// The element at fault, where the record is not refused as a whole.
    pub(super) element: Option<Element<'a>>,
    pub(super) stage: DeadLetterStage,
    pub(super) reason: String,
    /// The field at fault, if one is.
    pub(super) field: Option<String>,
}

impl<'a> DeadLetter<'a> {
    pub(super) fn invalid(record: RecordRef<'a>, element: Option<Element<'a>>, invalid: Invalid) -> DeadLetter<'a> {
        let stage = match invalid.stage {
            Stage::Decode => DeadLetterStage::Decode,
            Stage::Validate => DeadLetterStage::Validate,
            Stage::Late => DeadLetterStage::Late,
            Stage::Duplicate => DeadLetterStage::Duplicate,
            Stage::Future => DeadLetterStage::Future,
        };
        DeadLetter { record, element, stage, reason: invalid.reason, field: invalid.field }
    }

    /// `None` for an accepted event.
    pub(super) fn decided(
        record: RecordRef<'a>,
        element: Option<Element<'a>>,
        decision: Decision,
    ) -> Option<DeadLetter<'a>> {
        let (stage, reason) = match decision {
            Decision::Accept => return None,
            Decision::Late { by } => (
                DeadLetterStage::Late,
                format!("{} ms later than its key's newest event and the lateness allow", by / 1_000),
            ),
            Decision::Duplicate => (DeadLetterStage::Duplicate, "an event with its id was accepted before".to_owned()),
            Decision::Future { by } => (
                DeadLetterStage::Future,
                format!("{} ms further ahead of the log's time than max_ahead allows", by / 1_000),
            ),
        };
        Some(DeadLetter { record, element, stage, reason, field: None })
    }

    /// Whether this is about the same event, or about the whole message that it is an element of.
    pub(super) fn tells_of(&self, other: &DeadLetter<'_>) -> bool {
        let index = |letter: &DeadLetter<'_>| letter.element.map(|element| element.index);
        self.record.offset == other.record.offset && (self.element.is_none() || index(self) == index(other))
    }

    /// Writes the record: a JSON object.
    pub(super) fn write(&self, topic: &str, partition: u32, at: Micros, out: &mut Vec<u8>) {
        out.push(b'{');
        put_name(out, "stage");
        put(out, &self.stage);
        put_name(out, "reason");
        put(out, &self.reason);
        put_name(out, "field");
        put(out, &self.field);
        put_name(out, "topic");
        put(out, topic);
        put_name(out, "partition");
        put(out, &partition);
        put_name(out, "offset");
        put(out, &self.record.offset);
        if let Some(element) = self.element {
            put_name(out, "element");
            put(out, &element.index);
        }
        put_name(out, "key_base64");
        put(out, &STANDARD.encode(self.record.key));
        // Of an element its own text: a message in which all are bad would else be repeated as often as it has any.
        let raw = self.element.map_or(self.record.value, |element| element.json.as_bytes());
        put_name(out, "raw_base64");
        put(out, &STANDARD.encode(raw));
        if let Ok(text) = std::str::from_utf8(raw) {
            put_name(out, "raw");
            put(out, text);
        }
        put_name(out, "at");
        put_time(out, at);
        out.push(b'}');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(value: &[u8]) -> String {
        let record = RecordRef { offset: 7, append_time: 0, key: b"g1", value, trace: None, redriven: false };
        let invalid = Invalid { stage: Stage::Validate, field: Some("down".into()), reason: "no \"int\"".into() };
        let mut out = Vec::new();
        DeadLetter::invalid(record, None, invalid).write("plays", 2, 1_500_000, &mut out);
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn the_published_form_stays_as_it_is() {
        assert_eq!(
            written(br#"{"down":"x"}"#),
            r#"{"stage":"validate","reason":"no \"int\"","field":"down","topic":"plays","partition":2,"offset":7,"#
                .to_owned()
                + r#""key_base64":"ZzE=","raw_base64":"eyJkb3duIjoieCJ9","raw":"{\"down\":\"x\"}","at":"1970-01-01T00:00:01.500000Z"}"#
        );
    }

    #[test]
    fn an_element_is_told_by_its_index_and_its_own_text() {
        let record = RecordRef {
            offset: 7,
            append_time: 0,
            key: b"m1",
            value: br#"{"l":[{},{"x":"a"}]}"#,
            trace: None,
            redriven: false,
        };
        let element = Element { index: 1, json: r#"{"x":"a"}"# };
        let invalid = Invalid { stage: Stage::Decode, field: Some("x".into()), reason: "no int".into() };
        let mut out = Vec::new();
        DeadLetter::invalid(record, Some(element), invalid).write("matches", 2, 0, &mut out);
        assert_eq!(
            String::from_utf8(out).expect("UTF-8"),
            r#"{"stage":"decode","reason":"no int","field":"x","topic":"matches","partition":2,"offset":7,"element":1,"#
                .to_owned()
                + r#""key_base64":"bTE=","raw_base64":"eyJ4IjoiYSJ9","raw":"{\"x\":\"a\"}","at":"1970-01-01T00:00:00.000000Z"}"#
        );
    }

    #[test]
    fn bytes_that_are_no_text_are_kept_in_base64_only() {
        let letter: serde_json::Value = serde_json::from_str(&written(&[0xff, 0xfe])).expect("JSON");
        assert_eq!(letter["raw_base64"], "//4=");
        assert!(letter.get("raw").is_none());
    }

    #[test]
    fn an_accepted_event_is_no_dead_letter() {
        let record = RecordRef { offset: 0, append_time: 0, key: b"", value: b"", trace: None, redriven: false };
        assert_eq!(DeadLetter::decided(record, None, Decision::Accept), None);
        let late = DeadLetter::decided(record, None, Decision::Late { by: 2_000 }).expect("late");
        assert_eq!(late.stage, DeadLetterStage::Late);
        assert!(late.reason.starts_with("2 ms"), "{}", late.reason);
    }
}
