//! `values = ["…", …]` and `other = "…"` of a field.

use std::collections::HashSet;

use smol_str::SmolStr;

use super::document::Section;
use crate::enumeration::Enumeration;
use crate::nearest::did_you_mean;

/// `None` once a problem is told.
pub(super) fn read(section: &mut Section<'_>) -> Option<Enumeration> {
    let doc = section.doc;
    if !section.has("values") {
        section.missing("values", "values = [\"…\", \"…\"]: what the text may be");
    }
    let values = section.strings("values");
    let other = section.string("other");
    let values = values?;
    if values.is_empty() {
        doc.problem(section.span.clone(), "an enum without values".to_owned(), "name what the text may be".to_owned());
        return None;
    }
    let mut known = HashSet::new();
    for value in &values {
        if !known.insert(value.value) {
            doc.problem(value.span.clone(), format!("`{}` stands twice in the values", value.value), None);
        }
    }
    if let Some(other) = other.as_ref().filter(|other| !known.contains(other.value)) {
        let help = did_you_mean(other.value, values.iter().map(|value| value.value), || {
            format!("add \"{}\" to the values", other.value)
        });
        doc.problem(other.span.clone(), format!("`{}` is none of the values", other.value), help);
        return None;
    }
    let values = values.iter().map(|value| SmolStr::new(value.value)).collect();
    Some(Enumeration::new(values, other.map(|other| SmolStr::new(other.value))))
}
