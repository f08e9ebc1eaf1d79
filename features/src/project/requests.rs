//! `[requests.NAME]` and `[model_updates]`

use smol_str::SmolStr;

use super::document::{Section, Text};
use super::spec::RequestStream;
use super::streams::{DEFAULT_PARTITIONS, MAX_PARTITIONS, topic};

pub(super) fn read(name: &Text<'_>, mut section: Section<'_>) -> RequestStream {
    let doc = section.doc;
    let read_topic = |text: Option<Text<'_>>| text.and_then(|text| topic(doc, &text));
    let topic = read_topic(section.string("topic")).unwrap_or_else(|| name.value.to_owned());
    let answers = read_topic(section.string("answers")).unwrap_or_else(|| format!("{topic}-answers"));
    let partitions = section.integer("partitions", 1..=MAX_PARTITIONS).and_then(|n| u32::try_from(n).ok());
    section.finish();
    let partitions = partitions.unwrap_or(DEFAULT_PARTITIONS);
    RequestStream { name: SmolStr::new(name.value), topic, answers, partitions }
}

/// The topic of `[model_updates]`.
pub(super) fn read_updates(mut section: Section<'_>) -> String {
    let doc = section.doc;
    let declared = section.string("topic").and_then(|text| topic(doc, &text));
    section.finish();
    declared.unwrap_or_else(|| "model-updates".to_owned())
}
