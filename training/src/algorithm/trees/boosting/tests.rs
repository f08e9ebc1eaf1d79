use features::project::{Algorithm, Direction, EarlyStopping};
use forust_ml::GradientBooster;
use forust_ml::gradientbooster::GrowPolicy;
use forust_ml::objective::ObjectiveType;
use models::artifact::{Link, predictor_of};
use proptest::prelude::*;
use smol_str::SmolStr;

use super::super::super::{TrainingRows, fit};
use super::*;
use crate::algorithm::Warning;
use crate::fixture::Rectangle;

fn small() -> Boosting {
    Boosting { trees: 30, max_depth: 4, min_leaf_weight: 1.0, ..Boosting::default() }
}

fn margins(fitted: &Fitted, training: &TrainingRows<'_>) -> Vec<f64> {
    let mut margins = vec![f64::NAN; training.rows.len()];
    predictor_of(&fitted.native).margins(&training.inputs.row_major(training.rows), &mut margins);
    margins
}

/// The largest difference to what forust itself, by its own rounds, predicts on the rows that it was fitted on.
#[expect(clippy::cast_possible_truncation, reason = "forust keeps its parameters in f32")]
fn distance_to_forust(parameters: &Boosting, training: &TrainingRows<'_>) -> f64 {
    let rounded = Rounded::new(training.inputs, training.rows).unwrap();
    let table = Table::new(training, training.rows, &rounded);
    let mut booster = GradientBooster::default();
    booster.objective_type = match training.task {
        Task::Classification => ObjectiveType::LogLoss,
        Task::Regression => ObjectiveType::SquaredLoss,
    };
    booster.iterations = parameters.trees as usize;
    booster.learning_rate = parameters.learning_rate as f32;
    booster.max_depth = parameters.max_depth as usize;
    if let Some(leaves) = parameters.max_leaves {
        booster.max_leaves = leaves as usize;
        booster.grow_policy = GrowPolicy::LossGuide;
    }
    booster.l1 = parameters.l1 as f32;
    booster.l2 = parameters.l2 as f32;
    booster.gamma = parameters.min_gain as f32;
    booster.min_leaf_weight = parameters.min_leaf_weight as f32;
    booster.nbins = parameters.bins;
    booster.tiled_histograms = true;
    let weights = vec![1.0; training.rows.len()];
    let labels: Vec<f64> = training.rows.iter().map(|&row| training.labels[row]).collect();
    booster.fit(&table.matrix(), &labels, &weights, None).unwrap();
    let own = booster.predict(&table.matrix(), true);
    let ours = margins(&boosting(parameters, training).unwrap(), training);
    own.iter().zip(ours).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

/// What [`Rounds`] themselves think that they predict.
fn distance_to_rounds(parameters: &Boosting, training: &TrainingRows<'_>) -> f64 {
    let rounded = Rounded::new(training.inputs, training.rows).unwrap();
    let table = Table::new(training, training.rows, &rounded);
    let mut rounds = Rounds::new(parameters, training, &rounded, &table).unwrap();
    (0..parameters.trees).for_each(|_| rounds.grow());
    let ours = margins(&boosting(parameters, training).unwrap(), training);
    rounds.margins().iter().zip(ours).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

#[test]
fn our_predictions_are_forusts() {
    let table = Rectangle::new(700, 9);
    for task in [Task::Classification, Task::Regression] {
        for parameters in [
            small(),
            Boosting { max_leaves: Some(7), l1: 0.1, ..small() },
            Boosting { bins: 8, min_gain: 0.5, ..small() },
        ] {
            // Both add leaves in f64; only the order of one sum differs.
            let distance = distance_to_forust(&parameters, &table.training(task));
            assert!(distance < 1e-12, "{distance:e}");
        }
    }
}

#[test]
fn our_predictions_are_those_that_the_next_tree_was_grown_on() {
    let table = Rectangle::new(700, 9);
    let monotone = vec![("a".into(), Direction::Up), ("c".into(), Direction::Down)];
    for task in [Task::Classification, Task::Regression] {
        for parameters in [
            Boosting { subsample: 0.5, colsample: 0.5, ..small() },
            Boosting { max_leaves: Some(7), subsample: 0.8, ..small() },
            Boosting { monotone: monotone.clone(), subsample: 0.9, ..small() },
        ] {
            let distance = distance_to_rounds(&parameters, &table.training(task));
            assert!(distance < 1e-12, "{distance:e}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn our_predictions_are_forusts_on_any_table(seed in any::<u64>(), rows in 20..200_usize) {
        prop_assert!(distance_to_forust(&small(), &Rectangle::new(rows, seed).training(Task::Classification)) < 1e-12);
    }
}

#[test]
fn the_same_fit_has_the_same_bits() {
    let table = Rectangle::new(500, 1);
    let parameters = Boosting { subsample: 0.7, colsample: 0.7, ..small() };
    let training = table.training(Task::Classification);
    assert_eq!(boosting(&parameters, &training).unwrap(), boosting(&parameters, &training).unwrap());
    let other = boosting(&parameters, &TrainingRows { seed: 8, ..training }).unwrap();
    assert_ne!(boosting(&parameters, &training).unwrap().native, other.native);
}

#[test]
fn it_learns_what_a_line_cannot() {
    let table = Rectangle::new(2000, 3);
    let fitted = boosting(&small(), &table.training(Task::Classification)).unwrap();
    let margins = margins(&fitted, &table.training(Task::Classification));
    let right = margins.iter().zip(&table.labels).filter(|(margin, label)| (**margin > 0.0) == (**label > 0.5)).count();
    assert!(right > 1700, "{right} of 2000");
}

#[test]
fn a_constraint_holds_everywhere() {
    let table = Rectangle::new(800, 5);
    for (direction, sign) in [(Direction::Up, 1.0), (Direction::Down, -1.0)] {
        let parameters = Boosting { monotone: vec![("a".into(), direction)], ..small() };
        let fitted = boosting(&parameters, &table.training(Task::Classification)).unwrap();
        let model = predictor_of(&fitted.native);
        for other in [-1.5, 0.0, 0.7] {
            let inputs: Vec<f64> = (-40..40).flat_map(|i| [f64::from(i) / 10.0, other, 0.3, 1.0]).collect();
            let mut margins = vec![0.0; 80];
            model.margins(&inputs, &mut margins);
            assert!(margins.windows(2).all(|pair| sign * (pair[1] - pair[0]) >= 0.0), "{direction:?}: {margins:?}");
        }
    }
}

#[test]
fn early_stopping_counts_rounds_on_groups_that_were_not_seen() {
    let table = Rectangle::new(400, 6);
    let early = Some(EarlyStopping { rounds: 5, share: 0.3 });
    let parameters = Boosting { trees: 300, learning_rate: 0.5, early_stopping: early, ..small() };
    let fitted = boosting(&parameters, &table.training(Task::Classification)).unwrap();
    let stopped_at = fitted.stopped_at.unwrap();
    assert!((1..100).contains(&stopped_at), "{stopped_at}");
    let NativeModel::Trees(model) = &fitted.native else { unreachable!("boosting makes trees") };
    assert_eq!(model.trees().len(), stopped_at as usize);

    let groups = vec![0; 400];
    let one_group = TrainingRows { groups: &groups, ..table.training(Task::Classification) };
    assert!(matches!(boosting(&parameters, &one_group), Err(FitError::OneGroup { .. })));
}

#[test]
fn a_weight_counts_as_so_many_rows() {
    let table = Rectangle::new(300, 2);
    let training = table.training(Task::Classification);
    let weights: Vec<f64> = (0..300).map(|i| f64::from(u8::from(i % 2 == 0)) * 2.0).collect();
    let even: Vec<usize> = (0..300).step_by(2).collect();
    let algorithm = Algorithm::Boosting(small());
    let weighted = fit(&algorithm, &TrainingRows { weights: Some(&weights), ..training }).unwrap();
    let twos = vec![2.0; 300];
    let of_even = fit(&algorithm, &TrainingRows { rows: &even, weights: Some(&twos), ..training }).unwrap();
    assert_eq!(weighted, of_even);
    let none = vec![0.0; 300];
    let refused = fit(&algorithm, &TrainingRows { weights: Some(&none), ..training });
    assert!(matches!(refused, Err(FitError::NoWeight { rows: 300 })));
}

#[test]
fn labels_of_one_class_are_refused_and_of_one_number_are_not() {
    let table = Rectangle::new(100, 2);
    let ones = vec![1.0; 100];
    let training = TrainingRows { labels: &ones, ..table.training(Task::Classification) };
    assert!(matches!(boosting(&small(), &training), Err(FitError::OneClass { label: true, rows: 100 })));
    let fitted = boosting(&small(), &TrainingRows { task: Task::Regression, ..training }).unwrap();
    assert!(margins(&fitted, &training).iter().all(|x| (x - 1.0).abs() < 1e-6));
    assert_eq!(fitted.warnings, [Warning::NoSplit]);
}

#[test]
fn separated_labels_end_in_finite_margins() {
    let table = Rectangle::new(200, 2);
    let labels: Vec<f64> = table.inputs.columns()[0].iter().map(|x| f64::from(u8::from(*x > 0.0))).collect();
    let training = TrainingRows { labels: &labels, ..table.training(Task::Classification) };
    let fitted = boosting(&Boosting { trees: 200, learning_rate: 1.0, min_leaf_weight: 0.0, ..small() }, &training);
    assert!(margins(&fitted.unwrap(), &training).iter().all(|x| x.is_finite()));
}

#[test]
fn more_features_than_rows_make_a_model_or_say_that_there_is_none() {
    let columns = (0..40).map(|j| (0..10).map(|i| f64::from((i * (j + 3)) % 7)).collect()).collect();
    let inputs = crate::inputs::Inputs::new(columns).unwrap();
    let names: Vec<SmolStr> = (0..40).map(|j| SmolStr::from(format!("x{j}"))).collect();
    let labels: Vec<f64> = (0..10).map(|i| f64::from(i % 2)).collect();
    let (groups, rows): (Vec<u32>, Vec<usize>) = (0..10).map(|i| (i, i as usize)).unzip();
    let training = TrainingRows {
        task: Task::Classification,
        names: &names,
        inputs: &inputs,
        labels: &labels,
        weights: None,
        groups: &groups,
        rows: &rows,
        seed: 0,
    };
    let fitted = boosting(&Boosting::default(), &training).unwrap();
    assert_eq!(fitted.warnings.last(), Some(&Warning::NoSplit));
    let fitted = boosting(&small(), &training).unwrap();
    assert!(!fitted.warnings.contains(&Warning::NoSplit));
}

#[test]
fn nulls_everywhere_are_refused() {
    let inputs = crate::inputs::Inputs::new(vec![vec![f64::NAN; 4], vec![1.0; 4]]).unwrap();
    let table = Rectangle::new(4, 0);
    let training =
        TrainingRows { inputs: &inputs, labels: &[0.0, 1.0, 0.0, 1.0], ..table.training(Task::Classification) };
    assert!(matches!(boosting(&small(), &training), Err(FitError::NothingVaries)));
}

#[test]
fn a_missing_value_can_say_something() {
    let column: Vec<f64> = (0..100).map(|i| if i % 3 == 0 { f64::NAN } else { 1.0 }).collect();
    let labels: Vec<f64> = (0..100).map(|i| f64::from(u8::from(i % 3 == 0))).collect();
    let inputs = crate::inputs::Inputs::new(vec![column]).unwrap();
    let table = Rectangle::new(100, 0);
    let names = ["a".into()];
    let training =
        TrainingRows { inputs: &inputs, labels: &labels, names: &names, ..table.training(Task::Classification) };
    let fitted = boosting(&small(), &training).unwrap();
    let NativeModel::Trees(model) = &fitted.native else { unreachable!("boosting makes trees") };
    assert_eq!(model.link(), Link::Logit);
    let margins = margins(&fitted, &training);
    assert!(margins[0] > 1.0 && margins[1] < -1.0, "{:?}", &margins[..2]);
}
