//! What a model may compute: anything deterministic, of a size that its inputs determine.

use std::collections::BTreeMap;

use super::tensors::{self, MAX_ELEMENTS, elements};
use super::{OnnxError, trees};
use crate::onnx::proto::{AttributeProto, GraphProto, NodeProto, TensorProto};

/// Draw at random: the same row would not give the same prediction.
const RANDOM: [&str; 6] =
    ["Bernoulli", "Multinomial", "RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike"];

/// Make tensors as large as an input says, and which input that is.
const SIZED: [(&str, usize); 6] =
    [("ConstantOfShape", 0), ("Expand", 1), ("Tile", 1), ("Pad", 1), ("Reshape", 1), ("OneHot", 1)];

pub(super) fn check(graph: &GraphProto) -> Result<(), OnnxError> {
    let constants: BTreeMap<&str, &TensorProto> = constants(graph).collect();
    for node in &graph.node {
        let refuse = |reason| OnnxError::Operator { operator: called(node), reason };
        if RANDOM.contains(&node.op_type.as_str()) {
            return Err(refuse("draws at random, so that equal rows would get different predictions"));
        }
        for attribute in &node.attribute {
            check_attribute(node, attribute)?;
        }
        if let Some((_, place)) = SIZED.iter().find(|(op, _)| *op == node.op_type) {
            let size = node.input.get(*place).and_then(|name| constants.get(name.as_str()));
            let size = size.and_then(|tensor| tensors::integers(tensor));
            let positive: Option<Vec<i64>> = size.map(|dims| dims.into_iter().filter(|dim| *dim > 0).collect());
            if positive.is_some_and(|dims| elements(&dims).is_none_or(|count| MAX_ELEMENTS < count)) {
                return Err(refuse("makes a tensor so large that no model of rows can need it"));
            }
        }
        if node.op_type.starts_with("TreeEnsemble") {
            trees::check(node).map_err(|reason| OnnxError::Trees { operator: called(node), reason })?;
        }
    }
    Ok(())
}

fn check_attribute(node: &NodeProto, attribute: &AttributeProto) -> Result<(), OnnxError> {
    if attribute.g.is_some() || !attribute.graphs.is_empty() {
        let reason = "has a graph of its own (a branch or a loop): export the model without it";
        return Err(OnnxError::Operator { operator: called(node), reason });
    }
    let place = || format!("the attribute `{}` of operator {}", attribute.name, called(node));
    if attribute.sparse_tensor.is_some() || !attribute.sparse_tensors.is_empty() {
        return Err(OnnxError::Sparse { place: place() });
    }
    attribute.t.iter().chain(&attribute.tensors).try_for_each(|tensor| tensors::check(tensor, &place))
}

/// Initialisers and the values of `Constant` nodes, by name.
fn constants(graph: &GraphProto) -> impl Iterator<Item = (&str, &TensorProto)> {
    let nodes = graph.node.iter().filter(|node| node.op_type == "Constant");
    let nodes = nodes.filter_map(|node| Some((node.output.first()?.as_str(), node.attribute.first()?.t.as_ref()?)));
    graph.initializer.iter().map(|tensor| (tensor.name.as_str(), tensor)).chain(nodes)
}

/// `TreeEnsembleRegressor`, with the node's name where it has one.
fn called(node: &NodeProto) -> String {
    let named = if node.name.is_empty() { String::new() } else { format!(" (`{}`)", node.name) };
    format!("{}{named}", node.op_type)
}
