//! What differs between two plans.

use features::plan::{Column, View};
use features::schema::Stream;
use features::sql::{describe, describe_column, describe_fields, describe_rules, describe_window};

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
        rules: rules(&a.stream, &b.stream),
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

/// What decides which events are folded and what their fields are. A field that is declared on one side only decides
/// nothing by that, unless the stream is exploded.
fn rules(a: &Stream, b: &Stream) -> Vec<Change> {
    let whole = a.explode.is_some() || b.explode.is_some();
    let mut fields = named(&describe_fields(a), &describe_fields(b));
    fields.retain(|change| whole || (change.before.is_some() && change.after.is_some()));
    let mut rules = named(&describe_rules(a), &describe_rules(b));
    rules.append(&mut fields);
    rules
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
    use features::project::{Project, SourceFile, Sources};

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
    fn how_a_field_is_spelt_and_where_it_comes_from_is_a_rule() {
        let project = |fields: &str| {
            let text = format!(
                "[project]\nname = \"p\"\n[streams.games]\ntopic = \"g\"\nkey = [\"id\"]\nevent_time = \"at\"\n\
                 [streams.games.fields]\nid = \"string\"\n{fields}\n[streams.seats]\nkey = [\"id\"]\nevent_time = \"at\"\n\
                 explode = {{ stream = \"games\", list = \"/l\" }}\n[streams.seats.fields]\nid = {{ parent = \"id\" }}\n\
                 at = {{ parent = \"at\" }}\n"
            );
            let manifest = SourceFile { path: "clutch.toml".into(), text };
            Project::check(".".as_ref(), &Sources { manifest, views: Vec::new() }, &|_| None).expect("a project")
        };
        let a = project("at = \"timestamp\"\nteam = \"string\"\nold = \"int\"");
        let b = project(
            "at = { type = \"timestamp\", path = \"/i/at\", format = \"epoch_ms\" }\n\
             team = { type = \"enum\", values = [\"KC\", \"PHI\"], other = \"PHI\" }",
        );
        let at = "timestamp, path /i/at, format epoch_ms";
        let team = change("field team", Some("string"), Some("string, values KC | PHI, other PHI"));
        assert_eq!(
            rules(&a.streams["games"], &b.streams["games"]),
            [change("field at", Some("timestamp"), Some(at)), team]
        );
        let (before, after) =
            ("timestamp from at of games: timestamp", "timestamp, format epoch_ms from at of games: ");
        let expected = change("field at", Some(before), Some(&format!("{after}{at}")));
        assert_eq!(rules(&a.streams["seats"], &b.streams["seats"]), [expected]);
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
