//! `[models.NAME.slices]`: parts of the test rows that the report tells apart.

use indexmap::IndexMap;
use smol_str::SmolStr;
use toml::de::DeValue;

use super::document::{Section, described, text_of};
use crate::schema::Compiled;
use crate::sql::{self, Scope};

/// `name = "expression over the stream's fields"`, outcomes included; faulty ones are told and left out.
pub(super) fn read(section: &Section<'_>, scope: &Scope<'_>) -> IndexMap<SmolStr, Compiled> {
    let doc = section.doc;
    let mut slices = IndexMap::new();
    for (name, value) in section.entries() {
        let DeValue::String(_) = value.get_ref() else {
            let message =
                format!("the slice `{}` must be an expression, this is {}", name.value, described(value.get_ref()));
            doc.problem(
                value.span(),
                message,
                format!("write {} = \"field\", or any expression over fields", name.value),
            );
            continue;
        };
        let Some(text) = text_of(value) else { continue };
        match sql::scalar_of(text.value, scope, None) {
            Ok(expression) => {
                slices.insert(SmolStr::new(name.value), expression);
            }
            Err(faults) => doc.faults(&text, faults),
        }
    }
    slices
}
