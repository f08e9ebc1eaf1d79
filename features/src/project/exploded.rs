//! `explode = { stream = "…", list = "…" }` of a stream, and what its fields may say.

use std::sync::Arc;

use indexmap::IndexMap;
use smol_str::SmolStr;

use super::document::{Section, Text};
use super::fields::{Fields, no_path, type_named};
use super::streams::StreamEntry;
use crate::nearest::did_you_mean;
use crate::schema::{Explode, Field, Origin, Schema, Stream};
use crate::value::Type;

/// The name of the field for an element's index, where the id needs one and none is declared.
const INDEX: &str = "element";

/// What is exploded.
#[derive(Debug)]
pub(super) struct Exploding {
    pub(super) parent: Arc<Stream>,
    list: String,
}

/// `known`: the streams that explode nothing; `declared`: the names of all.
pub(super) fn read(
    stream: &mut Section<'_>,
    name: &str,
    known: &IndexMap<SmolStr, StreamEntry>,
    declared: &[&str],
) -> Option<Exploding> {
    let mut section = stream.section("explode")?;
    let doc = section.doc;
    let parent = section.required_string("stream", "stream = \"…\": the stream whose events hold the list");
    let list = section.required_string("list", "list = \"/info/participants\": where the list stands in its events");
    section.finish();
    for (key, whose) in [("topic", "topic"), ("partitions", "partitions")] {
        if let Some(span) = stream.get(key).map(toml::Spanned::span) {
            let message = format!("an exploded stream has the {whose} of the stream that it explodes");
            doc.problem(span, message, format!("leave {key} out"));
        }
    }
    let list = list.filter(|list| match no_path(list.value) {
        None => true,
        Some(help) => {
            doc.problem(list.span.clone(), format!("`{}` is no path", list.value), help);
            false
        }
    });
    let parent = parent.and_then(|parent| match known.get(parent.value) {
        Some(entry) if entry.stream.explode.is_none() => Some(Arc::clone(&entry.stream)),
        _ => {
            unknown_parent(stream, name, &parent, known, declared);
            None
        }
    });
    Some(Exploding { parent: parent?, list: list?.value.to_owned() })
}

fn unknown_parent(
    section: &Section<'_>,
    name: &str,
    parent: &Text<'_>,
    known: &IndexMap<SmolStr, StreamEntry>,
    declared: &[&str],
) {
    let (message, help) = if declared.contains(&parent.value) {
        let help = "name the stream whose topic holds the messages".to_owned();
        let message = match parent.value == name {
            true => "a stream cannot explode itself".to_owned(),
            false => format!("`{}` is exploded itself, and what is exploded cannot be exploded again", parent.value),
        };
        (message, help)
    } else {
        let whole = known.values().map(|entry| entry.stream.name.as_str());
        let help = did_you_mean(parent.value, whole, || format!("declare [streams.{}]", parent.value));
        (format!("no stream `{}`", parent.value), help)
    };
    section.doc.problem(parent.span.clone(), message, help);
}

/// Whether a field says `parent = "…"` or `element = "…"`.
pub(super) fn speaks_of_it(field: &Section<'_>) -> bool {
    field.has("parent") || field.has("element")
}

/// A field that says `parent = "…"` or `element = "…"`.
pub(super) fn field(section: &mut Section<'_>, name: &str, parent: &Stream) -> Option<(Field, Origin)> {
    let doc = section.doc;
    let ty = section.string("type");
    let found = match (section.string("parent"), section.string("element")) {
        (Some(of), Some(_)) => {
            doc.problem(of.span, "a field comes from the parent or from the element", "leave one out".to_owned());
            None
        }
        (Some(of), None) => match parent.schema.index_of(of.value) {
            Some(index) => {
                let field = &parent.schema.fields[index];
                let whole = Field { name: name.into(), path: None, check: None, ..field.clone() };
                Some((whole, Origin::Parent(index)))
            }
            None => {
                let names = parent.schema.fields.iter().map(|field| field.name.as_str());
                let help = did_you_mean(of.value, names, || format!("declare it in [streams.{}.fields]", parent.name));
                doc.problem(of.span, format!("stream `{}` has no field `{}`", parent.name, of.value), help);
                None
            }
        },
        (None, Some(what)) => match what.value {
            "index" => Some((Field::new(name, Type::Int), Origin::Index)),
            "name" => Some((Field::new(name, Type::String), Origin::Name)),
            other => {
                let help = "write \"index\" (from 0), or \"name\" where the list is an object".to_owned();
                doc.problem(what.span, format!("an element has no `{other}`"), help);
                None
            }
        },
        (None, None) => None,
    };
    let (field, origin) = found?;
    if let Some(text) = ty
        && let Some(ty) = type_named(doc, &text)
        && ty != field.ty
    {
        doc.problem(text.span, format!("`{name}` is {}, not {ty}", field.ty), "leave type out".to_owned());
    }
    Some((field, origin))
}

impl Exploding {
    /// The parent's id and the element's name, where that is a field, else its index; fields that they need are added.
    /// `None` where the parent has no id.
    pub(super) fn default_id(&self, section: &Section<'_>, fields: &mut Fields) -> Option<Vec<usize>> {
        if self.parent.id.is_empty() {
            return None;
        }
        let wanted = self.parent.id.iter().map(|&index| {
            let field = Field { path: None, check: None, ..self.parent.schema.fields[index].clone() };
            (Origin::Parent(index), field)
        });
        // An object's elements keep their names; their places move when one is added.
        let element = match fields.origins.contains(&Origin::Name) {
            true => (Origin::Name, Field::new(INDEX, Type::String)),
            false => (Origin::Index, Field::new(INDEX, Type::Int)),
        };
        let wanted: Vec<_> = wanted.chain([element]).collect();
        let mut id = Vec::new();
        for (origin, field) in wanted {
            if let Some(index) = fields.origins.iter().position(|known| *known == origin) {
                id.push(index);
                continue;
            }
            if fields.schema.index_of(&field.name).is_some() || fields.broken.contains(&field.name) {
                let message =
                    format!("the id of [{}] would need a field `{}`, which is another", section.name, field.name);
                let help = "name the fields that make the id: id = [\"…\"]".to_owned();
                section.doc.problem(section.span.clone(), message, help);
                return None;
            }
            id.push(fields.schema.fields.len());
            fields.origins.push(origin);
            let mut all = std::mem::take(&mut fields.schema.fields);
            all.push(field);
            fields.schema = Schema::new(all);
        }
        Some(id)
    }

    /// `key`: the fields of the stream's key.
    pub(super) fn finish(self, section: &Section<'_>, fields: &Fields, key: &[usize]) -> Option<Explode> {
        let place_of = |parent: &usize| {
            let origin = Origin::Parent(*parent);
            key.iter().copied().find(|field| fields.origins.get(*field) == Some(&origin))
        };
        let parent_key: Option<Vec<usize>> = self.parent.key.iter().map(place_of).collect();
        let Some(parent_key) = parent_key else {
            // Of a key that could not be read nothing is known to be missing.
            if fields.broken.is_empty() && !self.parent.key.is_empty() {
                let names = self.parent.key.iter().map(|&field| self.parent.schema.fields[field].name.as_str());
                let names: Vec<&str> = names.collect();
                let message = format!(
                    "the key of [{}] lacks the key of `{}`, by which messages are put in partitions: one key could be in \
                     several",
                    section.name, self.parent.name
                );
                let declared: Vec<String> =
                    names.iter().map(|name| format!("{name} = {{ parent = \"{name}\" }}")).collect();
                let help = format!("declare {} and put it into the key", declared.join(", "));
                section.doc.problem(section.span.clone(), message, help);
            }
            return None;
        };
        let Exploding { parent, list } = self;
        Some(Explode { parent, list, origins: fields.origins.clone(), parent_key })
    }
}
