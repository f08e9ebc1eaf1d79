//! `[streams.NAME]`

use std::collections::HashSet;
use std::sync::Arc;

use indexmap::IndexMap;
use smol_str::SmolStr;

use super::document::{Document, Section, Text};
use super::exploded;
use super::fields::{self, Around, Fields};
use super::skew;
use super::spec::SkewCheck;
use crate::nearest::did_you_mean;
use crate::program::Program;
use crate::schema::{EventTime, Field, Schema, Stream};
use crate::sql::{self, EVENT_TIME, Scope};
use crate::value::{Micros, Type};

/// A stream, as far as it could be understood.
#[derive(Debug)]
pub(super) struct StreamEntry {
    pub(super) stream: Arc<Stream>,
    pub(super) broken_fields: HashSet<SmolStr>,
    /// It explodes another stream, though perhaps it could not be understood which.
    pub(super) explodes: bool,
    pub(super) skew_check: Option<SkewCheck>,
}

/// Of a stream with times: what clocks and networks do to events. An order of its own has no such thing.
const DEFAULT_LATENESS: Micros = 30_000_000;
pub(super) const DEFAULT_PARTITIONS: u32 = 4;
pub(super) const MAX_PARTITIONS: i64 = 4_096;

/// `known`: the streams read before, one of which this one may explode.
pub(super) fn read(
    name: &Text<'_>,
    mut section: Section<'_>,
    known: &IndexMap<SmolStr, StreamEntry>,
    declared: &[&str],
) -> StreamEntry {
    let doc = section.doc;
    let exploding = exploded::read(&mut section, name.value, known, declared);
    let explodes = section.has("explode");
    let parent = exploding.as_ref().map(|exploding| &exploding.parent);
    let around = match parent {
        Some(parent) => Around::Parent(parent),
        None if explodes => Around::Unknown,
        None => Around::Nothing,
    };
    let topic = section.string("topic").and_then(|text| topic(doc, &text)).unwrap_or_else(|| name.value.to_owned());
    let topic = parent.map_or(topic, |parent| parent.topic.clone());
    let outcomes_topic =
        section.string("outcomes").and_then(|text| self::topic(doc, &text)).unwrap_or_else(|| match parent {
            Some(_) => format!("{topic}-{}-outcomes", name.value),
            None => format!("{topic}-outcomes"),
        });
    let mut fields = match section.section("fields") {
        Some(fields) => fields::read(&fields, around),
        None => {
            if !section.has("fields") {
                let help = format!("add [{}.fields] with a line for each: name = \"type\"", section.name);
                doc.problem(section.span.clone(), format!("[{}] declares no fields", section.name), help);
            }
            Fields::none()
        }
    };
    let key = field_list(&mut section, "key", &fields);
    if !section.has("key") {
        section.missing("key", "key = [\"…\"]: the fields whose events belong together, in order");
    }
    // Without its key an event belongs nowhere.
    for field in key.iter().flatten() {
        fields.schema.fields[*field].required = true;
    }
    let id = match (&exploding, section.has("id")) {
        (Some(exploding), false) => exploding.default_id(&section, &mut fields),
        _ => field_list(&mut section, "id", &fields),
    };
    let event_time = event_time(&mut section, &fields);
    let lateness = section.duration("lateness").unwrap_or(match event_time {
        EventTime::Time { .. } => DEFAULT_LATENESS,
        EventTime::Order { .. } => 0,
    });
    let dedupe = section.duration("dedupe").unwrap_or(lateness);
    // An order of its own is not held against the clock unless the project says that it can be.
    let max_ahead = section.duration("max_ahead").unwrap_or(match event_time {
        EventTime::Time { .. } => lateness,
        EventTime::Order { .. } => Micros::MAX,
    });
    let retention = section.duration("retention");
    let partitions = section.integer("partitions", 1..=MAX_PARTITIONS).and_then(|n| u32::try_from(n).ok());
    let explode = match exploding {
        Some(exploding) if key.is_some() => exploding.finish(&section, &fields, key.as_deref().unwrap_or_default()),
        _ => None,
    };
    let skew_check = section.section("skew_check").and_then(skew::read);
    section.finish();
    let parent_partitions = explode.as_ref().map(|explode| explode.parent.partitions);
    let stream = Stream {
        name: SmolStr::new(name.value),
        topic,
        outcomes_topic,
        partitions: parent_partitions.or(partitions).unwrap_or(DEFAULT_PARTITIONS),
        schema: Arc::new(fields.schema),
        key: key.unwrap_or_default(),
        id: id.unwrap_or_default(),
        event_time,
        lateness,
        dedupe,
        max_ahead,
        retention,
        explode,
    };
    StreamEntry { stream: Arc::new(stream), broken_fields: fields.broken, explodes, skew_check }
}

/// Topic names as Kafka allows them.
pub(super) fn topic(doc: &Document, text: &Text<'_>) -> Option<String> {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if (1..=200).contains(&text.value.len()) && text.value.chars().all(legal) {
        return Some(text.value.to_owned());
    }
    let help = "letters, digits, `.`, `_` and `-`, at most 200".to_owned();
    doc.problem(text.span.clone(), format!("`{}` cannot be a topic", text.value), help);
    None
}

/// Fields that name an event: no outcomes, no floats.
fn field_list(section: &mut Section<'_>, key: &'static str, fields: &Fields) -> Option<Vec<usize>> {
    let names = section.strings(key)?;
    let doc = section.doc;
    if names.is_empty() && key == "key" {
        let help = "name the fields whose events belong together".to_owned();
        doc.problem(section.span.clone(), format!("the key of [{}] is empty", section.name), help);
    }
    let mut indices = Vec::new();
    for name in names {
        let Some(index) = field_named(doc, &name, &fields.schema, &fields.broken) else { continue };
        let field = &fields.schema.fields[index];
        if let Some(reason) = unfit_to_name(field) {
            doc.problem(name.span, format!("`{}` cannot be part of the {key}: {reason}", name.value), None);
        } else if indices.contains(&index) {
            doc.problem(name.span, format!("`{}` stands twice in the {key}", name.value), None);
        } else {
            indices.push(index);
        }
    }
    Some(indices)
}

fn unfit_to_name(field: &Field) -> Option<&'static str> {
    if field.outcome {
        return Some("it is an outcome, known only after the match");
    }
    (field.ty == Type::Float).then_some("a float is no name: declare it as int or string")
}

/// The index of the field; a problem where there is none.
pub(super) fn field_named(
    doc: &Document,
    name: &Text<'_>,
    schema: &Schema,
    broken: &HashSet<SmolStr>,
) -> Option<usize> {
    let index = schema.index_of(name.value);
    if index.is_none() && !broken.contains(name.value) {
        let known = schema.fields.iter().map(|field| field.name.as_str());
        let help = did_you_mean(name.value, known, || "declare it among the stream's fields".to_owned());
        doc.problem(name.span.clone(), format!("no field `{}`", name.value), help);
    }
    index
}

fn event_time(section: &mut Section<'_>, fields: &Fields) -> EventTime {
    let doc = section.doc;
    let unknown = || EventTime::Time { text: String::new(), program: Program::compile(&[]) };
    let (time, order) = (section.string("event_time"), section.string("order"));
    if let Some(index) = fields.schema.index_of(EVENT_TIME)
        && time.as_ref().is_none_or(|text| text.value.trim() != EVENT_TIME)
    {
        let field = &fields.schema.fields[index].name;
        let message = format!("the field `{field}` has the name by which views speak of the stream's event time");
        doc.problem(
            section.span.clone(),
            message,
            "give the field another name, with path = \"/event_time\"".to_owned(),
        );
    }
    match (time, order) {
        (Some(_), Some(order)) => {
            doc.problem(order.span, "a stream has either event_time or order", "leave order out".to_owned());
            unknown()
        }
        (None, None) => {
            if !section.has("event_time") && !section.has("order") {
                section.missing(
                    "event_time",
                    "event_time = \"field or expression\", or order = \"field\" where history has no clock",
                );
            }
            unknown()
        }
        (None, Some(order)) => match field_named(doc, &order, &fields.schema, &fields.broken) {
            Some(field) if fields.schema.fields[field].outcome => {
                doc.problem(order.span, format!("`{}` is an outcome: known only after the match", order.value), None);
                unknown()
            }
            Some(field) if fields.schema.fields[field].ty != Type::Int => {
                let ty = fields.schema.fields[field].ty;
                doc.problem(order.span, format!("order must be an int field, this is {ty}"), None);
                unknown()
            }
            Some(field) => EventTime::Order { field },
            None => unknown(),
        },
        (Some(time), None) => {
            let scope = Scope::fields(&fields.schema).with_broken(&fields.broken);
            match sql::scalar_of(time.value, &scope, Some((Type::Timestamp, "event_time"))) {
                Ok(compiled) => EventTime::Time { text: compiled.text, program: compiled.program },
                Err(faults) => {
                    doc.faults(&time, faults);
                    unknown()
                }
            }
        }
    }
}
