//! Forests, by smartcore. Its regression trees on labels 0 and 1 are probability trees: the variance of a leaf is half its
//! Gini impurity, its mean the share of TRUE.

use features::project::{Forest, ForestVariant, Task};
use models::artifact::{Aggregation, Link, NativeModel, Node, TreeModel};
use rayon::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use smartcore::ensemble::extra_trees_regressor::{ExtraTreesRegressor, ExtraTreesRegressorParameters};
use smartcore::ensemble::random_forest_regressor::{RandomForestRegressor, RandomForestRegressorParameters};
use smartcore::linalg::basic::matrix::DenseMatrix;

use super::super::{FitError, Fitted, TrainingRows};
use super::{Rounded, cover, index, side, threshold_up_to, warnings};

pub(in crate::algorithm) fn forest(parameters: &Forest, training: &TrainingRows<'_>) -> Result<Fitted, FitError> {
    training.check_classes()?;
    let mut rounded = Rounded::new(training.inputs, training.rows)?;
    let imputation = impute(&mut rounded.columns);
    let rows = Rows {
        matrix: DenseMatrix::new(training.rows.len(), rounded.kept.len(), rounded.columns.concat(), true)?,
        labels: training.rows.iter().map(|&row| training.labels[row]).collect(),
        weights: training.weights_of(training.rows),
    };
    let features = split_features(parameters, training.task, rounded.kept.len());
    // One forest of one tree each, so that trees grow on all cores; the seeds are the same, whatever their number.
    let trees = (0..parameters.trees)
        .into_par_iter()
        .map(|tree| {
            let grown = grow(parameters, features, &rows, training.seed.wrapping_add(u64::from(tree)))?;
            let nodes = grown.nodes.iter().map(|node| taken_over(node, &rounded.kept, &imputation)).collect::<Vec<_>>();
            Ok(with_covers(nodes, &rounded, rows.weights.as_deref()))
        })
        .collect::<Result<Vec<_>, FitError>>()?;
    let warnings = warnings(rounded, &trees);
    // A forest's mean is the prediction itself.
    let model = TreeModel::new(Link::Identity, 0.0, Aggregation::Mean, training.inputs.width(), trees)?;
    Ok(Fitted { native: NativeModel::Trees(model), linear: None, stopped_at: None, warnings })
}

struct Rows {
    matrix: DenseMatrix<f32>,
    labels: Vec<f64>,
    weights: Option<Vec<f64>>,
}

/// smartcore knows no missing values: they take the column's mean, which is also where the predictor sends them.
fn impute(columns: &mut [Vec<f32>]) -> Vec<f32> {
    let mut means = Vec::with_capacity(columns.len());
    for column in columns {
        let (mut sum, mut count) = (0.0, 0_u32);
        for x in column.iter().filter(|x| !x.is_nan()) {
            sum += f64::from(*x);
            count += 1;
        }
        #[expect(clippy::cast_possible_truncation, reason = "trees compare in f32")]
        let mean = (sum / f64::from(count.max(1))) as f32;
        column.iter_mut().filter(|x| x.is_nan()).for_each(|x| *x = mean);
        means.push(mean);
    }
    means
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a count of features is small"
)]
fn split_features(parameters: &Forest, task: Task, features: usize) -> usize {
    let some = match (parameters.split_features, task) {
        (Some(some), _) => some as usize,
        (None, Task::Classification) => (features as f64).sqrt() as usize,
        (None, Task::Regression) => features / 3,
    };
    some.clamp(1, features)
}

fn grow(parameters: &Forest, features: usize, rows: &Rows, seed: u64) -> Result<Grown, FitError> {
    // Its root stands on level 1.
    let max_depth = u16::try_from(parameters.max_depth + 1).unwrap_or(u16::MAX);
    let leaf = parameters.min_leaf_rows as usize;
    let Rows { matrix, labels, weights } = rows;
    match parameters.variant {
        ForestVariant::Random => {
            let parameters = RandomForestRegressorParameters::default()
                .with_n_trees(1)
                .with_max_depth(max_depth)
                .with_min_samples_leaf(leaf)
                .with_min_samples_split(2 * leaf)
                .with_m(features)
                .with_seed(seed);
            grown(&match weights {
                Some(weights) => RandomForestRegressor::fit_with_weights(matrix, labels, weights, parameters)?,
                None => RandomForestRegressor::fit(matrix, labels, parameters)?,
            })
        }
        ForestVariant::Extra => {
            let parameters = ExtraTreesRegressorParameters::default()
                .with_n_trees(1)
                .with_max_depth(max_depth)
                .with_min_samples_leaf(leaf)
                .with_min_samples_split(2 * leaf)
                .with_m(features)
                .with_seed(seed);
            grown(&match weights {
                Some(weights) => ExtraTreesRegressor::fit_with_weights(matrix, labels, weights, parameters)?,
                None => ExtraTreesRegressor::fit(matrix, labels, parameters)?,
            })
        }
    }
}

/// smartcore shows its trees in their serialised form only.
fn grown(forest: &impl Serialize) -> Result<Grown, FitError> {
    let forest: Shown = serde_json::to_value(forest).and_then(read).map_err(FitError::ForestTrees)?;
    forest.forest_regressor.trees.into_iter().next().ok_or(FitError::NoRows)
}

fn read<T: DeserializeOwned>(value: serde_json::Value) -> Result<T, serde_json::Error> {
    serde_json::from_value(value)
}

#[derive(serde::Deserialize)]
struct Shown {
    forest_regressor: ShownForest,
}

#[derive(serde::Deserialize)]
struct ShownForest {
    trees: Vec<Grown>,
}

#[derive(serde::Deserialize)]
struct Grown {
    nodes: Vec<GrownNode>,
}

#[derive(serde::Deserialize)]
struct GrownNode {
    output: f64,
    split_feature: usize,
    split_value: Option<f64>,
    true_child: Option<usize>,
    false_child: Option<usize>,
}

/// smartcore goes left if an input is at most the split value.
fn taken_over(node: &GrownNode, kept: &[usize], imputation: &[f32]) -> Node {
    match (node.split_value, node.true_child, node.false_child) {
        (Some(value), Some(left), Some(right)) => {
            let threshold = threshold_up_to(value);
            Node::Split {
                feature: index(kept[node.split_feature]),
                threshold,
                left: index(left),
                right: index(right),
                missing: side(imputation[node.split_feature] < threshold),
            }
        }
        #[expect(clippy::cast_possible_truncation, reason = "leaves are f32")]
        _ => Node::Leaf { value: node.output as f32, cover: 0.0 },
    }
}

/// The weight of the training rows that each leaf gets.
fn with_covers(mut nodes: Vec<Node>, rounded: &Rounded, weights: Option<&[f64]>) -> Vec<Node> {
    let mut place = vec![0; rounded.kept.last().map_or(0, |last| last + 1)];
    for (column, &input) in rounded.kept.iter().enumerate() {
        place[input] = column;
    }
    let rows = rounded.columns.first().map_or(0, Vec::len);
    let mut covers = vec![0.0_f64; nodes.len()];
    for row in 0..rows {
        let mut at = 0;
        while let Node::Split { feature, threshold, left, right, .. } = nodes[at] {
            let x = rounded.columns[place[feature as usize]][row];
            at = if x < threshold { left } else { right } as usize;
        }
        covers[at] += weights.map_or(1.0, |weights| weights[row]);
    }
    for (node, sum) in nodes.iter_mut().zip(covers) {
        if let Node::Leaf { cover: place, .. } = node {
            #[expect(clippy::cast_possible_truncation, reason = "covers are f32")]
            let sum = sum as f32;
            *place = cover(sum);
        }
    }
    nodes
}

#[cfg(test)]
mod tests;
