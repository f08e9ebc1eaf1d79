//! `[streams.NAME.fields]`

use std::collections::HashSet;

use smol_str::SmolStr;
use toml::Spanned;
use toml::de::DeValue;

use super::document::{Document, Section, Text, described, text_of};
use crate::nearest::did_you_mean;
use crate::schema::{Check, Field, Schema};
use crate::sql::{self, Scope};
use crate::value::Type;

/// The fields of a stream, and those that could not be understood.
#[derive(Debug)]
pub(super) struct Fields {
    pub(super) schema: Schema,
    pub(super) broken: HashSet<SmolStr>,
}

pub(super) fn read(section: &Section<'_>) -> Fields {
    let doc = section.doc;
    let mut fields = Vec::new();
    let mut checks = Vec::new();
    let mut broken = HashSet::new();
    for (name, value) in section.entries() {
        match field(doc, &section.name, &name, value) {
            Some((field, check)) => {
                checks.push(check);
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
    Fields { schema: Schema::new(fields), broken }
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
) -> Option<(Field, Option<Text<'a>>)> {
    if name.value.is_empty() || name.value.chars().any(char::is_control) {
        doc.problem(name.span.clone(), "a field needs a name without control characters", None);
        return None;
    }
    let plain =
        |ty| Field { name: SmolStr::new(name.value), ty, required: false, outcome: false, path: None, check: None };
    if let Some(text) = text_of(value) {
        return type_named(doc, &text).map(|ty| (plain(ty), None));
    }
    let DeValue::Table(table) = value.get_ref() else {
        let message =
            format!("field `{}` must be a type or a table, this is {}", name.value, described(value.get_ref()));
        doc.problem(value.span(), message, format!("write {} = \"float\"", name.value));
        return None;
    };
    let mut section = Section::new(doc, format!("{section}.{}", name.value), name.span.clone(), table);
    let ty = section.required_string("type", "type = \"float\"").and_then(|text| type_named(doc, &text));
    let required = section.bool("required").unwrap_or(false);
    let outcome = section.bool("outcome").unwrap_or(false);
    let path = section.string("path");
    let check = section.string("check");
    section.finish();
    if required && outcome {
        let help = "leave out required: an outcome is not there yet when the event arrives".to_owned();
        doc.problem(name.span.clone(), format!("field `{}` cannot be both required and an outcome", name.value), help);
    }
    if let Some(path) = path.as_ref().filter(|path| !path.value.starts_with('/')) {
        doc.problem(path.span.clone(), format!("`{}` is no path", path.value), "write \"/data/score\"".to_owned());
    }
    let path = path.map(|path| path.value.to_owned());
    Some((Field { required, outcome, path, ..plain(ty?) }, check))
}

fn type_named(doc: &Document, text: &Text<'_>) -> Option<Type> {
    const NAMES: [&str; 5] = ["bool", "int", "float", "string", "timestamp"];
    let ty = match text.value {
        "bool" => Type::Bool,
        "int" => Type::Int,
        "float" => Type::Float,
        "string" => Type::String,
        "timestamp" => Type::Timestamp,
        other => {
            let help = match other.to_ascii_lowercase().as_str() {
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
