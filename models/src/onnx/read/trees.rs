//! Ensembles of trees: lists that point into each other. A pointer that leads nowhere, or in a circle, is found here.

use std::collections::{BTreeMap, BTreeSet};

use crate::onnx::proto::{AttributeProto, NodeProto};

/// Inputs of a row at most.
const MAX_FEATURE: i64 = 1 << 16;
/// Numbers that a row is given at most.
const MAX_TARGETS: i64 = 1 << 16;

type Reason = &'static str;

pub(super) fn check(node: &NodeProto) -> Result<(), Reason> {
    if node.op_type == "TreeEnsemble" { indexed(node) } else { named(node) }
}

/// `TreeEnsembleRegressor` and `TreeEnsembleClassifier`: nodes are named by tree and number.
fn named(node: &NodeProto) -> Result<(), Reason> {
    let list = |name| ints(node, name);
    let (trees, ids) = (list("nodes_treeids"), list("nodes_nodeids"));
    let (yes, no, features) = (list("nodes_truenodeids"), list("nodes_falsenodeids"), list("nodes_featureids"));
    let modes = attribute(node, "nodes_modes").map_or(&[][..], |a| &a.strings);
    let count = trees.len();
    if count == 0 {
        return Err("there are no nodes");
    }
    let values = reals(node, "nodes_values");
    if [ids.len(), yes.len(), no.len(), features.len(), modes.len(), values].iter().any(|length| *length != count) {
        return Err("the lists that describe the nodes differ in length");
    }
    let mut places = BTreeMap::new();
    for (index, place) in trees.iter().zip(ids).enumerate() {
        if places.insert(place, index).is_some() {
            return Err("a node stands twice");
        }
    }
    let mut children = vec![None; count];
    for (index, tree) in trees.iter().enumerate() {
        if modes[index] == b"LEAF" {
            continue;
        }
        if !(0..MAX_FEATURE).contains(&features[index]) {
            return Err("a node reads an input that cannot be");
        }
        let child = |id| places.get(&(tree, id)).copied().ok_or("a node has a child that is not there");
        children[index] = Some([child(&yes[index])?, child(&no[index])?]);
    }
    acyclic(&children)?;
    let (prefix, number) = match node.op_type.as_str() {
        "TreeEnsembleClassifier" => ("class", classes(node)),
        _ => ("target", single(node, "n_targets").unwrap_or(1)),
    };
    if !(1..=MAX_TARGETS).contains(&number) {
        return Err("the number of its outputs cannot be");
    }
    let of = |what: &str| ints(node, &format!("{prefix}_{what}"));
    let (leaf_trees, leaf_ids, targets) = (of("treeids"), of("nodeids"), of("ids"));
    let weights = reals(node, &format!("{prefix}_weights"));
    if [leaf_ids.len(), targets.len(), weights].iter().any(|length| *length != leaf_trees.len()) {
        return Err("the lists that describe the leaves differ in length");
    }
    if leaf_trees.iter().zip(leaf_ids).any(|place| !places.contains_key(&place)) {
        return Err("a leaf is not there");
    }
    if targets.iter().any(|target| !(0..number).contains(target)) {
        return Err("a leaf adds to an output that is not there");
    }
    Ok(())
}

/// `TreeEnsemble`: nodes and leaves are named by their places in the lists.
fn indexed(node: &NodeProto) -> Result<(), Reason> {
    let list = |name| ints(node, name);
    let (yes, no, features) = (list("nodes_truenodeids"), list("nodes_falsenodeids"), list("nodes_featureids"));
    let (yes_leaf, no_leaf) = (list("nodes_trueleafs"), list("nodes_falseleafs"));
    let count = yes.len();
    let splits = reals(node, "nodes_splits");
    if [no.len(), features.len(), yes_leaf.len(), no_leaf.len(), splits].iter().any(|length| *length != count) {
        return Err("the lists that describe the nodes differ in length");
    }
    let targets = list("leaf_targetids");
    if reals(node, "leaf_weights") != targets.len() {
        return Err("the lists that describe the leaves differ in length");
    }
    let number = single(node, "n_targets").unwrap_or(1);
    if !(1..=MAX_TARGETS).contains(&number) {
        return Err("the number of its outputs cannot be");
    }
    if targets.iter().any(|target| !(0..number).contains(target)) {
        return Err("a leaf adds to an output that is not there");
    }
    if list("tree_roots").iter().any(|root| place(*root, count).is_none()) {
        return Err("a tree begins at a node that is not there");
    }
    if features.iter().any(|feature| !(0..MAX_FEATURE).contains(feature)) {
        return Err("a node reads an input that cannot be");
    }
    // Two edges to a node are a leaf's or a circle's: leaves stand apart here, so each node is some node's child once.
    let mut parents = vec![0_u32; count];
    for (child, leaf) in yes.iter().zip(yes_leaf).chain(no.iter().zip(no_leaf)) {
        let within = if *leaf == 0 { count } else { targets.len() };
        let place = place(*child, within).ok_or("a node has a child that is not there")?;
        if *leaf == 0 {
            parents[place] += 1;
        }
    }
    let roots: BTreeSet<usize> = list("tree_roots").iter().filter_map(|root| place(*root, count)).collect();
    let rooted = |(index, parents): (usize, &u32)| *parents <= u32::from(!roots.contains(&index));
    // A tree that is one leaf is written as a node with twice the same leaf, so roots always are nodes.
    if parents.iter().enumerate().all(rooted) { Ok(()) } else { Err("a node is the child of two, or of itself") }
}

/// Every walk from a node ends: each node has one parent at most, and the first of all trees' none. What has one parent
/// each and leads back to itself cannot be reached from a node without parents.
fn acyclic(children: &[Option<[usize; 2]>]) -> Result<(), Reason> {
    let mut parents = vec![0_u32; children.len()];
    for child in children.iter().flatten().flatten() {
        parents[*child] += 1;
    }
    if parents.iter().any(|count| 1 < *count) {
        return Err("a node is the child of two");
    }
    let mut open: Vec<usize> = (0..children.len()).filter(|index| parents[*index] == 0).collect();
    let mut reached = 0;
    while let Some(index) = open.pop() {
        reached += 1;
        open.extend(children[index].iter().flatten());
    }
    if reached == children.len() { Ok(()) } else { Err("its nodes lead in a circle") }
}

fn classes(node: &NodeProto) -> i64 {
    let ints = ints(node, "classlabels_int64s").len();
    let texts = attribute(node, "classlabels_strings").map_or(0, |a| a.strings.len());
    i64::try_from(ints.max(texts)).unwrap_or(i64::MAX)
}

fn place(index: i64, within: usize) -> Option<usize> {
    usize::try_from(index).ok().filter(|index| *index < within)
}

fn attribute<'a>(node: &'a NodeProto, name: &str) -> Option<&'a AttributeProto> {
    node.attribute.iter().find(|attribute| attribute.name == name)
}

fn ints<'a>(node: &'a NodeProto, name: &str) -> &'a [i64] {
    attribute(node, name).map_or(&[], |attribute| &attribute.ints)
}

fn single(node: &NodeProto, name: &str) -> Option<i64> {
    attribute(node, name)?.i
}

/// The length of a list of reals: of floats, or of a tensor (itself or as `…_as_tensor`) whose length was checked.
fn reals(node: &NodeProto, name: &str) -> usize {
    let tensor = |name: &str| {
        let dims = attribute(node, name)?.t.as_ref()?.dims.clone();
        super::tensors::elements(&dims).and_then(|count| usize::try_from(count).ok())
    };
    let floats = attribute(node, name).map_or(0, |attribute| attribute.floats.len());
    tensor(name).or_else(|| tensor(&format!("{name}_as_tensor"))).unwrap_or(floats)
}
