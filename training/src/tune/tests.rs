//! Searches as part of training runs over the fixture's matches.

use models::registry::Registry;

use super::{TuneError, TunePlan, Tuning, first_rung};
use crate::fixture::{Fixture, MARGIN, Play, WINNER, seasons};
use crate::validation::Validations;
use crate::{TrainError, TrainReport};

fn boosted(more: &str) -> Fixture {
    let model = WINNER
        .replace("test_from = 2002", "test_from = 2004")
        .replace("\"logistic\"", "\"boosting\"\ntrees = 5\nmin_leaf_weight = 1.0\ncross_validate = 2");
    Fixture::new(&format!("{model}{more}"))
}

const SPACE: &str = "\n[models.winner.tune]\nmax_depth = [1, 3]\nlearning_rate = [0.01, 0.5]\n";

fn run(fixture: &Fixture, plan: TunePlan) -> Result<TrainReport, TrainError> {
    fixture.train_validated("winner", &many(), Validations { tune: Some(plan), ..Validations::default() })
}

fn plan(fixture: &Fixture, trials: u32) -> TunePlan {
    TunePlan { trials: Some(trials), budget: None, journals: Some(fixture.path("tuning")) }
}

/// Without what tells how it came about.
fn found(report: TrainReport) -> Tuning {
    Tuning { resumed: 0, journal: None, ..report.validation.tuning.unwrap() }
}

/// Three times as many matches, so that a third of them is enough to try parameters on.
fn many() -> Vec<Play> {
    let copy = |copy: u32| {
        seasons().into_iter().map(move |play| Play { match_id: format!("{}-{copy}", play.match_id), ..play })
    };
    (0..3).flat_map(copy).collect()
}

#[test]
fn few_groups_are_not_divided() {
    assert_eq!([0, 59, 60, 179, 180, 100_000].map(first_rung), [2, 2, 1, 1, 0, 0]);
}

#[test]
fn the_best_third_goes_on_and_the_best_of_all_is_trained() {
    let fixture = boosted(SPACE);
    let report = run(&fixture, plan(&fixture, 9)).unwrap();
    let tuning = report.validation.tuning.clone().unwrap();
    assert_eq!((tuning.trials, tuning.best.len(), tuning.resumed, tuning.folds), (9, 3, 0, 2));
    assert!(!tuning.kept && tuning.best[0].loss < tuning.declared, "{tuning:?}");
    let parameters = &report.manifest.algorithm.parameters;
    assert_eq!(parameters["learning_rate"], tuning.best[0].parameters["learning_rate"]);
    assert_eq!(parameters["tuned"]["trials"], 9);
    let together = report.validation.cross_validation.unwrap().together;
    assert!((together.metrics["log_loss"] - tuning.best[0].loss).abs() < 1e-12, "cross-validated as it was tuned");
    let version = fixture.registry().load("winner", 1).unwrap();
    assert!(version.artifact.documents().report.as_ref().unwrap().contains("id=\"tuning\""));
}

#[test]
fn a_search_that_was_stopped_goes_on_where_it_was() {
    let fixture = boosted(SPACE);
    let whole = run(&fixture, plan(&fixture, 9)).unwrap();
    let path = whole.validation.tuning.clone().unwrap().journal.unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    assert_eq!(text.lines().count(), 1 + 9 + 3);
    let killed = text.len() / 2;
    std::fs::write(&path, &text[..killed]).unwrap();
    let resumed = run(&fixture, plan(&fixture, 9)).unwrap();
    let kept = text[..killed].lines().filter(|line| line.ends_with('}') && line.contains("loss")).count();
    let taken_over = resumed.validation.tuning.as_ref().unwrap().resumed;
    assert!(taken_over > 0 && taken_over as usize <= kept, "{taken_over} of {kept}");
    assert_eq!(found(resumed), found(whole));
}

#[test]
fn without_time_what_is_declared_stays() {
    let fixture = boosted(SPACE);
    let report = run(&fixture, TunePlan { budget: Some(std::time::Duration::ZERO), ..TunePlan::default() }).unwrap();
    let tuning = report.validation.tuning.unwrap();
    assert!(tuning.kept && tuning.best.is_empty() && tuning.trials == 0, "{tuning:?}");
    assert_eq!(report.manifest.algorithm.parameters["learning_rate"], 0.1);
}

#[test]
fn the_test_part_is_not_searched() {
    let fixture = boosted(SPACE);
    let mut data = seasons();
    let asked =
        || Validations { tune: Some(TunePlan { trials: Some(4), ..TunePlan::default() }), ..Validations::default() };
    let before = found(fixture.train_validated("winner", &data, asked()).unwrap());
    for play in data.iter_mut().filter(|play| play.season == "2005") {
        play.won = (play.won == "false").to_string();
        play.lead *= -3.0;
    }
    assert_eq!(found(fixture.train_validated("winner", &data, asked()).unwrap()), before);
}

#[test]
fn an_algorithm_without_parameters_says_so() {
    let fixture = Fixture::new(&MARGIN.replace("test_from = 2002", "test_from = 2004"));
    let asked = Validations { tune: Some(TunePlan::default()), ..Validations::default() };
    let error = fixture.train_validated("margin", &seasons(), asked).unwrap_err();
    assert!(matches!(error, TrainError::Tune(TuneError::NothingToTune { algorithm: "linear" })), "{error}");
}
