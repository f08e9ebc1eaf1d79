//! Monotone constraints that hold for whole trees.
//!
//! forust puts the values of two siblings in order where their parent splits a constrained feature, and hands bounds down;
//! but below, where other features are split, it does not keep to them, so that a leaf on one side may pass a leaf on the
//! other. After each tree, and before the next is grown on what it leaves, every value is brought within its bounds: the
//! method of XGBoost, with bounds at the middle of the siblings' values.

use features::project::{Boosting, Direction};
use forust_ml::constraints::{Constraint, ConstraintMap};
use forust_ml::tree::Tree;

use super::super::super::TrainingRows;
use super::super::Rounded;

/// By the column's place in what forust sees.
pub(super) fn constraints(parameters: &Boosting, training: &TrainingRows<'_>, rounded: &Rounded) -> ConstraintMap {
    let constrained = parameters.monotone.iter().filter_map(|(name, direction)| {
        let place = rounded.kept.iter().position(|&input| training.names[input] == *name)?;
        let constraint = match direction {
            Direction::Up => Constraint::Positive,
            Direction::Down => Constraint::Negative,
        };
        Some((place, constraint))
    });
    constrained.collect()
}

/// Brings every value of `tree` within the bounds that the constrained splits above it set.
pub(super) fn hold(tree: &mut Tree, constraints: &ConstraintMap) {
    if constraints.is_empty() {
        return;
    }
    let mut bounds = vec![(f32::NEG_INFINITY, f32::INFINITY); tree.nodes.len()];
    // Children come after their parents.
    for node in 0..tree.nodes.len() {
        let (low, high) = bounds[node];
        let parent = &tree.nodes[node];
        if parent.is_leaf {
            continue;
        }
        let (left, right, constraint) = (parent.left_child, parent.right_child, constraints.get(&parent.split_feature));
        for child in [left, right] {
            tree.nodes[child].weight_value = tree.nodes[child].weight_value.max(low).min(high);
        }
        let middle = tree.nodes[left].weight_value.midpoint(tree.nodes[right].weight_value);
        (bounds[left], bounds[right]) = match constraint {
            None | Some(Constraint::Unconstrained) => ((low, high), (low, high)),
            Some(Constraint::Positive) => ((low, middle), (middle, high)),
            Some(Constraint::Negative) => ((middle, high), (low, middle)),
        };
        // Held below already, unless rounding put siblings out of order.
        for child in [left, right] {
            let (low, high) = bounds[child];
            tree.nodes[child].weight_value = tree.nodes[child].weight_value.max(low).min(high);
        }
    }
}
