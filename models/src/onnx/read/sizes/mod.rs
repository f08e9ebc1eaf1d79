//! How much a graph makes of a block of rows, found without running it: the shape of every tensor, as large as it can be.
//! A few bytes of a hostile file can ask for more memory than there is, in one step or in many that double.

mod call;
mod rules;
mod shapes;
mod values;

use std::collections::HashMap;

use super::interface::{Columns, Input};
use super::operators::called;
use super::{OnnxError, tensors};
use crate::onnx::proto::{AttributeProto, GraphProto, NodeProto, TensorProto, element};
use call::Call;

/// Rows that a model is given at once, at most.
pub(crate) const BLOCK: usize = 256;

/// Numbers that a model may make of a block of rows, all tensors together: a gigabyte of doubles.
const MAX_NUMBERS: u64 = 1 << 27;
/// Multiplications for a block of rows: half a minute of one core.
const MAX_WORK: u64 = 1 << 38;
/// What is supposed of an input that takes any number of columns.
const ANY_COLUMNS: u64 = 1 << 10;
/// Bytes of a class's or category's name.
const MAX_TEXT: usize = 1 << 10;
/// Integers of which the values are followed: shapes, axes and places are few.
const MAX_FOLLOWED: usize = 1 << 10;

/// A tensor as far as sizes go.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Tensor {
    /// No dimension is larger in any block of rows.
    dims: Vec<u64>,
    /// Its values, where they are few integers that depend on no row.
    values: Option<Vec<i64>>,
}

impl Tensor {
    fn of(dims: Vec<u64>) -> Tensor {
        Tensor { dims, values: None }
    }

    fn elements(&self) -> u64 {
        self.dims.iter().fold(1, |product: u64, dim| product.saturating_mul(*dim))
    }

    fn constant(tensor: &TensorProto) -> Tensor {
        let dims = tensor.dims.iter().map(|dim| u64::try_from(*dim).unwrap_or(0)).collect();
        let values = tensors::integers(tensor).filter(|values| values.len() <= MAX_FOLLOWED);
        Tensor { dims, values }
    }
}

/// Every operator is one that exporters of table models use, and all that they make of a block of rows fits in memory.
pub(super) fn check(graph: &GraphProto, inputs: &[Input]) -> Result<(), OnnxError> {
    let weight = weight(graph)?;
    // Sizes are largest at one of the two ends.
    [1, BLOCK].into_iter().try_for_each(|rows| walk(graph, inputs, rows as u64, weight))
}

fn walk(graph: &GraphProto, inputs: &[Input], rows: u64, weight: u64) -> Result<(), OnnxError> {
    let mut known: HashMap<&str, Tensor> = HashMap::new();
    for input in inputs {
        let dims = match input.columns {
            Columns::Flat => vec![rows],
            Columns::Known(columns) => vec![rows, columns as u64],
            Columns::Any => vec![rows, ANY_COLUMNS],
        };
        known.insert(&input.name, Tensor::of(dims));
    }
    known.extend(graph.initializer.iter().map(|tensor| (tensor.name.as_str(), Tensor::constant(tensor))));
    let (mut numbers, mut work) = (0_u64, 0_u64);
    for node in &graph.node {
        let refuse = |reason| OnnxError::Operator { operator: called(node), reason };
        let (outputs, multiplied) = {
            let call = Call::new(node, &known).map_err(refuse)?;
            let outputs = rules::outputs(&call).map_err(refuse)?;
            let made = outputs.iter().fold(0_u64, |sum, tensor| sum.saturating_add(tensor.elements()));
            numbers = numbers.saturating_add(made.saturating_mul(weight));
            (outputs, rules::work(&call, made))
        };
        work = work.saturating_add(multiplied);
        if MAX_NUMBERS < numbers {
            return Err(refuse("makes so many numbers of a few rows that no model of tables can need them"));
        }
        if MAX_WORK < work {
            return Err(refuse("makes the model take longer than any model of tables can need"));
        }
        known.extend(node.output.iter().map(String::as_str).zip(outputs));
    }
    Ok(())
}

/// How many numbers an element takes at most: text takes more.
fn weight(graph: &GraphProto) -> Result<u64, OnnxError> {
    let mut longest = 0;
    for tensor in &graph.initializer {
        longest = longest.max(longest_of(&tensor.string_data));
        if MAX_TEXT < longest {
            return Err(OnnxError::Text { place: format!("the constant `{}`", tensor.name), limit: MAX_TEXT });
        }
    }
    for node in &graph.node {
        let within = node.attribute.iter().map(text_of).max().unwrap_or(0);
        if MAX_TEXT < within {
            return Err(OnnxError::Text { place: format!("operator {}", called(node)), limit: MAX_TEXT });
        }
        longest = longest.max(within).max(usize::from(makes_text(node)) * 24);
    }
    Ok(if longest == 0 { 1 } else { 4 + longest.div_ceil(8) as u64 })
}

fn text_of(attribute: &AttributeProto) -> usize {
    let tensors = attribute.t.iter().chain(&attribute.tensors).map(|tensor| longest_of(&tensor.string_data));
    let own = attribute.s.as_ref().map_or(0, Vec::len).max(longest_of(&attribute.strings));
    tensors.max().unwrap_or(0).max(own)
}

fn longest_of(texts: &[Vec<u8>]) -> usize {
    texts.iter().map(Vec::len).max().unwrap_or(0)
}

/// Numbers as text.
fn makes_text(node: &NodeProto) -> bool {
    let to_text = |attribute: &AttributeProto| attribute.name == "to" && attribute.i == Some(element::STRING.into());
    node.op_type == "Cast" && node.attribute.iter().any(to_text)
}
