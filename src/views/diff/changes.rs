//! What differs between two plans.

use features::plan::{Column, View};
use features::sql::{describe, describe_column, describe_rules, describe_window};

use super::side::Side;

/// One thing that is there on one side only, or reads differently.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub(super) struct Change {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
    pub(super) before: Option<String>,
    pub(super) after: Option<String>,
}

#[derive(Debug, Default, PartialEq, Eq, serde::Serialize)]
pub(super) struct Changes {
    pub(super) columns: Vec<Change>,
    pub(super) filter: Vec<Change>,
    pub(super) windows: Vec<Change>,
    pub(super) rules: Vec<Change>,
    pub(super) kernel: Vec<Change>,
    /// Equal columns stand in another order.
    pub(super) reordered: bool,
}

pub(super) fn between(before: &Side, after: &Side) -> Changes {
    let (a, b) = (&*before.view, &*after.view);
    let column_names = |view: &View| view.columns.iter().map(|column| column.name.clone()).collect::<Vec<_>>();
    let common = |of: &View, other: &View| {
        let others = column_names(other);
        column_names(of).into_iter().filter(|name| others.contains(name)).collect::<Vec<_>>()
    };
    Changes {
        columns: named(&columns(a), &columns(b)),
        filter: named(&filter(a), &filter(b)).into_iter().map(|change| Change { name: None, ..change }).collect(),
        windows: unnamed(&windows(a), &windows(b)),
        rules: named(&describe_rules(&a.stream), &describe_rules(&b.stream)),
        kernel: unnamed(&[before.kernel_version.to_string()], &[after.kernel_version.to_string()]),
        reordered: common(a, b) != common(b, a),
    }
}

fn columns(view: &View) -> Vec<(String, String)> {
    let column =
        |column: &Column| (column.name.to_string(), format!("{} ({})", describe_column(view, column), column.ty));
    view.columns.iter().map(column).collect()
}

fn filter(view: &View) -> Vec<(String, String)> {
    view.filter.iter().map(|filter| ("WHERE".to_owned(), describe(view, filter))).collect()
}

fn windows(view: &View) -> Vec<String> {
    view.windows.iter().map(|window| describe_window(view, window)).collect()
}

/// What is on one side only, or has another text: in the order of the first side, what is new at the end.
fn named(before: &[(String, String)], after: &[(String, String)]) -> Vec<Change> {
    let text =
        |side: &[(String, String)], name: &str| side.iter().find(|(n, _)| n == name).map(|(_, text)| text.clone());
    let names =
        before.iter().chain(after.iter().filter(|(name, _)| text(before, name).is_none())).map(|(name, _)| name);
    let change = |name: &String| {
        let (before, after) = (text(before, name), text(after, name));
        (before != after).then(|| Change { name: Some(name.clone()), before, after })
    };
    names.filter_map(change).collect()
}

/// What is on one side only.
fn unnamed(before: &[String], after: &[String]) -> Vec<Change> {
    let gone = before.iter().filter(|text| !after.contains(text));
    let new = after.iter().filter(|text| !before.contains(text));
    let gone = gone.map(|text| Change { name: None, before: Some(text.clone()), after: None });
    gone.chain(new.map(|text| Change { name: None, before: None, after: Some(text.clone()) })).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
    }

    fn change(name: &str, before: Option<&str>, after: Option<&str>) -> Change {
        Change { name: Some(name.to_owned()), before: before.map(str::to_owned), after: after.map(str::to_owned) }
    }

    #[test]
    fn what_is_removed_changed_and_added_is_told_in_this_order_of_names() {
        let before = pairs(&[("a", "1"), ("b", "2"), ("c", "3")]);
        let after = pairs(&[("d", "4"), ("c", "30"), ("a", "1")]);
        let expected = [change("b", Some("2"), None), change("c", Some("3"), Some("30")), change("d", None, Some("4"))];
        assert_eq!(named(&before, &after), expected);
        assert_eq!(named(&before, &before), []);
    }

    #[test]
    fn windows_have_no_names_and_are_told_apart_by_what_they_say() {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let changes = unnamed(&texts(&["ROWS 10", "ROWS 20"]), &texts(&["ROWS 20", "ROWS 30"]));
        let expected = [(Some("ROWS 10"), None), (None, Some("ROWS 30"))];
        let expected = expected.map(|(before, after)| Change { name: None, ..change("", before, after) });
        assert_eq!(changes, expected);
    }
}
