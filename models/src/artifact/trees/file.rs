//! `trees.bin`: the nodes of all trees, little-endian, 16 bytes each. What is not a node stands in `model.json`.
//!
//! | bytes | what |
//! |---|---|
//! | 8 | `CLUTCHTR` |
//! | 4 | format version, 1 |
//! | 4 | trees |
//! | 4 for each tree | its nodes |
//! | 16 for each node | kind and feature, number, left child, right child |
//!
//! The first word of a node is its feature, with bit 30 set where missing inputs go left; the number is its threshold.
//! Of a leaf it is 2³¹; the number is its value, the next word its cover (both f32), the last 0.

use super::{Aggregation, InvalidTrees, Link, Node, Side, Tree, TreeModel};

const MAGIC: &[u8; 8] = b"CLUTCHTR";
const VERSION: u32 = 1;
const LEAF: u32 = 1 << 31;
const MISSING_LEFT: u32 = 1 << 30;
const NODE_BYTES: usize = 16;

/// What `model.json` says of the ensemble.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub(in crate::artifact) struct TreesHead {
    link: Link,
    base: f64,
    aggregation: Aggregation,
    width: usize,
    trees: usize,
}

impl TreesHead {
    pub(in crate::artifact) fn of(model: &TreeModel) -> TreesHead {
        let TreeModel { link, base, aggregation, width, ref trees } = *model;
        TreesHead { link, base, aggregation, width, trees: trees.len() }
    }
}

/// Why bytes hold no trees.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTreesFile {
    #[error("it does not begin as a file of trees does")]
    Magic,
    #[error("it has format version {found}, this clutch reads {VERSION}: use a newer clutch")]
    Newer { found: u32 },
    #[error("it ends too early")]
    Short,
    #[error("it goes on after the last node")]
    Long,
    #[error("it holds {found} trees, `model.json` says {told}")]
    Trees { found: usize, told: usize },
    #[error("node {node} of tree {tree} is neither a split nor a leaf")]
    Node { tree: usize, node: usize },
    #[error(transparent)]
    Invalid(#[from] InvalidTrees),
}

pub(in crate::artifact) fn to_bytes(model: &TreeModel) -> Vec<u8> {
    let nodes: usize = model.trees.iter().map(|tree| tree.nodes.len()).sum();
    let mut bytes = Vec::with_capacity(16 + 4 * model.trees.len() + NODE_BYTES * nodes);
    bytes.extend_from_slice(MAGIC);
    let mut word = |word: u32| bytes.extend_from_slice(&word.to_le_bytes());
    word(VERSION);
    word(count(model.trees.len()));
    for tree in &model.trees {
        word(count(tree.nodes.len()));
    }
    for node in model.trees.iter().flat_map(Tree::nodes) {
        let words = match *node {
            Node::Split { feature, threshold, left, right, missing } => {
                let missing = if missing == Side::Left { MISSING_LEFT } else { 0 };
                [feature | missing, threshold.to_bits(), left, right]
            }
            Node::Leaf { value, cover } => [LEAF, value.to_bits(), cover.to_bits(), 0],
        };
        words.into_iter().for_each(&mut word);
    }
    bytes
}

/// A checked ensemble has at most 2²⁶ nodes, and no tree without one.
fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

pub(in crate::artifact) fn from_bytes(head: &TreesHead, bytes: &[u8]) -> Result<TreeModel, InvalidTreesFile> {
    let rest = bytes.strip_prefix(MAGIC).ok_or(InvalidTreesFile::Magic)?;
    let (words, odd) = rest.as_chunks::<4>();
    let mut words = words.iter().map(|bytes| u32::from_le_bytes(*bytes));
    let mut word = || words.next().ok_or(InvalidTreesFile::Short);
    let found = word()?;
    if found != VERSION {
        return Err(InvalidTreesFile::Newer { found });
    }
    let found = word()? as usize;
    if found != head.trees {
        return Err(InvalidTreesFile::Trees { found, told: head.trees });
    }
    // Nothing is allocated for more than the bytes can hold.
    if bytes.len() / 4 < found {
        return Err(InvalidTreesFile::Short);
    }
    let sizes = (0..found).map(|_| word()).collect::<Result<Vec<u32>, _>>()?;
    let total = sizes.iter().map(|&size| u64::from(size)).sum::<u64>();
    if ((bytes.len() / NODE_BYTES) as u64) < total {
        return Err(InvalidTreesFile::Short);
    }
    let mut trees = Vec::with_capacity(found);
    for (tree, &size) in sizes.iter().enumerate() {
        let mut nodes = Vec::with_capacity(size as usize);
        for node in 0..size as usize {
            let words = [word()?, word()?, word()?, word()?];
            nodes.push(node_of(words).ok_or(InvalidTreesFile::Node { tree, node })?);
        }
        trees.push(nodes);
    }
    if word().is_ok() || !odd.is_empty() {
        return Err(InvalidTreesFile::Long);
    }
    Ok(TreeModel::new(head.link, head.base, head.aggregation, head.width, trees)?)
}

fn node_of([kind, number, left, right]: [u32; 4]) -> Option<Node> {
    if kind == LEAF && right == 0 {
        return Some(Node::Leaf { value: f32::from_bits(number), cover: f32::from_bits(left) });
    }
    if kind & LEAF != 0 {
        return None;
    }
    let missing = if kind & MISSING_LEFT == 0 { Side::Right } else { Side::Left };
    Some(Node::Split { feature: kind & !MISSING_LEFT, threshold: f32::from_bits(number), left, right, missing })
}
