//! Validation as part of training runs over the fixture's matches.

use features::sql::{Scope, scalar_of};
use models::registry::Registry;

use super::{FoldsError, LeaveOneOut, Validation, ValidationError, Validations};
use crate::fixture::{Fixture, Play, WINNER, seasons};
use crate::{TrainError, TrainReport};

fn winner(more: &str) -> Fixture {
    Fixture::new(&format!("{}{more}", WINNER.replace("test_from = 2002", "test_from = 2004")))
}

fn run(fixture: &Fixture, data: &[Play], asked: Validations) -> Result<TrainReport, TrainError> {
    fixture.train_validated("winner", data, asked)
}

fn leave_one_out(fixture: &Fixture, by: &str, stratum: Option<&str>) -> LeaveOneOut {
    let stream = &fixture.model("winner").view.stream;
    let expression = |text: &str| scalar_of(text, &Scope::training(stream), None).unwrap();
    LeaveOneOut { by: expression(by), stratum: stratum.map(expression) }
}

#[test]
fn each_block_of_time_is_judged_by_the_older_ones() {
    let fixture = winner("");
    let asked = Validations { cross_validate: Some(3), ..Validations::default() };
    let report = run(&fixture, &seasons(), asked).unwrap();
    let found = report.validation.cross_validation.clone().unwrap();
    let folds: Vec<(&str, u64, u64)> =
        found.folds.iter().map(|f| (f.fold.as_str(), f.trained_on, f.evaluation.rows)).collect();
    assert_eq!(folds, [("2001", 150, 150), ("2002", 300, 150), ("2003", 450, 150)]);
    assert_eq!((found.together.rows, found.together.groups), (450, 45));
    assert!(found.together.intervals.contains_key("log_loss") && found.together.references.contains_key("odds"));
    assert_eq!(report.to_json()["validation"]["cross_validation"]["folds"][0]["fold"], "2001");
    let version = fixture.registry().load("winner", 1).unwrap();
    let page = version.artifact.documents().report.clone().unwrap();
    assert!(page.contains("id=\"cross-validation\"") && !page.contains("id=\"leave-one-out\""));
}

#[test]
fn a_model_may_declare_its_folds() {
    let fixture = winner("cross_validate = 2\n");
    let found = run(&fixture, &seasons(), Validations::default()).unwrap().validation.cross_validation.unwrap();
    assert_eq!(found.folds.len(), 2);
    let fixture = winner("");
    assert_eq!(run(&fixture, &seasons(), Validations::default()).unwrap().validation, Validation::default());
}

#[test]
fn each_season_is_left_out_once_and_the_calibration_error_counts_by_stratum() {
    let fixture = winner("");
    let asked = |stratum| Validations {
        leave_one_out: Some(leave_one_out(&fixture, "season", stratum)),
        ..Validations::default()
    };
    let by_half = run(&fixture, &seasons(), asked(Some("n > 5"))).unwrap().validation.leave_one_out.unwrap();
    assert_eq!(by_half.folds.iter().map(|f| f.fold.as_str()).collect::<Vec<_>>(), ["2000", "2001", "2002", "2003"]);
    assert!(by_half.folds.iter().all(|fold| fold.trained_on == 450));
    assert_eq!(by_half.together.rows, 600);
    let alone = run(&fixture, &seasons(), asked(None)).unwrap().validation.leave_one_out.unwrap();
    let (by_half, alone) = (by_half.weighted_calibration_error.unwrap(), alone.weighted_calibration_error.unwrap());
    assert_eq!((by_half.stratum.as_str(), alone.stratum.as_str()), ("n > 5", "all"));
    assert!(alone.value > 0.0 && alone.value < by_half.value, "{alone:?} {by_half:?}");
}

#[test]
fn the_test_part_changes_nothing() {
    let fixture = winner("");
    let asked = || Validations {
        cross_validate: Some(2),
        leave_one_out: Some(leave_one_out(&fixture, "season", None)),
        ..Validations::default()
    };
    let mut data = seasons();
    let found = run(&fixture, &data, asked()).unwrap().validation;
    for play in data.iter_mut().filter(|play| play.season == "2004") {
        play.won = (play.won == "false").to_string();
        play.lead *= -3.0;
    }
    assert_eq!(run(&fixture, &data, asked()).unwrap().validation, found);
}

#[test]
fn too_many_folds_say_how_many_there_can_be() {
    let fixture = winner("");
    let asked = Validations { cross_validate: Some(4), ..Validations::default() };
    let error = run(&fixture, &seasons(), asked).unwrap_err();
    let TrainError::Validation(ValidationError::Folds(error)) = error else { panic!("{error}") };
    assert_eq!(error, FoldsError::TooFewTimes { folds: 4, field: "season".into(), times: 4 });
    assert!(error.to_string().contains("ask for at most 3"), "{error}");
}

#[test]
fn a_group_that_matters_is_missed_and_an_idle_one_is_not() {
    let groups = "\n[models.winner.feature_groups]\nleads = [\"lead\", \"lead_recent\"]\nidle = [\"tempo\"]\n";
    let fixture = winner(groups);
    let asked = Validations { ablate: true, ..Validations::default() };
    let report = run(&fixture, &seasons(), asked).unwrap();
    let found = report.validation.ablation.unwrap();
    assert_eq!((found.folds, found.all.rows), (3, 450));
    let names: Vec<&str> = found.groups.iter().map(|group| group.group.as_str()).collect();
    assert_eq!(names, ["leads", "idle"]);
    assert_eq!(found.groups[0].features, ["lead", "lead_recent"]);
    let difference = |group: usize| found.groups[group].differences["log_loss"];
    assert!(difference(0).mean > 0.05 && difference(0).interval.is_some(), "{:?}", difference(0));
    assert!(difference(1).mean.abs() < 0.1 * difference(0).mean, "{:?}", difference(1));
    let version = fixture.registry().load("winner", 1).unwrap();
    assert!(version.artifact.documents().report.as_ref().unwrap().contains("id=\"ablation\""));
}

#[test]
fn without_groups_there_is_nothing_to_leave_out() {
    let asked = || Validations { ablate: true, ..Validations::default() };
    let error = run(&winner(""), &seasons(), asked()).unwrap_err();
    assert!(matches!(error, TrainError::Validation(ValidationError::NoFeatureGroups)), "{error}");
    let all = "features = [\"lead\"]\n[models.winner.feature_groups]\nall = [\"lead\"]\n";
    let error = run(&winner(all), &seasons(), asked()).unwrap_err();
    assert!(matches!(error, TrainError::Validation(ValidationError::NothingLeft { .. })), "{error}");
}
