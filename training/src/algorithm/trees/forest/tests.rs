use models::artifact::predictor_of;
use smartcore::linalg::basic::arrays::Array;

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
