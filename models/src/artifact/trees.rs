//! Ensembles of decision trees, checked.

mod file;

use super::Link;

pub use file::InvalidTreesFile;
pub(super) use file::{TreesHead, from_bytes, to_bytes};

/// Deeper trees are refused: no fit that generalises needs them, and it bounds every walk.
pub const MAX_DEPTH: usize = 64;
/// Inputs of an ensemble at most.
pub const MAX_WIDTH: usize = 1 << 16;
/// Nodes of an ensemble at most.
pub const MAX_NODES: usize = 1 << 26;

/// margin = base + sum (or mean) of one leaf of each tree, then the link.
///
/// A row finds its leaf from the root on: at a split, the input rounded to f32 (to nearest, ties to even) goes left if
/// it is less than the threshold and right otherwise; a missing one (NaN or an infinity before rounding) goes where the
/// split says. This is ONNX's `BRANCH_LT` with `nodes_missing_value_tracks_true`; `x <= t` is `x < t'` with t' the next
/// f32 above t. Leaves are added in f64 in the order of the trees, the base last.
///
/// Checked when built: each tree is a tree (every node but the root is the child of one node before it), no deeper than
/// [`MAX_DEPTH`]; features are inputs; all numbers finite, covers positive.
#[derive(Debug, Clone, PartialEq)]
pub struct TreeModel {
    link: Link,
    base: f64,
    aggregation: Aggregation,
    width: usize,
    trees: Vec<Tree>,
}

/// How the leaves that a row finds make a margin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Aggregation {
    /// Boosting: each tree corrects the sum of those before it.
    Sum,
    /// Forests: each tree is a model of its own.
    Mean,
}

/// Nodes by index; the root is node 0, children come after their parent.
#[derive(Debug, Clone, PartialEq)]
pub struct Tree {
    nodes: Vec<Node>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Node {
    Split {
        /// Index of the input.
        feature: u32,
        threshold: f32,
        /// The child for inputs less than the threshold, by index in the tree.
        left: u32,
        right: u32,
        /// Where a missing input goes.
        missing: Side,
    },
    Leaf {
        value: f32,
        /// The weight of the training rows that end here, in units of the algorithm's own: explanations weigh by it.
        cover: f32,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Left,
    Right,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTrees {
    #[error("there is no tree")]
    NoTree,
    #[error("{width} inputs are more than {MAX_WIDTH}")]
    TooWide { width: usize },
    #[error("there are more than {MAX_NODES} nodes")]
    TooManyNodes,
    #[error("the base is not a finite number")]
    Base,
    #[error("tree {tree} has no node")]
    Empty { tree: usize },
    #[error("node {node} of tree {tree} reads input {feature} of {width}")]
    Feature { tree: usize, node: usize, feature: u32, width: usize },
    #[error("the {what} of node {node} of tree {tree} is not a finite number")]
    NotFinite { tree: usize, node: usize, what: &'static str },
    #[error("the cover of node {node} of tree {tree} is not above 0")]
    Cover { tree: usize, node: usize },
    #[error("node {node} of tree {tree} has the child {child}, which does not come after it or is not there")]
    Child { tree: usize, node: usize, child: u32 },
    #[error("node {node} of tree {tree} is the child of {parents} nodes")]
    Parents { tree: usize, node: usize, parents: u32 },
    #[error("tree {tree} is deeper than {MAX_DEPTH}")]
    Depth { tree: usize },
}

impl TreeModel {
    /// `width` is the number of inputs of a row; `trees` are nodes as [`Tree`] has them.
    pub fn new(
        link: Link,
        base: f64,
        aggregation: Aggregation,
        width: usize,
        trees: Vec<Vec<Node>>,
    ) -> Result<TreeModel, InvalidTrees> {
        if trees.is_empty() {
            return Err(InvalidTrees::NoTree);
        }
        if MAX_WIDTH < width {
            return Err(InvalidTrees::TooWide { width });
        }
        if MAX_NODES < trees.iter().map(Vec::len).sum() {
            return Err(InvalidTrees::TooManyNodes);
        }
        if !base.is_finite() {
            return Err(InvalidTrees::Base);
        }
        for (tree, nodes) in trees.iter().enumerate() {
            check(tree, nodes, width)?;
        }
        let trees = trees.into_iter().map(|nodes| Tree { nodes }).collect();
        Ok(TreeModel { link, base, aggregation, width, trees })
    }

    pub fn link(&self) -> Link {
        self.link
    }

    /// What is added to the trees' sum or mean.
    pub fn base(&self) -> f64 {
        self.base
    }

    pub fn aggregation(&self) -> Aggregation {
        self.aggregation
    }

    /// The number of inputs of one row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// At least one.
    pub fn trees(&self) -> &[Tree] {
        &self.trees
    }
}

impl Tree {
    /// At least one; the root first.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// Splits on the longest way from the root to a leaf.
    pub fn depth(&self) -> usize {
        depths(&self.nodes).into_iter().max().unwrap_or(0)
    }
}

/// Of each node; children come after their parents.
fn depths(nodes: &[Node]) -> Vec<usize> {
    let mut depths = vec![0; nodes.len()];
    for (index, node) in nodes.iter().enumerate() {
        if let Node::Split { left, right, .. } = *node {
            for child in [left, right] {
                depths[child as usize] = depths[index] + 1;
            }
        }
    }
    depths
}

fn check(tree: usize, nodes: &[Node], width: usize) -> Result<(), InvalidTrees> {
    if nodes.is_empty() {
        return Err(InvalidTrees::Empty { tree });
    }
    let mut parents = vec![0_u32; nodes.len()];
    for (node, checked) in nodes.iter().enumerate() {
        let not_finite = |what| InvalidTrees::NotFinite { tree, node, what };
        match *checked {
            Node::Leaf { value, cover } => {
                if !value.is_finite() {
                    return Err(not_finite("value"));
                }
                if !cover.is_finite() {
                    return Err(not_finite("cover"));
                }
                if cover <= 0.0 {
                    return Err(InvalidTrees::Cover { tree, node });
                }
            }
            Node::Split { feature, threshold, left, right, .. } => {
                if width <= feature as usize {
                    return Err(InvalidTrees::Feature { tree, node, feature, width });
                }
                if !threshold.is_finite() {
                    return Err(not_finite("threshold"));
                }
                for child in [left, right] {
                    match parents.get_mut(child as usize) {
                        Some(count) if node < child as usize => *count += 1,
                        _ => return Err(InvalidTrees::Child { tree, node, child }),
                    }
                }
            }
        }
    }
    if let Some((node, &parents)) = parents.iter().enumerate().skip(1).find(|(_, count)| **count != 1) {
        return Err(InvalidTrees::Parents { tree, node, parents });
    }
    if depths(nodes).into_iter().any(|depth| MAX_DEPTH < depth) {
        return Err(InvalidTrees::Depth { tree });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
