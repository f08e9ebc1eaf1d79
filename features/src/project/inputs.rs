//! What a model sees: `features` and `[models.NAME.feature_groups]`.

use indexmap::IndexMap;
use smol_str::SmolStr;
use toml::de::DeValue;

use super::document::{Document, Section, Text, described, text_of};
use crate::nearest::did_you_mean;
use crate::plan::View;
use crate::value::Type;

pub(super) fn read(
    doc: &Document,
    model: &Text<'_>,
    features: Option<&[Text<'_>]>,
    view: &View,
    groups: &IndexMap<SmolStr, Vec<usize>>,
) -> Vec<usize> {
    let Some(features) = features else {
        let inputs: Vec<usize> = view.features().map(|(index, _)| index).collect();
        if inputs.is_empty() {
            let message = format!("the view `{}` has no column that could be a feature", view.name);
            let help = "add a bool, int or float column that is neither key nor id".to_owned();
            doc.problem(model.span.clone(), message, help);
        }
        return inputs;
    };
    let mut inputs: Vec<usize> = Vec::new();
    for text in features {
        match groups.get(text.value) {
            // A feature that several groups share stands once.
            Some(group) => {
                for index in group {
                    if !inputs.contains(index) {
                        inputs.push(*index);
                    }
                }
            }
            None => inputs.extend(feature(doc, text, view, &inputs, groups)),
        }
    }
    inputs
}

/// A column that can be a feature and is not in `so_far`.
fn feature(
    doc: &Document,
    text: &Text<'_>,
    view: &View,
    so_far: &[usize],
    groups: &IndexMap<SmolStr, Vec<usize>>,
) -> Option<usize> {
    let Some(index) = view.columns.iter().position(|column| column.name == text.value) else {
        let known = view.columns.iter().map(|column| column.name.as_str()).chain(groups.keys().map(SmolStr::as_str));
        let help = did_you_mean(text.value, known, || format!("add it to the view: … AS {}", text.value));
        doc.problem(text.span.clone(), format!("the view `{}` has no column `{}`", view.name, text.value), help);
        return None;
    };
    let column = &view.columns[index];
    if column.identity {
        doc.problem(text.span.clone(), format!("`{}` names the row: it cannot be a feature", text.value), None);
    } else if column.ty == Type::String {
        let help = "make numbers of it in the view: CASE WHEN … THEN 1 ELSE 0 END".to_owned();
        doc.problem(text.span.clone(), format!("`{}` is text: it cannot be a feature", text.value), help);
    } else if so_far.contains(&index) {
        doc.problem(text.span.clone(), format!("`{}` stands twice in features", text.value), None);
    } else {
        return Some(index);
    }
    None
}

/// Each group's columns; those that cannot be features are told.
pub(super) fn feature_groups(section: &Section<'_>, view: &View) -> IndexMap<SmolStr, Vec<usize>> {
    let doc = section.doc;
    let mut groups = IndexMap::new();
    for (name, value) in section.entries() {
        if view.columns.iter().any(|column| column.name == name.value) {
            let message = format!("`{}` is a column of the view `{}`", name.value, view.name);
            doc.problem(name.span.clone(), message, "call the group something else".to_owned());
        }
        let texts = match value.get_ref() {
            DeValue::Array(items) => items.iter().map(text_of).collect::<Option<Vec<_>>>(),
            _ => None,
        };
        let Some(texts) = texts.filter(|texts| !texts.is_empty()) else {
            let message =
                format!("`{}` must be a list of features, this is {}", name.value, described(value.get_ref()));
            doc.problem(value.span(), message, format!("write {} = [\"…\", \"…\"]", name.value));
            continue;
        };
        let mut columns = Vec::new();
        for text in &texts {
            columns.extend(feature(doc, text, view, &columns, &IndexMap::new()));
        }
        groups.insert(SmolStr::new(name.value), columns);
    }
    groups
}

/// A constraint on what the model does not see is a mistake.
pub(super) fn check_monotone(doc: &Document, monotone: &[Text<'_>], view: &View, inputs: &[usize]) {
    for text in monotone {
        let names = || inputs.iter().map(|&index| view.columns[index].name.as_str());
        if !names().any(|name| name == text.value) {
            let help = did_you_mean(text.value, names(), || {
                format!("the features are {}", names().collect::<Vec<_>>().join(", "))
            });
            doc.problem(text.span.clone(), format!("`{}` is no feature of this model", text.value), help);
        }
    }
}
