use models::artifact::predictor_of;
use smartcore::linalg::basic::arrays::Array;

use super::super::super::fit;
use super::*;
use crate::algorithm::Warning;
use crate::fixture::Rectangle;

fn small(variant: ForestVariant) -> Forest {
    Forest { variant, trees: 12, max_depth: 6, min_leaf_rows: 3, split_features: None }
}

fn predictions(fitted: &Fitted, training: &TrainingRows<'_>) -> Vec<f64> {
    let mut predictions = vec![f64::NAN; training.rows.len()];
    predictor_of(&fitted.native).predict(&training.inputs.row_major(training.rows), &mut predictions);
    predictions
}

/// What smartcore itself predicts on the rows that it was fitted on.
fn smartcores(parameters: &Forest, training: &TrainingRows<'_>) -> Vec<f64> {
    let mut rounded = Rounded::new(training.inputs, training.rows).unwrap();
    impute(&mut rounded.columns);
    let (rows, columns) = (training.rows.len(), rounded.kept.len());
    let matrix = DenseMatrix::new(rows, columns, rounded.columns.concat(), true).unwrap();
    assert_eq!(matrix.shape(), (rows, columns));
    let labels: Vec<f64> = training.labels.to_vec();
    let features = split_features(parameters, training.task, columns);
    let (depth, leaf) = (u16::try_from(parameters.max_depth).unwrap() + 1, parameters.min_leaf_rows as usize);
    let mut sums = vec![0.0; rows];
    for tree in 0..u64::from(parameters.trees) {
        let random = RandomForestRegressorParameters {
            max_depth: Some(depth),
            min_samples_leaf: leaf,
            min_samples_split: 2 * leaf,
            n_trees: 1,
            m: Some(features),
            keep_samples: false,
            seed: training.seed + tree,
        };
        let own = match parameters.variant {
            ForestVariant::Random => RandomForestRegressor::fit(&matrix, &labels, random).unwrap().predict(&matrix),
            ForestVariant::Extra => {
                let extra = ExtraTreesRegressorParameters {
                    max_depth: random.max_depth,
                    min_samples_leaf: leaf,
                    min_samples_split: 2 * leaf,
                    n_trees: 1,
                    m: random.m,
                    keep_samples: false,
                    seed: random.seed,
                };
                ExtraTreesRegressor::fit(&matrix, &labels, extra).unwrap().predict(&matrix)
            }
        };
        for (sum, x) in sums.iter_mut().zip(own.unwrap()) {
            *sum += x / f64::from(parameters.trees);
        }
    }
    sums
}

#[test]
fn our_predictions_are_smartcores() {
    let table = Rectangle::new(600, 4);
    for task in [Task::Classification, Task::Regression] {
        for variant in [ForestVariant::Random, ForestVariant::Extra] {
            let (parameters, training) = (small(variant), table.training(task));
            let fitted = forest(&parameters, &training).unwrap();
            for (own, ours) in smartcores(&parameters, &training).iter().zip(predictions(&fitted, &training)) {
                // Leaves are rounded to f32.
                assert!((own - ours).abs() <= 1e-6 * own.abs().max(1.0), "{own} and {ours}");
            }
        }
    }
}

#[test]
fn a_classification_is_a_probability() {
    let table = Rectangle::new(600, 4);
    let training = table.training(Task::Classification);
    let fitted = forest(&small(ForestVariant::Random), &training).unwrap();
    let predictions = predictions(&fitted, &training);
    assert!(predictions.iter().all(|p| (0.0..=1.0).contains(p)));
    let right = predictions.iter().zip(&table.labels).filter(|(p, label)| (**p > 0.5) == (**label > 0.5)).count();
    assert!(right > 480, "{right} of 600");
}

#[test]
fn trees_keep_their_depth_and_leaves_their_rows() {
    let table = Rectangle::new(600, 4);
    let parameters = Forest { max_depth: 3, min_leaf_rows: 40, ..small(ForestVariant::Extra) };
    let fitted = forest(&parameters, &table.training(Task::Regression)).unwrap();
    let NativeModel::Trees(model) = &fitted.native else { unreachable!("a forest is trees") };
    assert_eq!(model.trees().len(), 12);
    assert!(model.trees().iter().any(|tree| tree.depth() == 3));
    for tree in model.trees() {
        assert!(tree.depth() <= 3);
        let covers: Vec<f32> = tree
            .nodes()
            .iter()
            .filter_map(|node| if let Node::Leaf { cover, .. } = node { Some(*cover) } else { None })
            .collect();
        assert!(covers.iter().all(|cover| *cover >= 40.0), "{covers:?}");
        assert_eq!(covers.iter().sum::<f32>(), 600.0);
    }
}

/// Whole numbers as weights, so that sums are exact.
fn weights(rows: usize) -> Vec<f64> {
    (0..rows).map(|row| [1.0, 2.0, 5.0][row % 3]).collect()
}

#[test]
fn a_leaf_of_an_extra_tree_is_its_rows_weighted_mean() {
    let table = Rectangle::new(600, 4);
    for task in [Task::Classification, Task::Regression] {
        let weights = weights(600);
        let training = TrainingRows { weights: Some(&weights), ..table.training(task) };
        let fitted = forest(&small(ForestVariant::Extra), &training).unwrap();
        let NativeModel::Trees(model) = &fitted.native else { unreachable!("a forest is trees") };
        for tree in model.trees() {
            let alone = TreeModel::new(Link::Identity, 0.0, Aggregation::Mean, 4, vec![tree.nodes().to_vec()]).unwrap();
            let mut of_rows = vec![f64::NAN; 600];
            predictor_of(&NativeModel::Trees(alone)).predict(&training.inputs.row_major(training.rows), &mut of_rows);
            for node in tree.nodes() {
                let Node::Leaf { value, cover } = node else { continue };
                let here = || (0..600).filter(|&row| of_rows[row] == f64::from(*value));
                let weight: f64 = here().map(|row| weights[row]).sum();
                let mean = here().map(|row| weights[row] * training.labels[row]).sum::<f64>() / weight;
                assert!((mean - f64::from(*value)).abs() < 1e-6, "{mean} and {value}");
                // Several leaves may say the same.
                assert!(f64::from(*cover) <= weight, "{cover} of {weight}");
            }
        }
    }
}

#[test]
fn a_random_forest_leans_to_rows_that_weigh_more() {
    let table = Rectangle::new(600, 4);
    let training = table.training(Task::Classification);
    let lean = |of_true: f64| {
        let weights: Vec<f64> = training.labels.iter().map(|y| if *y > 0.5 { of_true } else { 1.0 }).collect();
        let training = TrainingRows { weights: Some(&weights), ..training };
        let predictions = predictions(&forest(&small(ForestVariant::Random), &training).unwrap(), &training);
        predictions.iter().sum::<f64>() / 600.0
    };
    let (less, even, more) = (lean(0.2), lean(1.0), lean(5.0));
    assert!(less + 0.1 < even && even + 0.1 < more, "{less}, {even}, {more}");
}

#[test]
fn rows_without_weight_are_not_there() {
    let table = Rectangle::new(300, 2);
    let training = table.training(Task::Classification);
    let weights: Vec<f64> = (0..300).map(|row| if row % 2 == 0 { 2.0 } else { 0.0 }).collect();
    let even: Vec<usize> = (0..300).step_by(2).collect();
    let twos = vec![2.0; 300];
    for variant in [ForestVariant::Random, ForestVariant::Extra] {
        let algorithm = features::project::Algorithm::Forest(small(variant));
        let weighted = fit(&algorithm, &TrainingRows { weights: Some(&weights), ..training }).unwrap();
        let of_even = fit(&algorithm, &TrainingRows { rows: &even, weights: Some(&twos), ..training }).unwrap();
        assert_eq!(weighted, of_even);
    }
}

#[test]
fn bad_input_is_told() {
    let table = Rectangle::new(30, 4);
    let ones = vec![1.0; 30];
    let training = table.training(Task::Classification);
    let one_class = forest(&small(ForestVariant::Random), &TrainingRows { labels: &ones, ..training });
    assert!(matches!(one_class, Err(FitError::OneClass { label: true, rows: 30 })));
    let parameters = Forest { min_leaf_rows: 20, ..small(ForestVariant::Extra) };
    assert_eq!(forest(&parameters, &training).unwrap().warnings, [Warning::NoSplit]);
    let inputs = crate::inputs::Inputs::new(vec![vec![f64::NAN; 30]]).unwrap();
    let nulls = forest(&small(ForestVariant::Random), &TrainingRows { inputs: &inputs, ..training });
    assert!(matches!(nulls, Err(FitError::NothingVaries)));
}
