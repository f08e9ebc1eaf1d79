//! `per` and `min_rows` of `[models.NAME]`: a family of models, one for each value of a column.

use super::document::{Section, Text};
use super::spec::Per;
use crate::nearest::did_you_mean;
use crate::plan::View;
use crate::value::Type;

/// Below it a member would learn more of chance than of its value.
const DEFAULT_MIN_ROWS: u64 = 200;

/// As written.
pub(super) struct Declared<'a> {
    per: Option<Text<'a>>,
    min_rows: Option<u64>,
}

pub(super) fn read<'a>(section: &mut Section<'a>) -> Declared<'a> {
    let per = section.string("per");
    let min_rows = section.integer("min_rows", 1..=1_000_000_000).and_then(|n| u64::try_from(n).ok());
    if per.is_none() && min_rows.is_some() {
        let message = format!("[{}] sets min_rows, which only a family has", section.name);
        section.doc.problem(section.span.clone(), message, "add per = \"column\", or leave min_rows out".to_owned());
    }
    Declared { per, min_rows }
}

/// `None` where no family is declared, or a faulty one, which is told.
pub(super) fn check(doc: &super::document::Document, declared: Declared<'_>, view: &View) -> Option<Per> {
    let text = declared.per?;
    let Some(column) = view.columns.iter().position(|column| column.name == text.value) else {
        let known = view.columns.iter().map(|column| column.name.as_str());
        let help = did_you_mean(text.value, known, || format!("add it to the view: {}", text.value));
        doc.problem(text.span, format!("the view `{}` has no column `{}`", view.name, text.value), help);
        return None;
    };
    let ty = view.columns[column].ty;
    if !matches!(ty, Type::String | Type::Int | Type::Bool) {
        let message = format!("a family is by text, whole numbers or booleans, `{}` is {ty}", text.value);
        doc.problem(text.span, message, None);
        return None;
    }
    Some(Per { column, min_rows: declared.min_rows.unwrap_or(DEFAULT_MIN_ROWS) })
}
