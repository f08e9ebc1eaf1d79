//! The line template of an endpoint: `Q{qtr} {clock:clock}`.

use super::document::{Document, Text};
use crate::nearest::did_you_mean;

/// Every `{name}` must be an included value, every form one that exists.
pub(super) fn check(doc: &Document, template: &Text<'_>, included: &[&str]) {
    let mut rest = template.value;
    while let Some(open) = rest.find('{') {
        let inside = &rest[open + 1..];
        let Some(close) = inside.find('}') else {
            doc.problem(template.span.clone(), "a `{` in watch is never closed", "write {name}".to_owned());
            return;
        };
        let (name, form) = inside[..close].split_once(':').unwrap_or((&inside[..close], ""));
        if !included.contains(&name) {
            let help = did_you_mean(name, included.iter().copied(), || format!("add \"{name}\" to include"));
            doc.problem(template.span.clone(), format!("watch names `{name}`, which is not included"), help);
        }
        if !matches!(form, "" | "clock") {
            let help = format!("write {{{name}}} or {{{name}:clock}}");
            doc.problem(template.span.clone(), format!("watch has no form `{form}`"), help);
        }
        rest = &inside[close + 1..];
    }
}
