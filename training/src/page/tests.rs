//! The page of a real run over the fixture's matches.

use models::registry::Registry;

use super::markup::escape;
use crate::fixture::{Fixture, MARGIN, WINNER, plays};

fn page(declaration: &str, model: &str) -> String {
    let fixture = Fixture::new(declaration);
    fixture.train(model, &plays()).unwrap();
    fixture.registry().load(model, 1).unwrap().artifact.documents().report.clone().unwrap()
}

#[test]
fn what_comes_from_outside_stays_text() {
    assert_eq!(escape("<script>'\"&\u{0}"), "&lt;script&gt;&#39;&quot;&amp;\u{fffd}");
    let slices = "\n[models.winner.slices]\n\"<b>lead\" = \"lead\"\n";
    let page = page(&format!("{WINNER}{slices}"), "winner");
    assert!(page.contains("&lt;b&gt;lead") && !page.contains("<b>lead"));
}

#[test]
fn every_element_that_opens_closes() {
    let page = page(&format!("{WINNER}\n[models.winner.slices]\nlate = \"n > 5\"\n"), "winner");
    for name in ["section", "figure", "table", "svg", "div", "dl", "ul", "details", "main", "body", "html", "text"] {
        let (opened, closed) = (page.matches(&format!("<{name}")).count(), page.matches(&format!("</{name}>")).count());
        // `<table` and `<text` begin no other name that the page uses.
        assert_eq!(opened, closed, "{name}");
    }
    assert!(!page.contains("NaN") && !page.contains("inf"), "a number that is none");
}

#[test]
fn slices_show_each_value() {
    let page = page(&format!("{WINNER}\n[models.winner.slices]\nlate = \"n > 5\"\n"), "winner");
    assert!(page.contains("late = FALSE") && page.contains("late = TRUE"));
}

#[test]
fn a_model_without_a_test_part_still_has_a_page() {
    let whole = MARGIN.replace("split = { time = \"season\", test_from = 2002 }\n", "");
    let page = page(&whole, "margin");
    assert!(page.contains("id=\"coefficients\"") && !page.contains("id=\"quality\""));
}

#[test]
fn a_profile_comes_with_every_version() {
    let fixture = Fixture::new(WINNER);
    fixture.train("winner", &plays()).unwrap();
    let version = fixture.registry().load("winner", 1).unwrap();
    let profile = version.artifact.documents().profile.as_ref().unwrap();
    let names: Vec<&str> = profile.features.iter().map(|feature| feature.name.as_str()).collect();
    assert_eq!(names, version.artifact.manifest().signature.names().collect::<Vec<_>>());
    assert_eq!(profile.rows, version.artifact.manifest().rows.train);
}
