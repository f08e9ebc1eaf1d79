//! Gradient boosting. Its trees are grown by forust; the rounds are our own, because forust holds monotone constraints
//! between siblings only (see [`monotone`]).

mod monotone;
mod rounds;

use features::project::{Boosting, Task};
use models::artifact::{Aggregation, NativeModel, Node, TreeModel};

use super::super::held_out::hold_out;
use super::super::{FitError, Fitted, TrainingRows, one_class};
use super::{Rounded, cover, index, side, threshold_below, warnings};
use rounds::{Rounds, Table};

const PURPOSE: &str = "early_stopping";

pub(in crate::algorithm) fn boosting(parameters: &Boosting, training: &TrainingRows<'_>) -> Result<Fitted, FitError> {
    training.check_classes()?;
    let rounded = Rounded::new(training.inputs, training.rows)?;
    let stopped_at = match parameters.early_stopping {
        Some(early) => Some(best_rounds(parameters, early.rounds, early.share, training, &rounded)?),
        None => None,
    };
    let table = Table::new(training, training.rows, &rounded);
    let mut rounds = Rounds::new(parameters, training, &rounded, &table)?;
    for _ in 0..stopped_at.unwrap_or(parameters.trees) {
        rounds.grow();
    }
    let (base, trees) = rounds.finish();
    let trees: Vec<Vec<Node>> = trees.iter().map(|tree| taken_over(tree, &rounded.kept)).collect();
    let warnings = warnings(rounded, &trees);
    let model = TreeModel::new(training.link(), base, Aggregation::Sum, training.inputs.width(), trees)?;
    Ok(Fitted { native: NativeModel::Trees(model), linear: None, stopped_at, warnings })
}

/// How many rounds lower the loss of groups that the trees have not seen.
fn best_rounds(
    parameters: &Boosting,
    patience: u32,
    share: f64,
    training: &TrainingRows<'_>,
    rounded: &Rounded,
) -> Result<u32, FitError> {
    let (seen, unseen) = hold_out(training.groups, training.rows, share, training.seed)
        .ok_or(FitError::OneGroup { purpose: PURPOSE })?;
    if let (Task::Classification, Some(label)) = (training.task, one_class(seen.iter().map(|&r| training.labels[r]))) {
        return Err(FitError::OneClassLeft { label, rows: seen.len(), purpose: PURPOSE });
    }
    let (seen, unseen) = (Table::new(training, &seen, rounded), Table::new(training, &unseen, rounded));
    let mut rounds = Rounds::new(parameters, training, rounded, &seen)?;
    let mut judged = rounds.judge(&unseen);
    let (mut best, mut least) = (1, f64::INFINITY);
    for round in 1..=parameters.trees {
        rounds.grow();
        let loss = rounds.loss(&mut judged);
        if loss < least {
            (best, least) = (round, loss);
        } else if patience <= round - best {
            break;
        }
    }
    Ok(best)
}

/// forust sends a missing value left or right, and others left if they are less than the split value.
fn taken_over(tree: &forust_ml::tree::Tree, kept: &[usize]) -> Vec<Node> {
    let nodes = tree.nodes.iter().map(|node| {
        if node.is_leaf {
            return Node::Leaf { value: node.weight_value, cover: cover(node.hessian_sum) };
        }
        Node::Split {
            feature: index(kept[node.split_feature]),
            threshold: threshold_below(node.split_value),
            left: index(node.left_child),
            right: index(node.right_child),
            missing: side(node.missing_node == node.left_child),
        }
    });
    nodes.collect()
}

#[cfg(test)]
mod tests;
