//! `[streams.NAME.fields]`

use std::collections::HashSet;

use smol_str::SmolStr;
use toml::Spanned;
use toml::de::DeValue;

use super::document::{Document, Section, Text, described, text_of};
use super::enumeration;
use super::exploded;
use crate::nearest::did_you_mean;
use crate::schema::{Check, Field, Origin, Schema, Stream, way_of};
use crate::sql::{self, Scope};
use crate::timestamp::TimeFormat;
use crate::value::Type;

/// The fields of a stream, and those that could not be understood.
#[derive(Debug)]
pub(super) struct Fields {
    pub(super) schema: Schema,
    /// For each field where its value comes from: the event, unless the stream is exploded.
    pub(super) origins: Vec<Origin>,
    pub(super) broken: HashSet<SmolStr>,
}

impl Fields {
    pub(super) fn none() -> Fields {
        Fields { schema: Schema::new(Vec::new()), origins: Vec::new(), broken: HashSet::new() }
    }
}

/// What lies around the elements that are events.
#[derive(Debug, Clone, Copy)]
pub(super) enum Around<'a> {
    /// Nothing: each message is an event.
    Nothing,
    Parent(&'a Stream),
    /// Something that could not be understood.
    Unknown,
}

pub(super) fn read(section: &Section<'_>, around: Around<'_>) -> Fields {
    let doc = section.doc;
    let (mut fields, mut origins, mut checks) = (Vec::new(), Vec::new(), Vec::new());
    let mut broken = HashSet::new();
    let mut places = Places::default();
    for (name, value) in section.entries() {
        match field(doc, &section.name, &name, value, around) {
            Some(Declared { field, origin, check }) => {
                places.claim(doc, &name, &field, origin);
                checks.push(check);
                origins.push(origin);
                fields.push(field);
            }
            None => {
                broken.insert(SmolStr::new(name.value));
            }
        }
    }
    let schema = Schema::new(fields);
    let compiled: Vec<_> = checks.iter().map(|text| check(doc, text.as_ref(), &schema, &broken)).collect();
    let mut fields = schema.fields;
    for (field, check) in fields.iter_mut().zip(compiled) {
        field.check = check;
    }
    Fields { schema: Schema::new(fields), origins, broken }
}

/// A field as it is declared.
struct Declared<'a> {
    field: Field,
    origin: Origin,
    check: Option<Text<'a>>,
}

/// Where fields stand: each in a place of its own, none inside another's.
#[derive(Default)]
struct Places(Vec<(SmolStr, Origin, Vec<SmolStr>)>);

impl Places {
    fn claim(&mut self, doc: &Document, name: &Text<'_>, field: &Field, origin: Origin) {
        let way = if origin == Origin::Element { field.way() } else { Vec::new() };
        let meets = |(_, other, known): &&(SmolStr, Origin, Vec<SmolStr>)| match origin {
            Origin::Element => *other == origin && (known.starts_with(&way) || way.starts_with(known)),
            _ => *other == origin,
        };
        if let Some((other, _, known)) = self.0.iter().find(meets) {
            let (message, help) = match known.len() == way.len() {
                true => (
                    format!("`{}` is the same value as `{other}`", name.value),
                    "one value has one name: use that, and rename it in the view where needed".to_owned(),
                ),
                false => (
                    format!("one of `{}` and `{other}` stands inside the other", name.value),
                    "a field is a single value: give each the path of one".to_owned(),
                ),
            };
            doc.problem(name.span.clone(), message, help);
        }
        self.0.push((field.name.clone(), origin, way));
    }
}

fn check(doc: &Document, text: Option<&Text<'_>>, schema: &Schema, broken: &HashSet<SmolStr>) -> Option<Check> {
    let text = text?;
    let scope = Scope::fields(schema).with_broken(broken);
    match sql::scalar_of(text.value, &scope, Some((Type::Bool, "a check"))) {
        Ok(compiled) => Some(Check { text: compiled.text, program: compiled.program }),
        Err(faults) => {
            doc.faults(text, faults);
            None
        }
    }
}

/// `name = "type"` or `name = { type = "…", … }`.
fn field<'a>(
    doc: &'a Document,
    section: &str,
    name: &Text<'a>,
    value: &'a Spanned<DeValue<'a>>,
    around: Around<'_>,
) -> Option<Declared<'a>> {
    if name.value.is_empty() || name.value.chars().any(char::is_control) {
        doc.problem(name.span.clone(), "a field needs a name without control characters", None);
        return None;
    }
    if let Some(text) = text_of(value) {
        let field = Field::new(name.value, type_named(doc, &text)?);
        return Some(Declared { field, origin: Origin::Element, check: None });
    }
    let DeValue::Table(table) = value.get_ref() else {
        let message =
            format!("field `{}` must be a type or a table, this is {}", name.value, described(value.get_ref()));
        doc.problem(value.span(), message, format!("write {} = \"float\"", name.value));
        return None;
    };
    let mut section = Section::new(doc, format!("{section}.{}", name.value), name.span.clone(), table);
    let beginning = match around {
        Around::Parent(parent) if exploded::speaks_of_it(&section) => exploded::field(&mut section, name.value, parent),
        Around::Unknown if exploded::speaks_of_it(&section) => return None,
        _ => section
            .required_string("type", "type = \"float\"")
            .and_then(|text| field_of_type(&mut section, name.value, &text))
            .map(|field| (field, Origin::Element)),
    };
    let required = section.bool("required").unwrap_or(false);
    let outcome = section.bool("outcome").unwrap_or(false);
    let path = section.string("path");
    let format = section.string("format");
    let check = section.string("check");
    section.finish();
    let (mut declared, origin) = beginning?;
    if let Some(text) = format {
        declared.format = time_format(doc, &text, &declared, origin)?;
    }
    let (required, outcome) = (required || declared.required, outcome || declared.outcome);
    if required && outcome {
        let help = "leave out required: an outcome is not there yet when the event arrives".to_owned();
        doc.problem(name.span.clone(), format!("field `{}` cannot be both required and an outcome", name.value), help);
    }
    let mut field = Field { required, outcome, ..declared };
    if let Some(path) = path {
        if origin != Origin::Element {
            let help = "leave path out: a path leads into the element".to_owned();
            doc.problem(path.span, format!("`{}` does not come from the element", name.value), help);
        } else if let Some(help) = no_path(path.value) {
            doc.problem(path.span, format!("`{}` is no path", path.value), help);
        } else if way_of(path.value) != [name.value] {
            field.path = Some(path.value.to_owned());
        }
    }
    Some(Declared { field, origin, check })
}

/// A field of the type that is named; `"enum"` is a string with `values`.
fn field_of_type(section: &mut Section<'_>, name: &str, text: &Text<'_>) -> Option<Field> {
    if text.value == "enum" {
        let values = Some(enumeration::read(section)?);
        return Some(Field { values, ..Field::new(name, Type::String) });
    }
    type_named(section.doc, text).map(|ty| Field::new(name, ty))
}

fn time_format(doc: &Document, text: &Text<'_>, field: &Field, origin: Origin) -> Option<TimeFormat> {
    if field.ty != Type::Timestamp {
        let message = format!("`{}` is {}: only a timestamp has a format", field.name, field.ty);
        doc.problem(text.span.clone(), message, "write type = \"timestamp\"".to_owned());
        return None;
    }
    if matches!(origin, Origin::Parent(_)) {
        let message = format!("`{}` is spelt as the parent's field is", field.name);
        doc.problem(text.span.clone(), message, "declare the format there".to_owned());
        return None;
    }
    match TimeFormat::parse(text.value) {
        Ok(format) => Some(format),
        Err(error) => {
            doc.problem(text.span.clone(), error.to_string(), error.help().to_owned());
            None
        }
    }
}

/// What is wrong with a JSON pointer (RFC 6901), if something is.
pub(super) fn no_path(path: &str) -> Option<String> {
    if !path.starts_with('/') {
        return Some("write \"/data/score\"".to_owned());
    }
    let stray = path.match_indices('~').any(|(at, _)| !path[at + 1..].starts_with(['0', '1']));
    stray.then(|| "in a path ~ is written ~0, and / within a name ~1".to_owned())
}

pub(super) fn type_named(doc: &Document, text: &Text<'_>) -> Option<Type> {
    const NAMES: [&str; 6] = ["bool", "int", "float", "string", "timestamp", "enum"];
    let ty = match text.value {
        "bool" => Type::Bool,
        "int" => Type::Int,
        "float" => Type::Float,
        "string" => Type::String,
        "timestamp" => Type::Timestamp,
        other => {
            let help = match other.to_ascii_lowercase().as_str() {
                "enum" => "write { type = \"enum\", values = [\"…\", \"…\"] }".to_owned(),
                "integer" | "bigint" | "i64" | "long" => "write \"int\"".to_owned(),
                "double" | "number" | "f64" | "real" => "write \"float\"".to_owned(),
                "text" | "varchar" | "str" => "write \"string\"".to_owned(),
                "boolean" => "write \"bool\"".to_owned(),
                "datetime" | "date" | "time" => "write \"timestamp\"".to_owned(),
                "interval" => "an interval exists inside expressions only: declare its seconds as a float".to_owned(),
                _ if other.starts_with("decimal") => "decimals are not in this version: write \"float\"".to_owned(),
                _ => did_you_mean(other, NAMES, || format!("the types are {}", NAMES.join(", "))),
            };
            doc.problem(text.span.clone(), format!("no type `{other}`"), help);
            return None;
        }
    };
    Some(ty)
}
