//! Whole runs on a small project: what is learned, what is registered, and what bad input is told.

use models::artifact::{GateOutcome, MODEL};
use models::registry::{CHAMPION, Registry};

use super::*;
use crate::dataset::LeftOut;
use crate::fixture::{Fixture, MARGIN, Play, WINNER, plays};

#[test]
fn a_version_records_all_that_it_came_from() {
    let fixture = Fixture::new(WINNER);
    let report = fixture.train("winner", &plays()).unwrap();
    let version = fixture.registry().load("winner", 1).unwrap();
    let manifest = version.artifact.manifest();
    assert_eq!(manifest, &report.manifest);
    assert_eq!(manifest.rows, Rows { train: 600, test: 300 });
    assert_eq!(manifest.signature.names().collect::<Vec<_>>(), ["lead", "tempo", "late", "lead_recent"]);
    assert_eq!((manifest.evaluation.rows, manifest.evaluation.groups), (300, 30));
    assert_eq!(manifest.label, "won");
    assert_eq!(manifest.group, ["match_id"]);
    assert_eq!(manifest.algorithm.parameters["l2"], 1.0);
    assert_eq!(manifest.data.rows, 900);
    assert_eq!(manifest.seed, 3);
    assert!(manifest.evaluation.metrics["auc"] > 0.7, "{:?}", manifest.evaluation.metrics);
}

#[test]
fn the_stored_model_predicts_what_was_fitted() {
    let fixture = Fixture::new(MARGIN);
    let report = fixture.train("margin", &plays()).unwrap();
    let coefficients = report.manifest.coefficients.unwrap();
    let predictor = fixture.registry().load("margin", 1).unwrap().artifact.predictor().unwrap();
    let mut out = [0.0];
    // A NULL tempo takes its imputation.
    predictor.predict(&[4.0, f64::NAN, 1.0, 3.0], &mut out);
    let inputs = [4.0, coefficients.terms[1].imputation, 1.0, 3.0];
    let terms = coefficients.terms.iter().zip(inputs).map(|(term, x)| term.value * x);
    let expected = coefficients.intercept + terms.sum::<f64>();
    assert!((out[0] - expected).abs() < 1e-12, "{} != {expected}", out[0]);
}

#[test]
fn equal_data_give_equal_bytes_of_the_model() {
    let bytes = |threads: usize| {
        let fixture = Fixture::new(WINNER);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let report = pool.install(|| fixture.train("winner", &plays())).unwrap();
        let stored = std::fs::read(fixture.path("registry/winner/versions/1").join(MODEL)).unwrap();
        (stored, report.manifest.data.digest, report.manifest.evaluation)
    };
    assert_eq!(bytes(1), bytes(4));
}

/// The model `winner` by another algorithm.
pub(super) fn winner_by(written: &str) -> String {
    WINNER.replace("algorithm = \"logistic\"", written)
}

#[test]
fn every_algorithm_makes_a_version_that_predicts() {
    for written in [
        "algorithm = \"boosting\"\ntrees = 30\nmonotone = { lead = \"up\" }",
        "algorithm = \"boosting\"\ntrees = 60\nearly_stopping = { rounds = 5 }\ncalibration = \"platt\"",
        "algorithm = \"forest\"\ntrees = 60\ncalibration = \"isotonic\"",
        "algorithm = \"forest\"\nvariant = \"extra\"\ntrees = 10\nclass_weight = \"balanced\"",
        "algorithm = \"logistic\"\ncalibration = \"platt\"\nweight = \"CASE WHEN n > 5 THEN 2 ELSE 1 END\"",
    ] {
        let fixture = Fixture::new(&winner_by(written));
        let report = fixture.train("winner", &plays()).unwrap();
        let stored = fixture.registry().load("winner", 1).unwrap();
        assert!(
            report.manifest.evaluation.metrics["auc"] > 0.65,
            "{written}: {:?}",
            report.manifest.evaluation.metrics
        );
        let importances = report.manifest.importances.unwrap();
        assert_eq!(importances.features.len(), 4);
        assert!(
            importances.features[0].mean_contribution > importances.features[1].mean_contribution,
            "{importances:?}"
        );
        let predictor = stored.artifact.predictor().unwrap();
        let mut out = [f64::NAN; 2];
        predictor.predict(&[8.0, f64::NAN, 1.0, 8.0, -8.0, 3.0, 1.0, -8.0], &mut out);
        assert!(out[0] > 0.6 && out[1] < 0.4, "{written}: {out:?}");
    }
}

#[test]
fn what_the_model_really_ran_with_is_recorded() {
    let written = "algorithm = \"boosting\"\ntrees = 60\nearly_stopping = { rounds = 5 }\ncalibration = \"platt\"";
    let report = Fixture::new(&winner_by(written)).train("winner", &plays()).unwrap();
    let parameters = &report.manifest.algorithm.parameters;
    assert_eq!((&parameters["trees"], &parameters["learning_rate"]), (&60.into(), &0.1.into()));
    assert_eq!(parameters["calibration"], "platt");
    assert!((1..60).contains(&parameters["stopped_at"].as_u64().unwrap()), "{parameters:?}");
    assert_eq!(report.manifest.coefficients, None);
}

#[test]
fn equal_data_give_equal_bytes_of_trees() {
    let bytes = |threads: usize| {
        let written = "algorithm = \"boosting\"\ntrees = 20\nsubsample = 0.5\ncalibration = \"isotonic\"";
        let fixture = Fixture::new(&winner_by(written));
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| fixture.train("winner", &plays())).unwrap();
        let read = |file| std::fs::read(fixture.path("registry/winner/versions/1").join(file)).unwrap();
        [MODEL, models::artifact::TREES, models::artifact::CALIBRATION].map(read)
    };
    assert_eq!(bytes(1), bytes(4));
}

#[test]
fn one_group_trains_but_holds_nothing_out() {
    let one_match: Vec<Play> = plays().into_iter().map(|play| Play { match_id: "m".to_owned(), ..play }).collect();
    let mut n = 0;
    let one_match: Vec<Play> = one_match
        .into_iter()
        .map(|play| {
            n += 1;
            Play { n, ..play }
        })
        .collect();
    for (written, purpose) in [
        ("algorithm = \"boosting\"\ncalibration = \"platt\"", "calibration"),
        ("algorithm = \"boosting\"\nearly_stopping = { rounds = 5 }", "early_stopping"),
    ] {
        let error = Fixture::new(&winner_by(written)).train("winner", &one_match).unwrap_err();
        let told = std::iter::successors(Some(&error as &dyn std::error::Error), |e| e.source());
        let told: Vec<String> = told.map(ToString::to_string).collect();
        assert!(
            told.iter().any(|text| text.contains(&format!("leave out {purpose}"))
                || text.contains(&format!("leave out `{purpose}`"))),
            "{told:?}"
        );
    }
    assert!(Fixture::new(&winner_by("algorithm = \"forest\"")).train("winner", &one_match).is_ok());
}

#[test]
fn the_digest_tells_other_data_from_the_same() {
    let fixture = Fixture::new(WINNER);
    let digest = |plays: &[Play]| fixture.train("winner", plays).unwrap().manifest.data.digest;
    let same = digest(&plays());
    assert_eq!(digest(&plays()), same);
    let mut changed = plays();
    changed[17].lead += 1e-9;
    assert_ne!(digest(&changed), same);
    let mut relabelled = plays();
    for play in relabelled.iter_mut().filter(|p| p.match_id == "m3") {
        play.won = (play.won == "false").to_string();
    }
    assert_ne!(digest(&relabelled), same);
}

#[test]
fn the_first_version_becomes_champion_and_later_ones_wait() {
    let fixture = Fixture::new(WINNER);
    let first = fixture.train("winner", &plays()).unwrap();
    let second = fixture.train("winner", &plays()).unwrap();
    assert_eq!((first.version, first.promoted), (1, true));
    assert_eq!((second.version, second.promoted), (2, false));
    assert_eq!(fixture.registry().aliases("winner").unwrap(), [(CHAMPION.to_owned(), 1)]);
}

#[test]
fn a_version_that_fails_its_gate_serves_nobody() {
    let fixture = Fixture::new(&format!("{WINNER}gate = {{ log_loss = {{ max = 0.001 }} }}\n"));
    let report = fixture.train("winner", &plays()).unwrap();
    assert_eq!(report.manifest.gate.outcome, GateOutcome::Failed);
    assert!(!report.promoted);
    assert_eq!(fixture.registry().aliases("winner").unwrap(), []);
    assert_eq!(fixture.registry().versions("winner").unwrap(), [1]);
}

#[test]
fn a_refit_learns_from_everything_and_leaves_the_figures() {
    let fixture = Fixture::new(WINNER);
    let plain = fixture.train_with("winner", &plays(), false).unwrap();
    let refit = fixture.train_with("winner", &plays(), true).unwrap();
    assert_eq!(refit.manifest.refit, Some(Refit { rows: 900 }));
    assert_eq!(refit.manifest.evaluation, plain.manifest.evaluation);
    assert_ne!(refit.manifest.coefficients, plain.manifest.coefficients);
    assert_eq!(plain.manifest.refit, None);
}

#[test]
fn references_are_compared_where_they_know_something() {
    let fixture = Fixture::new(WINNER);
    let report = fixture.train("winner", &plays()).unwrap();
    let odds = &report.manifest.evaluation.references["odds"];
    assert_eq!(odds.rows, 270);
    assert!(odds.differences["log_loss"].interval.is_some());
}

#[test]
fn rows_are_left_out_for_one_reason_each() {
    let fixture = Fixture::new(&WINNER.replace("task =", "where = \"tempo <> 4\"\ntask ="));
    let mut data = plays();
    for (i, play) in data.iter_mut().enumerate() {
        match i {
            0 => play.tempo = "4".into(),
            1 => (play.tempo, play.won) = (String::new(), String::new()),
            2 => (play.tempo, play.won) = ("5".into(), String::new()),
            3 => (play.tempo, play.season) = ("5".into(), String::new()),
            _ => play.tempo = "5".into(),
        }
    }
    let report = fixture.train("winner", &data).unwrap();
    assert_eq!(report.left_out, LeftOut { filtered: 2, no_label: 1, no_time: 1 });
    assert_eq!(report.rows.train + report.rows.test, 896);
}

#[test]
fn nothing_left_to_learn_from_says_why() {
    let fixture = Fixture::new(WINNER);
    let mut data = plays();
    for play in &mut data {
        play.won = String::new();
    }
    let error = fixture.train("winner", &data).unwrap_err().to_string();
    assert_eq!(
        error,
        "no row is left to learn from: the view `state` has 900 rows, of which 0 are dropped by `where`, 900 have no \
         label and 0 no `season`"
    );
}

#[test]
fn without_a_split_all_is_trained_and_nothing_judged() {
    let fixture = Fixture::new(&WINNER.replace("split = { time = \"season\", test_from = 2002 }", ""));
    let report = fixture.train("winner", &plays()).unwrap();
    assert_eq!(report.rows, Rows { train: 900, test: 0 });
    assert_eq!(report.manifest.evaluation, Evaluation::default());
    assert_eq!(report.remarks.last(), Some(&Remark::NoTestPart));
    assert!(report.promoted, "no gate objects");
}

#[test]
fn a_gate_that_cannot_be_judged_is_not_passed() {
    let unsplit = WINNER.replace("split = { time = \"season\", test_from = 2002 }", "");
    let fixture = Fixture::new(&format!("{unsplit}gate = {{ log_loss = {{ max = 1.0 }} }}\n"));
    let report = fixture.train("winner", &plays()).unwrap();
    assert_eq!(report.manifest.gate.outcome, GateOutcome::Failed);
    assert!(!report.promoted);
}

#[test]
fn a_part_left_empty_is_refused_and_nothing_registered() {
    for (from, expected) in [("1999", "nothing to train on"), ("2003", "nothing to test on")] {
        let fixture = Fixture::new(&WINNER.replace("2002", from));
        let error = fixture.train("winner", &plays()).unwrap_err();
        assert!(matches!(error, TrainError::Split(_)) && error.to_string().starts_with(expected), "{error}");
        assert_eq!(fixture.registry().models().unwrap(), Vec::<String>::new());
    }
}

#[test]
fn labels_of_one_class_are_refused() {
    let fixture = Fixture::new(WINNER);
    let mut data = plays();
    for play in &mut data {
        play.won = "true".into();
    }
    let error = fixture.train("winner", &data).unwrap_err();
    assert!(matches!(error, TrainError::Fit(FitError::OneClass { label: true, rows: 600 })), "{error}");
}

#[test]
fn a_test_part_of_one_class_has_no_auc_and_still_a_log_loss() {
    let fixture = Fixture::new(WINNER);
    let mut data = plays();
    for play in data.iter_mut().filter(|p| p.season == "2002") {
        play.won = "true".into();
    }
    let metrics = fixture.train("winner", &data).unwrap().manifest.evaluation.metrics;
    assert!(metrics.contains_key("log_loss") && !metrics.contains_key("auc"), "{metrics:?}");
}

#[test]
fn features_that_are_null_everywhere_are_refused() {
    let features = "features = [\"tempo\"]\n";
    let fixture = Fixture::new(&format!("{WINNER}{features}"));
    let mut data = plays();
    for play in &mut data {
        play.tempo = String::new();
    }
    let error = fixture.train("winner", &data).unwrap_err();
    assert!(matches!(error, TrainError::Fit(FitError::NothingVaries)), "{error}");
}

#[test]
fn one_group_has_figures_without_intervals() {
    let fixture = Fixture::new(WINNER);
    let mut data = plays();
    for play in data.iter_mut().filter(|p| p.season == "2002") {
        (play.n, play.match_id) = (play.n + 100 * play.match_id[1..].parse::<u32>().unwrap(), "final".into());
    }
    let report = fixture.train("winner", &data).unwrap();
    let evaluation = &report.manifest.evaluation;
    assert_eq!((evaluation.groups, evaluation.intervals.len()), (1, 0));
    assert!(report.remarks.contains(&Remark::FewGroups { groups: 1 }));
}

#[test]
fn groups_on_both_sides_of_the_split_are_remarked_on() {
    let fixture = Fixture::new(WINNER);
    let mut data = plays();
    for play in data.iter_mut().filter(|p| p.match_id == "m89" && p.n < 4) {
        play.season = "2001".into();
    }
    let report = fixture.train("winner", &data).unwrap();
    assert!(report.remarks.contains(&Remark::Straddling { groups: 1 }), "{:?}", report.remarks);
}

#[test]
fn no_history_says_where_to_get_some() {
    let fixture = Fixture::new(WINNER);
    let registry = fixture.registry();
    let run = TrainRun {
        project: &fixture.project,
        model: fixture.model("winner"),
        source: Source::Imported,
        registry: &registry,
        refit: false,
        learning_curve: true,
        validations: crate::validation::Validations::default(),
        parity: None,
        now: 0,
        clutch_version: "test",
    };
    let error = train(&run, &crate::progress::Silent).unwrap_err().to_string();
    assert!(error.contains("clutch data import"), "{error}");
}

#[test]
fn the_example_is_a_row_in_the_features_own_types() {
    let fixture = Fixture::new(WINNER);
    fixture.train("winner", &plays()).unwrap();
    let version = fixture.registry().load("winner", 1).unwrap();
    let example = version.artifact.input_example();
    assert!(example["late"].is_boolean() && example["lead"].is_number(), "{example:?}");
    assert!(example.values().all(|value| !value.is_null()), "{example:?}");
}

#[test]
fn stages_are_told_in_order() {
    #[derive(Default)]
    struct Told(std::sync::Mutex<Vec<Stage>>);
    impl Progress for Told {
        fn stage(&self, stage: Stage) {
            self.0.lock().unwrap().push(stage);
        }
        fn rows(&self, _: u64) {}
    }
    let fixture = Fixture::new(WINNER);
    let registry = fixture.registry();
    let told = Told::default();
    let run = TrainRun {
        project: &fixture.project,
        model: fixture.model("winner"),
        source: fixture.source("plays.csv", &plays()),
        registry: &registry,
        refit: true,
        learning_curve: true,
        validations: crate::validation::Validations::default(),
        parity: None,
        now: 0,
        clutch_version: "test",
    };
    train(&run, &told).unwrap();
    let stages = told.0.into_inner().unwrap();
    use Stage::{Evaluate, Features, Fit, Load, Publish, Refit, Report};
    assert_eq!(stages, [Load, Features, Fit, Evaluate, Report, Refit, Publish]);
}

#[test]
fn a_family_has_a_model_for_each_value_with_rows_enough() {
    let view = crate::fixture::VIEW.replace("lead, tempo,", "lead, tempo, n % 3 AS third,");
    let fixture =
        Fixture::with_view(&format!("{}per = \"third\"\nmin_rows = 150\n", WINNER.replace("seed = 3\n", "")), &view);
    let report = fixture.train("winner", &plays()).unwrap();
    let family = report.manifest.family.clone().unwrap();
    let names: Vec<&str> = family.members.iter().map(|member| member.value.as_str()).collect();
    assert_eq!((names, family.rest.rows.train), (vec!["0", "1", "2"], 0));
    assert_eq!(family.members.iter().map(|member| member.rows.train).sum::<u64>(), report.rows.train);
    assert!(family.members.iter().all(|member| member.observed.is_some() && member.general.is_some()));
    let features: Vec<&str> = report.manifest.signature.names().collect();
    assert_eq!(features.last(), Some(&"third"), "the family's column comes last, and only once: {features:?}");
    let again = fixture.train("winner", &plays()).unwrap();
    assert_eq!(again.manifest.data, report.manifest.data);
    let artifact = |number| fixture.registry().load("winner", number).unwrap().artifact;
    assert_eq!(artifact(1).members(), artifact(2).members(), "equal data, equal members, however many threads");
    assert!(artifact(1).input_example()["third"].is_i64(), "in the column's own type");
}

#[test]
fn a_family_without_rows_enough_is_its_general_model() {
    let family = format!("{WINNER}per = \"late\"\nmin_rows = 100000\n");
    let fixture = Fixture::new(&family);
    let report = fixture.train("winner", &plays()).unwrap();
    assert!(report.remarks.contains(&Remark::NoMembers { values: 2, min_rows: 100_000 }));
    let plain =
        Fixture::new(&WINNER.replace("seed = 3", "features = [\"lead\", \"tempo\", \"lead_recent\"]\nseed = 3"));
    assert_eq!(report.manifest.evaluation, plain.train("winner", &plays()).unwrap().manifest.evaluation);
}
