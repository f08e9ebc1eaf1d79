//! Formats of timestamps and enumerations.

use super::{changed, explained};
use crate::timestamp::TimeFormat;

/// Each change by itself.
fn each(changes: &[(&str, &str)]) -> String {
    changes.iter().map(|change| explained(&[*change])).collect()
}

const TEAM: &str = "team    = \"string\"";
const ENUM: &str = "team = { type = \"enum\", values = [\"KC\", \"PHI\"] }";

#[test]
fn a_timestamp_may_have_a_format_and_a_text_its_values() {
    let project = changed(&[
        ("at      = \"timestamp\"", "at = { type = \"timestamp\", format = \"epoch_ms\" }"),
        (TEAM, "team = { type = \"enum\", values = [\"KC\", \"PHI\", \"?\"], other = \"?\" }"),
        ("WHERE down IS NOT NULL", "WHERE team IN ('KC', 'PHI') AND team <> '?'"),
    ])
    .unwrap();
    let schema = &project.streams["plays"].schema;
    let field = |name: &str| &schema.fields[schema.index_of(name).unwrap()];
    assert_eq!(field("at").format, TimeFormat::parse("epoch_ms").unwrap());
    assert_eq!(field("team").values.as_ref().unwrap().read("X").unwrap(), "?");
}

#[test]
fn a_view_over_other_values_is_another_view() {
    let hash = |changes: &[(&str, &str)]| changed(changes).unwrap().views["form"].hash.clone();
    let format = |format: &str| {
        let to = format!("at = {{ type = \"timestamp\", format = \"{format}\" }}");
        hash(&[("at      = \"timestamp\"", &to)])
    };
    assert_ne!(format("epoch_ms"), format("epoch_s"));
    assert_ne!(hash(&[(TEAM, ENUM)]), hash(&[]));
}

#[test]
fn formats_and_enumerations_that_cannot_be() {
    golden!(each(&[
        ("at      = \"timestamp\"", "at = { type = \"timestamp\", format = \"epoch\" }"),
        ("at      = \"timestamp\"", "at = { type = \"timestamp\", format = \"%H:%M\" }"),
        ("season  = \"int\"", "season = { type = \"int\", format = \"epoch_ms\" }"),
        (TEAM, "team = \"enum\""),
        (TEAM, "team = { type = \"enum\" }"),
        (TEAM, "team = { type = \"enum\", values = [] }"),
        (TEAM, "team = { type = \"enum\", values = [\"KC\", \"KC\"] }"),
        (TEAM, "team = { type = \"enum\", values = [\"KC\"], other = \"PHI\" }"),
        (TEAM, "team = { type = \"string\", values = [\"KC\"] }"),
    ]));
}

#[test]
fn comparisons_with_what_a_text_never_is() {
    let compared = |condition: &str| explained(&[(TEAM, ENUM), ("down IS NOT NULL", condition)]);
    let conditions =
        ["team = 'PHl'", "'kc' <> team", "team IN ('KC', 'NYG')", "CASE team WHEN 'KC ' THEN TRUE ELSE FALSE END"];
    golden!(conditions.map(compared).concat());
}
