//! A node with what is known of its inputs.

use std::collections::HashMap;

use super::Tensor;
use crate::onnx::proto::{AttributeProto, NodeProto, TensorProto};

/// Why a node's outputs are not known.
pub(super) type Reason = &'static str;

pub(super) const COMPUTED: Reason =
    "asks for a size that the model computes from its rows: export it with sizes that are constant";
pub(super) const SHAPE: Reason = "is given a shape that it cannot take";

pub(super) struct Call<'a> {
    node: &'a NodeProto,
    inputs: Vec<Option<&'a Tensor>>,
}

impl<'a> Call<'a> {
    pub(super) fn new(node: &'a NodeProto, known: &'a HashMap<&str, Tensor>) -> Result<Call<'a>, Reason> {
        let input = |name: &'a String| match known.get(name.as_str()) {
            Some(tensor) => Ok(Some(tensor)),
            // An optional input that is left out.
            None if name.is_empty() => Ok(None),
            None => Err("reads a value that nothing before it makes"),
        };
        Ok(Call { node, inputs: node.input.iter().map(input).collect::<Result<_, _>>()? })
    }

    pub(super) fn op(&self) -> &'a str {
        &self.node.op_type
    }

    /// How many outputs are asked for.
    pub(super) fn outputs(&self) -> usize {
        self.node.output.len()
    }

    /// Those that are given.
    pub(super) fn inputs(&self) -> impl Iterator<Item = &'a Tensor> {
        self.inputs.iter().copied().flatten()
    }

    pub(super) fn optional(&self, place: usize) -> Option<&'a Tensor> {
        self.inputs.get(place).copied().flatten()
    }

    pub(super) fn input(&self, place: usize) -> Result<&'a Tensor, Reason> {
        self.optional(place).ok_or("lacks an input")
    }

    pub(super) fn dims(&self, place: usize) -> Result<&'a [u64], Reason> {
        Ok(&self.input(place)?.dims)
    }

    fn attribute(&self, name: &str) -> Option<&'a AttributeProto> {
        self.node.attribute.iter().find(|attribute| attribute.name == name)
    }

    pub(super) fn int(&self, name: &str) -> Option<i64> {
        self.attribute(name)?.i
    }

    pub(super) fn ints(&self, name: &str) -> Option<&'a [i64]> {
        Some(&self.attribute(name)?.ints)
    }

    pub(super) fn tensor(&self, name: &str) -> Option<&'a TensorProto> {
        self.attribute(name)?.t.as_ref()
    }

    /// How many of whatever the attribute lists.
    pub(super) fn length(&self, name: &str) -> u64 {
        let listed = |a: &AttributeProto| a.ints.len().max(a.floats.len()).max(a.strings.len()) as u64;
        self.attribute(name).map_or(0, listed)
    }

    /// Integers that newer operators take as an input and older ones as an attribute.
    pub(super) fn integers(&self, place: usize, name: &str) -> Result<Option<&'a [i64]>, Reason> {
        match self.optional(place) {
            Some(tensor) => tensor.values.as_deref().map(Some).ok_or(COMPUTED),
            None => Ok(self.ints(name)),
        }
    }

    /// The attribute `axis` as a place among `rank` dimensions.
    pub(super) fn axis(&self, default: i64, rank: usize) -> Result<usize, Reason> {
        axis(self.int("axis").unwrap_or(default), rank)
    }
}

/// Negative ones count from the end.
pub(super) fn axis(axis: i64, rank: usize) -> Result<usize, Reason> {
    let signed = i64::try_from(rank).unwrap_or(i64::MAX);
    let place = if axis < 0 { axis.saturating_add(signed) } else { axis };
    usize::try_from(place).ok().filter(|place| *place < rank).ok_or(SHAPE)
}
