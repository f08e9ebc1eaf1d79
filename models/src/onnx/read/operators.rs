//! What a model may not have, whatever it computes: graphs within graphs, chance, trees that lead nowhere.

use super::{OnnxError, tensors, trees};
use crate::onnx::proto::{AttributeProto, GraphProto, NodeProto};

/// Draw at random: the same row would not give the same prediction.
const RANDOM: [&str; 6] =
    ["Bernoulli", "Multinomial", "RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike"];

pub(super) fn check(graph: &GraphProto) -> Result<(), OnnxError> {
    for node in &graph.node {
        if RANDOM.contains(&node.op_type.as_str()) {
            let reason = "draws at random, so that equal rows would get different predictions";
            return Err(OnnxError::Operator { operator: called(node), reason });
        }
        for attribute in &node.attribute {
            check_attribute(node, attribute)?;
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

/// `TreeEnsembleRegressor`, with the node's name where it has one.
pub(super) fn called(node: &NodeProto) -> String {
    let named = if node.name.is_empty() { String::new() } else { format!(" (`{}`)", node.name) };
    format!("{}{named}", node.op_type)
}
