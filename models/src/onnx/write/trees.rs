//! An ensemble of trees as a graph: round to single precision, add up leaves, add the base.
//!
//! `TreeEnsembleRegressor` gives single precision, whatever it adds up in. So every leaf is given in two parts: a
//! multiple of a step that is coarse enough for the sum of all trees to be exact in single precision, and the rest,
//! whose sum is so small that its rounding does not count. The two sums are put together in double precision.

use super::graph::{self, Graph, signed};
use crate::artifact::{Aggregation, Node, Side, Tree, TreeModel};
use crate::onnx::proto::{AttributeProto, element};

/// Adds the model's margin, one column; returns its name.
pub(super) fn margin(graph: &mut Graph, model: &TreeModel, features: &str) -> &'static str {
    let known = super::known(graph, features);
    let rounded = rounded(graph, features, known);
    let mut ensemble = Ensemble::new(step(model));
    for tree in model.trees() {
        ensemble.begin();
        ensemble.grow(tree, 1.0);
    }
    let columns = graph.integers("columns", &[1]);
    let mut sum = sum(graph, rounded, ensemble, columns);
    if model.aggregation() == Aggregation::Mean {
        let trees = graph.double("trees", divisor(model));
        sum = graph.node("Div", &[sum, trees], "leaf_mean");
    }
    let base = graph.double("base", model.base());
    graph.node("Add", &[sum, base], "margin")
}

/// By what the sum of leaves is divided.
pub(super) fn divisor(model: &TreeModel) -> f64 {
    match model.aggregation() {
        Aggregation::Sum => 1.0,
        #[expect(clippy::cast_precision_loss, reason = "a count of trees is far below 2^53")]
        Aggregation::Mean => model.trees().len() as f64,
    }
}

/// Adds the sum of the leaves that `rounded` rows find.
pub(super) fn sum(graph: &mut Graph, rounded: &str, ensemble: Ensemble, columns: &str) -> &'static str {
    let parts = graph.ml_node("TreeEnsembleRegressor", &[rounded], "leaf_sums", ensemble.attributes());
    let to_double = vec![graph::int("to", i64::from(element::DOUBLE))];
    let parts = graph.node_with("Cast", &[parts], "leaf_sums_double", to_double);
    graph.node("ReduceSum", &[parts, columns], "leaf_sum")
}

/// The inputs rounded to single precision and NaN where missing, as doubles: so the operator compares and adds in double.
pub(super) fn rounded(graph: &mut Graph, features: &str, known: &str) -> &'static str {
    let missing = graph.double("missing", f64::NAN);
    let given = graph.node("Where", &[known, features, missing], "given");
    let to = |element| vec![graph::int("to", i64::from(element))];
    let single = graph.node_with("Cast", &[given], "single", to(element::FLOAT));
    graph.node_with("Cast", &[single], "rounded", to(element::DOUBLE))
}

/// A power of two, of which no sum of one leaf of each tree is more than 2²³ times.
pub(super) fn step(model: &TreeModel) -> f64 {
    let largest = |nodes: &[Node]| {
        let magnitude = |node: &Node| if let Node::Leaf { value, .. } = node { f64::from(value.abs()) } else { 0.0 };
        nodes.iter().map(magnitude).fold(0.0, f64::max)
    };
    let bound: f64 = model.trees().iter().map(|tree| largest(tree.nodes())).sum();
    let bound = bound.max(f64::from(f32::MIN_POSITIVE));
    (bound.log2().ceil() - 22.0).exp2()
}

/// What a `TreeEnsembleRegressor` is made of, tree by tree; each tree's root comes first.
pub(super) struct Ensemble {
    step: f64,
    tree: i64,
    nodes: Nodes,
    leaves: Leaves,
    /// Nodes of the tree that grows.
    grown: i64,
}

impl Ensemble {
    /// Leaves are cut at multiples of `step`.
    pub(super) fn new(step: f64) -> Ensemble {
        Ensemble { step, tree: -1, nodes: Nodes::default(), leaves: Leaves::default(), grown: 0 }
    }

    /// Begins another tree.
    pub(super) fn begin(&mut self) {
        self.tree += 1;
        self.grown = 0;
    }

    /// Adds a tree, its leaves times `scale`; returns its root.
    pub(super) fn grow(&mut self, tree: &Tree, scale: f64) -> i64 {
        let root = self.grown;
        for node in tree.nodes() {
            match *node {
                Node::Leaf { value, .. } => self.leaf(f64::from(value) * scale),
                Node::Split { feature, threshold, left, right, missing } => self.split(Split {
                    feature: i64::from(feature),
                    threshold: f64::from(threshold),
                    left: root + i64::from(left),
                    right: root + i64::from(right),
                    missing_left: missing == Side::Left,
                }),
            };
        }
        root
    }

    /// Adds a leaf that adds nothing.
    pub(super) fn nothing(&mut self) -> i64 {
        self.leaf(0.0)
    }

    /// Adds a split of an input that is never missing, whose children follow.
    pub(super) fn fork(&mut self, feature: usize, threshold: f64) -> i64 {
        self.split(Split { feature: signed(feature), threshold, left: 0, right: 0, missing_left: false })
    }

    /// Says which nodes a fork's children are.
    pub(super) fn join(&mut self, fork: i64, left: i64, right: i64) {
        // The tree's nodes are the last that were added.
        let from_end = usize::try_from(self.grown - fork).unwrap_or(usize::MAX);
        if let Some(place) = self.nodes.left.len().checked_sub(from_end) {
            self.nodes.left[place] = left;
            self.nodes.right[place] = right;
        }
    }

    fn leaf(&mut self, value: f64) -> i64 {
        let coarse = (value / self.step).round() * self.step;
        for (target, weight) in [(0, coarse), (1, value - coarse)] {
            self.leaves.trees.push(self.tree);
            self.leaves.ids.push(self.grown);
            self.leaves.targets.push(target);
            self.leaves.weights.push(weight);
        }
        self.node(b"LEAF", Split { feature: 0, threshold: 0.0, left: 0, right: 0, missing_left: false })
    }

    fn split(&mut self, split: Split) -> i64 {
        self.node(b"BRANCH_LT", split)
    }

    fn node(&mut self, mode: &[u8], split: Split) -> i64 {
        let id = self.grown;
        self.nodes.trees.push(self.tree);
        self.nodes.ids.push(id);
        self.nodes.modes.push(mode.to_vec());
        self.nodes.features.push(split.feature);
        self.nodes.thresholds.push(split.threshold);
        self.nodes.left.push(split.left);
        self.nodes.right.push(split.right);
        self.nodes.missing_left.push(i64::from(split.missing_left));
        self.grown += 1;
        id
    }

    fn attributes(self) -> Vec<AttributeProto> {
        let (nodes, leaves) = (self.nodes, self.leaves);
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
}

/// Of a node that splits.
struct Split {
    feature: i64,
    threshold: f64,
    left: i64,
    right: i64,
    missing_left: bool,
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

#[derive(Default)]
struct Leaves {
    trees: Vec<i64>,
    ids: Vec<i64>,
    targets: Vec<i64>,
    weights: Vec<f64>,
}
