//! Stacked models over the fixture's matches: what they are made of, and that nothing leaks into what bases say.

use features::batch::{Order, compute};
use features::project::CalibrationMethod;
use models::artifact::{Artifact, MODEL};

use super::*;
use crate::algorithm::Warning;
use crate::fixture::{Fixture, MARGIN, Play, WINNER, plays, seasons};
use crate::remark::Remark;
use crate::validation::{Validations, out_of_fold, rolling_origin};

/// `winner`, `boosted` with weights of its own, and `both` on the two.
fn stacked(more: &str) -> Fixture {
    Fixture::new(&declared(more))
}

fn declared(more: &str) -> String {
    let boosted = WINNER.replace("winner", "boosted").replace(
        "algorithm = \"logistic\"",
        "algorithm = \"boosting\"\ntrees = 20\nfeatures = [\"lead\", \"late\"]\n\
         weight = \"CASE WHEN n > 5 THEN 2 ELSE 1 END\"\nclass_weight = \"balanced\"\ncalibration = \"platt\"",
    );
    let both = WINNER.replace("winner", "both").replace("seed = 3", "seed = 5");
    format!("{WINNER}{boosted}{both}stack = [\"winner\", \"boosted\"]\n{more}")
}

fn artifact(fixture: &Fixture, model: &str, number: u32) -> Artifact {
    fixture.registry().load(model, number).unwrap().artifact
}

fn stack_of(artifact: &Artifact) -> &StackedModel {
    artifact.model().stacked().expect("a stacked model")
}

fn dataset(fixture: &Fixture, model: &str, plays: &[Play]) -> Dataset {
    let model = fixture.model(model);
    let history = fixture.source("plays.csv", plays).read(&fixture.project, &model.view.stream, &|_| ()).unwrap();
    let view = compute(&model.view, &history, Order::Ideal).unwrap();
    Dataset::new(model, &history, &view).unwrap()
}

fn margins(model: &Model, dataset: &Dataset, rows: &[usize]) -> Vec<Vec<f64>> {
    let training = TrainingRows {
        task: model.task,
        names: &dataset.names,
        inputs: &dataset.inputs,
        labels: &dataset.labels,
        weights: None,
        groups: &dataset.groups,
        rows,
        seed: model.seed,
    };
    OutOfFold::new(model, model.stack.as_ref().unwrap(), dataset, &training).unwrap().margins
}

fn flip(dataset: &mut Dataset, rows: impl Fn(usize) -> bool) {
    for row in 0..dataset.rows() {
        if rows(row) {
            dataset.labels[row] = 1.0 - dataset.labels[row];
        }
    }
}

#[test]
fn a_version_holds_its_bases_and_names_the_versions_that_are_the_same() {
    let fixture = stacked("features = [\"tempo\"]\n");
    fixture.train("winner", &plays()).unwrap();
    let report = fixture.train("both", &plays()).unwrap();
    let bases = |report: &crate::TrainReport| -> Vec<(String, Option<u32>)> {
        let stack = report.manifest.stack.clone().unwrap();
        stack.bases.into_iter().map(|base| (base.model, base.version)).collect()
    };
    assert_eq!(bases(&report), [("winner".to_owned(), Some(1)), ("boosted".to_owned(), None)]);
    let names: Vec<&str> = report.manifest.signature.names().collect();
    assert_eq!(names, ["tempo", "lead", "late", "lead_recent"], "its own first, then what bases need");
    fixture.train("boosted", &plays()).unwrap();
    let report = fixture.train("both", &plays()).unwrap();
    assert_eq!(bases(&report), [("winner".to_owned(), Some(1)), ("boosted".to_owned(), Some(1))]);

    let both = artifact(&fixture, "both", 2);
    let model = stack_of(&both);
    for (base, name) in model.bases().iter().zip(["winner", "boosted"]) {
        assert_eq!(artifact(&fixture, name, 1).model().native(), Some(&base.model), "{name}");
    }
    let terms: Vec<String> = report.manifest.coefficients.unwrap().terms.into_iter().map(|term| term.feature).collect();
    assert_eq!(terms, ["tempo", "winner", "boosted"]);
    assert_eq!(report.manifest.importances.unwrap().features.len(), 4, "of features, through the bases");
    assert!(report.manifest.evaluation.metrics["auc"] > 0.6, "{:?}", report.manifest.evaluation.metrics);
}

#[test]
fn a_mean_counts_its_bases_alike_and_fits_each_once() {
    let (bases, both) = {
        let text = declared("");
        let (bases, both) = text.split_once("[models.both]").expect("both");
        (bases.to_owned(), both.replace("algorithm = \"logistic\"", "algorithm = \"mean\""))
    };
    let fixture = Fixture::new(&format!("{bases}[models.both]{both}"));
    fixture.train("winner", &plays()).unwrap();
    let report = fixture.train("both", &plays()).unwrap();
    let stack = report.manifest.stack.unwrap();
    assert_eq!((stack.folds, stack.bases[0].version), (0, Some(1)));
    let both = artifact(&fixture, "both", 1);
    let meta = stack_of(&both).meta();
    assert_eq!((meta.intercept(), meta.coefficients()), (0.0, [0.5, 0.5].as_slice()));
}

#[test]
fn a_stacked_model_predicts_and_explains_by_its_bases() {
    let fixture = stacked("");
    fixture.train("both", &plays()).unwrap();
    let both = artifact(&fixture, "both", 1);
    let (model, predictor) = (stack_of(&both), both.predictor().unwrap());
    let row = [4.0, f64::NAN, 1.0, 3.0];
    let mut expected = model.meta().intercept();
    for (base, weight) in model.bases().iter().zip(model.meta().coefficients()) {
        let given: Vec<f64> = base.inputs.iter().map(|&input| row[input]).collect();
        let mut margin = [0.0];
        predictor_of(&base.model).margins(&given, &mut margin);
        expected += weight * margin[0];
    }
    let (mut margin, mut contributions) = ([0.0], [0.0; 4]);
    predictor.margins(&row, &mut margin);
    assert!((margin[0] - expected).abs() < 1e-12);
    let base = predictor.contributions(&row, &mut contributions).unwrap();
    assert!((base + contributions.iter().sum::<f64>() - margin[0]).abs() < 1e-12, "{base} {contributions:?}");
    assert!(contributions[0].abs() > 0.1, "the lead matters: {contributions:?}");
}

#[test]
fn what_bases_say_of_a_group_does_not_depend_on_its_labels() {
    let fixture = stacked("");
    let (model, data) = (fixture.model("both"), dataset(&fixture, "both", &plays()));
    let rows: Vec<usize> = (0..600).collect();
    let before = margins(model, &data, &rows);
    assert!(before.iter().all(|of| of[..600].iter().all(|x| x.is_finite()) && of[600..].iter().all(|x| x.is_nan())));
    for group in [0, 17, 59] {
        let mut other = data.clone();
        flip(&mut other, |row| data.groups[row] == group);
        let after = margins(model, &other, &rows);
        for (before, after) in before.iter().zip(&after) {
            let same = |row: &usize| before[*row].to_bits() == after[*row].to_bits();
            assert!(rows.iter().filter(|&&row| data.groups[row] == group).all(same), "group {group}");
            assert!(!rows.iter().all(same), "others do learn from it");
        }
    }
}

/// A base that knows every row that it saw: no two rows have the same `tempo`, which says nothing of the outcome.
fn memoriser(more: &str) -> (Fixture, Vec<Play>) {
    let forest = WINNER.replace("winner", "boosted").replace(
        "algorithm = \"logistic\"",
        "algorithm = \"forest\"\nvariant = \"extra\"\ntrees = 40\nmax_depth = 32\nmin_leaf_rows = 1\nfeatures = [\"tempo\"]",
    );
    let both = WINNER.replace("winner", "both");
    let mut data = plays();
    for (number, play) in data.iter_mut().enumerate() {
        play.tempo = ((number * 7919) % 9973).to_string();
    }
    (Fixture::new(&format!("{WINNER}{forest}{both}{more}")), data)
}

#[test]
fn a_base_that_memorises_is_not_believed() {
    let (fixture, data) = memoriser("stack = [\"winner\", \"boosted\"]\n");
    let report = fixture.train("both", &data).unwrap();
    let both = artifact(&fixture, "both", 1);
    let seen = dataset(&fixture, "both", &data);
    let tempo: Vec<usize> = stack_of(&both).bases()[1].inputs.clone();
    let mut learned = vec![0.0; 600];
    let rows: Vec<f64> = (0..600).map(|row| seen.inputs.columns()[tempo[0]][row]).collect();
    predictor_of(&stack_of(&both).bases()[1].model).margins(&rows, &mut learned);
    let right = (0..600).filter(|&row| (learned[row] > 0.5) == (seen.labels[row] > 0.5)).count();
    assert!(right > 590, "it knows its own rows by heart: {right} of 600");
    let terms = report.manifest.coefficients.unwrap().terms;
    let weight = |name: &str| terms.iter().find(|term| term.feature == name).unwrap().standardised.unwrap();
    // Below 0 it may be: rows that are held out take their labels out of the mean that the forest falls back on.
    assert!(weight("boosted") < 0.2 * weight("winner"), "{terms:?}");
}

#[test]
fn calibration_behind_a_stack_is_learned_from_groups_that_bases_had_not_seen() {
    let (fixture, data) = memoriser("stack = \"boosted\"\ncalibration = \"platt\"\n");
    fixture.train("both", &data).unwrap();
    let predictor = artifact(&fixture, "both", 1).predictor().unwrap();
    let seen = dataset(&fixture, "both", &data);
    let mut told = vec![0.0; 600];
    predictor.predict(&seen.inputs.row_major(&(0..600).collect::<Vec<_>>()), &mut told);
    let share = seen.labels[..600].iter().sum::<f64>() / 600.0;
    let (low, high) = told.iter().fold((1.0_f64, 0.0_f64), |(low, high), &p| (low.min(p), high.max(p)));
    assert!(share - 0.15 < low && high < share + 0.15, "what it knows by heart tells nothing: {low} to {high}");
}

#[test]
fn validation_rows_have_no_part_in_what_bases_learn() {
    for calibration in [None, Some(CalibrationMethod::Platt)] {
        let fixture = Fixture::new(&declared("").replace("test_from = 2002", "test_from = 2004"));
        let model = Model { calibration, ..Model::clone(fixture.model("both")) };
        let data = dataset(&fixture, "both", &seasons());
        let train = data.split(&model).unwrap().train;
        let times = crate::slices::SliceColumn::distinct("season".into(), &data.times);
        let folds = rolling_origin(&times, &data.groups, &train, 2).unwrap();
        let judged =
            |data: &Dataset, fold: usize| out_of_fold(&model, data, &folds[fold..=fold], &|_| {}).unwrap().predictions;
        for (number, fold) in folds.iter().enumerate() {
            let mut other = data.clone();
            flip(&mut other, |row| fold.train.binary_search(&row).is_err());
            assert_eq!(judged(&data, number), judged(&other, number), "labels of rows that are judged change nothing");
            let mut other = data.clone();
            flip(&mut other, |row| row == fold.train[0]);
            assert_ne!(judged(&data, number), judged(&other, number), "and those of rows that are learned from do");
        }
    }
}

#[test]
fn the_test_part_changes_nothing() {
    let models = [false, true].map(|flipped| {
        let fixture = stacked("calibration = \"isotonic\"\n");
        let mut data = plays();
        for play in data.iter_mut().filter(|play| flipped && play.season == "2002") {
            play.won = (play.won == "false").to_string();
        }
        fixture.train("both", &data).unwrap();
        let both = artifact(&fixture, "both", 1);
        (both.model().clone(), both.calibration().cloned())
    });
    assert_eq!(models[0], models[1]);
}

#[test]
fn equal_data_give_equal_bytes_whatever_the_threads() {
    let bytes = |threads: usize| {
        let fixture = stacked("");
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let report = pool.install(|| fixture.train("both", &plays())).unwrap();
        let folder = fixture.path("registry/both/versions/1");
        let stored = [MODEL, models::artifact::TREES].map(|file| std::fs::read(folder.join(file)).unwrap());
        (stored, report.manifest.evaluation, report.manifest.stack)
    };
    assert_eq!(bytes(1), bytes(4));
}

#[test]
fn after_a_refit_bases_have_seen_all_rows_too() {
    let fixture = stacked("");
    for name in ["winner", "boosted", "both"] {
        fixture.train_with(name, &plays(), true).unwrap();
    }
    let stack = artifact(&fixture, "both", 1).manifest().stack.clone().unwrap();
    assert!(stack.bases.iter().all(|base| base.version == Some(1)), "{stack:?}");
}

#[test]
fn regressions_are_stacked_on_values() {
    let trees = MARGIN.replace("margin]", "trees]").replace("\"linear\"", "\"boosting\"\ntrees = 20");
    let both = MARGIN.replace("margin]", "both]");
    let fixture = Fixture::new(&format!("{MARGIN}{trees}{both}stack = [\"margin\", \"trees\"]\n"));
    let alone = fixture.train("margin", &plays()).unwrap().manifest.evaluation.metrics["rmse"];
    let report = fixture.train("both", &plays()).unwrap();
    assert!(report.manifest.evaluation.metrics["rmse"] < 1.1 * alone);
}

#[test]
fn a_stack_is_tuned_and_ablated_through_its_bases() {
    let groups = "\n[models.both.feature_groups]\nleads = [\"lead\", \"lead_recent\"]\nidle = [\"tempo\"]\n";
    let fixture = Fixture::new(&declared(groups).replace("test_from = 2002", "test_from = 2004"));
    let tune = crate::tune::TunePlan { trials: Some(3), ..Default::default() };
    let asked = Validations { ablate: true, tune: Some(tune), cross_validate: Some(2), ..Validations::default() };
    let found = fixture.train_validated("both", &seasons(), asked).unwrap().validation;
    assert_eq!(found.tuning.unwrap().trials, 3);
    let groups = found.ablation.unwrap().groups;
    assert!(groups[0].differences["log_loss"].mean > 0.05, "{:?}", groups[0]);
    assert!(groups[1].differences["log_loss"].mean.abs() < 0.02, "{:?}", groups[1]);
}

#[test]
fn what_the_fit_remarks_on_has_the_bases_names() {
    let fixture = stacked("features = [\"late\"]\n");
    let mut data = plays();
    for play in &mut data {
        play.n += 10;
    }
    let report = fixture.train("both", &data).unwrap();
    assert!(report.remarks.contains(&Remark::Fit(Warning::Constant { feature: 0 })), "{:?}", report.remarks);
    assert!(report.warnings().iter().any(|warning| warning.starts_with("`late` has one value")));
}

#[test]
fn one_group_cannot_be_stacked() {
    let fixture = stacked("");
    let mut data = plays();
    for (number, play) in data.iter_mut().enumerate() {
        (play.n, play.match_id) = (u32::try_from(number).unwrap(), "final".into());
    }
    let error = fixture.train("both", &data).unwrap_err();
    assert!(matches!(error, TrainError::Fit(FitError::OneGroup { purpose: "`stack`" })), "{error}");
    assert!(error.to_string().contains("leave out `stack`"), "{error}");
}

#[test]
fn a_base_that_cannot_be_fitted_is_named() {
    let fixture = stacked("");
    let mut data = plays();
    for play in &mut data {
        play.lead = 1.0;
        play.tempo = String::new();
        play.n += 10;
    }
    let error = fixture.train("both", &data).unwrap_err().to_string();
    assert!(error.starts_with("the model `"), "{error}");
}
