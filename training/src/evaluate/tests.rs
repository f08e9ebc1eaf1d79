//! Registered versions on other data.

use models::registry::Registry;

use super::*;
use crate::fixture::{Fixture, Play, VIEW, WINNER, plays};
use crate::progress::Silent;

fn newer() -> Vec<Play> {
    let mut newer: Vec<Play> = plays().into_iter().filter(|p| p.season == "2000").collect();
    for play in &mut newer {
        play.season = "2003".into();
    }
    newer
}

fn judged(fixture: &Fixture, plays: &[Play]) -> Result<EvaluateReport, EvaluateError> {
    let version = fixture.registry().load("winner", 1).unwrap();
    let source = fixture.source("other.csv", plays);
    evaluate(&EvaluateRun { project: &fixture.project, version: &version, source }, &Silent)
}

#[test]
fn the_test_part_alone_gives_the_figures_of_the_training_run() {
    let fixture = Fixture::new(WINNER);
    let trained = fixture.train("winner", &plays()).unwrap();
    let test: Vec<Play> = plays().into_iter().filter(|p| p.season == "2002").collect();
    let report = judged(&fixture, &test).unwrap();
    assert_eq!(report.evaluation, trained.manifest.evaluation);
    assert_eq!((report.version, report.rows), (1, 300));
    assert_eq!(report.remarks, []);
}

#[test]
fn every_labelled_row_is_judged() {
    let fixture = Fixture::new(WINNER);
    fixture.train("winner", &plays()).unwrap();
    let mut data = newer();
    data[0].won = String::new();
    let report = judged(&fixture, &data).unwrap();
    assert_eq!((report.rows, report.left_out.no_label), (299, 1));
}

#[test]
fn rows_that_may_have_been_learned_are_remarked_on() {
    let fixture = Fixture::new(WINNER);
    fixture.train("winner", &plays()).unwrap();
    let report = judged(&fixture, &plays()).unwrap();
    assert_eq!(report.remarks, [Remark::SeenInTraining { seen: 600, rows: 900 }]);
}

#[test]
fn a_version_of_another_view_is_refused() {
    let fixture = Fixture::new(WINNER);
    fixture.train("winner", &plays()).unwrap();
    let version = fixture.registry().load("winner", 1).unwrap();
    let changed = Fixture::with_view(WINNER, &VIEW.replace("ROWS 3", "ROWS 4"));
    let source = changed.source("other.csv", &newer());
    let run = EvaluateRun { project: &changed.project, version: &version, source };
    let error = evaluate(&run, &Silent).unwrap_err();
    assert!(matches!(error, EvaluateError::OtherView { version: 1, .. }), "{error}");
}

#[test]
fn a_model_that_takes_other_features_by_now_is_judged_as_it_was() {
    let fixture = Fixture::new(WINNER);
    let trained = fixture.train("winner", &plays()).unwrap();
    let version = fixture.registry().load("winner", 1).unwrap();
    let narrower = Fixture::new(&format!("{WINNER}features = [\"tempo\", \"lead\"]\n"));
    let test: Vec<Play> = plays().into_iter().filter(|p| p.season == "2002").collect();
    let source = narrower.source("other.csv", &test);
    let report = evaluate(&EvaluateRun { project: &narrower.project, version: &version, source }, &Silent).unwrap();
    assert_eq!(report.evaluation, trained.manifest.evaluation);
}

#[test]
fn another_label_is_remarked_on() {
    let fixture = Fixture::new(WINNER);
    fixture.train("winner", &plays()).unwrap();
    let version = fixture.registry().load("winner", 1).unwrap();
    let other = Fixture::new(&WINNER.replace("label = \"won\"", "label = \"margin > 3\""));
    let source = other.source("other.csv", &newer());
    let report = evaluate(&EvaluateRun { project: &other.project, version: &version, source }, &Silent).unwrap();
    assert_eq!(report.remarks, [Remark::OtherLabel { trained: "won".into(), now: "margin > 3".into() }]);
}

#[test]
fn a_model_that_the_project_forgot_is_refused() {
    let fixture = Fixture::new(WINNER);
    fixture.train("winner", &plays()).unwrap();
    let version = fixture.registry().load("winner", 1).unwrap();
    let without = Fixture::new("");
    let source = without.source("other.csv", &newer());
    let run = EvaluateRun { project: &without.project, version: &version, source };
    assert!(matches!(evaluate(&run, &Silent), Err(EvaluateError::NoModel { .. })));
}
