//! `split` of `[models.NAME]`: what is trained on, and what is tested on.

use std::collections::HashSet;

use smol_str::SmolStr;
use toml::Spanned;
use toml::de::DeValue;

use super::document::{Document, Section, described, float_of, integer_of};
use super::spec::{Split, TestPart};
use super::streams::field_named;
use crate::element::parse_timestamp;
use crate::schema::Stream;
use crate::value::{Type, Value};

/// `split = { time = "field", test_from = value }` or `split = { time = "field", test_share = 0.2 }`
pub(super) fn read(mut section: Section<'_>, stream: &Stream, broken: &HashSet<SmolStr>) -> Option<Split> {
    let doc = section.doc;
    let time = section.required_string("time", "time = \"field\": the field that tells old rows from new ones");
    let from = section.get("test_from");
    let has_share = section.has("test_share");
    let share = test_share(&mut section);
    if from.is_none() && !has_share {
        let help = "test_from = …: the first value of the test part, or test_share = 0.2: the newest fifth of the rows";
        section.missing("test_from", help);
    }
    if let (Some(from), true) = (from, has_share) {
        doc.problem(from.span(), "a split has either test_from or test_share", "leave one of them out".to_owned());
    }
    section.finish();
    let time = time.and_then(|text| field_named(doc, &text, &stream.schema, broken))?;
    let test = match from {
        Some(from) => TestPart::From(value_of(doc, from, stream.schema.fields[time].ty)?),
        None => TestPart::Share(share?),
    };
    Some(Split { time, test })
}

fn test_share(section: &mut Section<'_>) -> Option<f64> {
    let share = section.float("test_share")?;
    if 0.0 < share && share < 1.0 {
        return Some(share);
    }
    let message = format!("test_share is the share of rows to test on, above 0 and below 1; this is {share}");
    section.doc.problem(section.span.clone(), message, "test_share = 0.2".to_owned());
    None
}

/// A constant of the file as a value of type `ty`.
fn value_of(doc: &Document, value: &Spanned<DeValue<'_>>, ty: Type) -> Option<Value> {
    let found = match (ty, value.get_ref()) {
        (Type::Int, v) => integer_of(v).map(Value::Int),
        (Type::Float, v) => float_of(v).map(Value::Float),
        (Type::String, DeValue::String(text)) => Some(Value::String(SmolStr::new(text))),
        (Type::Timestamp, DeValue::String(text)) => parse_timestamp(text).map(Value::Timestamp),
        (Type::Timestamp, DeValue::Datetime(at)) => parse_timestamp(&at.to_string()).map(Value::Timestamp),
        _ => None,
    };
    if found.is_none() {
        let message = format!("test_from must be {ty}, as the field is; this is {}", described(value.get_ref()));
        doc.problem(value.span(), message, None);
    }
    found
}
