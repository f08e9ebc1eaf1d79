//! An ensemble of trees as a graph: round to single precision, add up leaves, add the base.
//!
//! `TreeEnsembleRegressor` gives single precision, whatever it adds up in. So every leaf is given in two parts: a
//! multiple of a step that is coarse enough for the sum of all trees to be exact in single precision, and the rest,
//! whose sum is so small that its rounding does not count. The two sums are put together in double precision.

use super::graph::{self, Graph, signed};
use crate::artifact::{Aggregation, Node, Side, TreeModel};
use crate::onnx::proto::element;

/// Adds the model's margin, one column; returns its name.
pub(super) fn margin(graph: &mut Graph, model: &TreeModel, features: &str) -> &'static str {
    let single = single(graph, features);
    let parts = graph.ml_node("TreeEnsembleRegressor", &[single], "leaf_sums", ensemble(model));
    let to_double = vec![graph::int("to", i64::from(element::DOUBLE))];
    let parts = graph.node_with("Cast", &[parts], "leaf_sums_double", to_double);
    let columns = graph.integers("columns", &[1]);
    let mut sum = graph.node("ReduceSum", &[parts, columns], "leaf_sum");
    if model.aggregation() == Aggregation::Mean {
        #[expect(clippy::cast_precision_loss, reason = "a count of trees is far below 2^53")]
        let trees = graph.double("trees", model.trees().len() as f64);
        sum = graph.node("Div", &[sum, trees], "leaf_mean");
    }
    let base = graph.double("base", model.base());
    graph.node("Add", &[sum, base], "margin")
}

/// The inputs rounded to single precision and NaN where missing, as doubles: so the operator compares and adds in double.
fn single(graph: &mut Graph, features: &str) -> &'static str {
    let known = super::known(graph, features);
    let missing = graph.double("missing", f64::NAN);
    let given = graph.node("Where", &[known, features, missing], "given");
    let to = |element| vec![graph::int("to", i64::from(element))];
    let single = graph.node_with("Cast", &[given], "single", to(element::FLOAT));
    graph.node_with("Cast", &[single], "rounded", to(element::DOUBLE))
}

fn ensemble(model: &TreeModel) -> Vec<crate::onnx::proto::AttributeProto> {
    let step = step(model);
    let mut nodes = Nodes::default();
    let mut leaves = Leaves::default();
    for (tree, content) in model.trees().iter().enumerate() {
        for (id, node) in content.nodes().iter().enumerate() {
            let place = (signed(tree), signed(id));
            nodes.add(place, node);
            if let Node::Leaf { value, .. } = *node {
                let coarse = (f64::from(value) / step).round() * step;
                leaves.add(place, 0, coarse);
                leaves.add(place, 1, f64::from(value) - coarse);
            }
        }
    }
    vec![
        graph::string("aggregate_function", "SUM"),
        graph::int("n_targets", 2),
        graph::ints("nodes_falsenodeids", nodes.right),
        graph::ints("nodes_featureids", nodes.features),
        graph::ints("nodes_missing_value_tracks_true", nodes.missing_left),
        graph::strings("nodes_modes", nodes.modes),
        graph::ints("nodes_nodeids", nodes.ids),
        graph::ints("nodes_treeids", nodes.trees),
        graph::ints("nodes_truenodeids", nodes.left),
        graph::tensor("nodes_values_as_tensor", &nodes.thresholds),
        graph::string("post_transform", "NONE"),
        graph::ints("target_ids", leaves.targets),
        graph::ints("target_nodeids", leaves.ids),
        graph::ints("target_treeids", leaves.trees),
        graph::tensor("target_weights_as_tensor", &leaves.weights),
    ]
}

/// A power of two, of which no sum of one leaf of each tree is more than 2²³ times.
fn step(model: &TreeModel) -> f64 {
    let largest = |nodes: &[Node]| {
        let magnitude = |node: &Node| if let Node::Leaf { value, .. } = node { f64::from(value.abs()) } else { 0.0 };
        nodes.iter().map(magnitude).fold(0.0, f64::max)
    };
    let bound: f64 = model.trees().iter().map(|tree| largest(tree.nodes())).sum();
    let bound = bound.max(f64::from(f32::MIN_POSITIVE));
    (bound.log2().ceil() - 22.0).exp2()
}

#[derive(Default)]
struct Nodes {
    trees: Vec<i64>,
    ids: Vec<i64>,
    modes: Vec<Vec<u8>>,
    features: Vec<i64>,
    thresholds: Vec<f64>,
    left: Vec<i64>,
    right: Vec<i64>,
    missing_left: Vec<i64>,
}

impl Nodes {
    fn add(&mut self, (tree, id): (i64, i64), node: &Node) {
        let (mode, feature, threshold, left, right, missing) = match *node {
            Node::Leaf { .. } => ("LEAF", 0, 0.0, 0, 0, Side::Right),
            Node::Split { feature, threshold, left, right, missing } => {
                ("BRANCH_LT", feature, threshold, left, right, missing)
            }
        };
        self.trees.push(tree);
        self.ids.push(id);
        self.modes.push(mode.as_bytes().to_vec());
        self.features.push(i64::from(feature));
        self.thresholds.push(f64::from(threshold));
        self.left.push(i64::from(left));
        self.right.push(i64::from(right));
        self.missing_left.push(i64::from(missing == Side::Left));
    }
}

#[derive(Default)]
struct Leaves {
    trees: Vec<i64>,
    ids: Vec<i64>,
    targets: Vec<i64>,
    weights: Vec<f64>,
}

impl Leaves {
    fn add(&mut self, (tree, id): (i64, i64), target: i64, weight: f64) {
        self.trees.push(tree);
        self.ids.push(id);
        self.targets.push(target);
        self.weights.push(weight);
    }
}
