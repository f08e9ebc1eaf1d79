//! What a graph takes and gives, in terms of rows: tables of numbers in, tables of numbers out.

use std::collections::BTreeSet;

use super::OnnxError;
use crate::onnx::proto::{DimensionValue, GraphProto, NodeProto, TensorType, TypeValue, ValueInfoProto, element};

/// Columns of one input at most.
const MAX_COLUMNS: i64 = 1 << 16;

/// The element type of an input or output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Element {
    Float,
    Double,
    Int32,
    Int64,
    Bool,
}

/// A table that the model takes: one row for each row to predict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    pub name: String,
    pub element: Element,
    pub columns: Columns,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Columns {
    /// One number a row, without a dimension for it.
    Flat,
    /// So many columns.
    Known(usize),
    /// As many as there are features.
    Any,
}

/// A table that the model gives, as far as a prediction can be in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// As the file calls it.
    pub name: String,
    /// The tensor that holds the numbers: the output itself, or what its `ZipMap` makes maps of.
    pub tensor: String,
    pub element: Element,
    /// `None` where the file does not say.
    pub columns: Option<usize>,
    /// What each column is the probability of, where the graph tells.
    pub classes: Option<Vec<String>>,
}

pub(super) fn inputs(graph: &GraphProto) -> Result<Vec<Input>, OnnxError> {
    let constants: BTreeSet<&str> = graph.initializer.iter().map(|tensor| tensor.name.as_str()).collect();
    let given = graph.input.iter().filter(|value| !constants.contains(value.name.as_str()));
    let inputs = given.map(input).collect::<Result<Vec<_>, _>>()?;
    let mut names = BTreeSet::new();
    match inputs.iter().find(|input| !names.insert(&input.name)) {
        Some(twice) => Err(OnnxError::Twice { name: twice.name.clone() }),
        None if inputs.is_empty() => Err(OnnxError::NoInput),
        None => Ok(inputs),
    }
}

fn input(value: &ValueInfoProto) -> Result<Input, OnnxError> {
    let name = || value.name.clone();
    let refuse = |reason| OnnxError::Input { input: name(), reason };
    let tensor = tensor(value).ok_or_else(|| refuse("is no tensor"))?;
    if tensor.elem_type == element::STRING {
        return Err(OnnxError::TextInput { input: name() });
    }
    let element = number(tensor.elem_type).ok_or_else(|| refuse("is of a type that a feature cannot have"))?;
    let shape = tensor.shape.as_ref().ok_or_else(|| refuse("has no shape: export the model with one"))?;
    let dims: Vec<Option<i64>> = shape.dim.iter().map(|dim| known(dim.value.as_ref())).collect();
    let (rows, columns) = match dims[..] {
        [rows] => (rows, Columns::Flat),
        [rows, None] => (rows, Columns::Any),
        [rows, Some(columns @ 1..=MAX_COLUMNS)] => (rows, Columns::Known(usize::try_from(columns).unwrap_or(1))),
        [_, Some(_)] => return Err(refuse("has a number of columns that no model of rows has")),
        _ => return Err(refuse("is neither a row of numbers nor a table")),
    };
    match rows {
        Some(rows) => Err(OnnxError::FixedBatch { input: name(), rows }),
        None => Ok(Input { name: name(), element, columns }),
    }
}

/// Every output that can hold a prediction, in the file's order.
pub(super) fn outputs(graph: &GraphProto) -> Result<Vec<Output>, OnnxError> {
    if graph.output.is_empty() {
        return Err(OnnxError::NoOutput);
    }
    Ok(graph.output.iter().filter_map(|value| output(graph, value)).collect())
}

fn output(graph: &GraphProto, value: &ValueInfoProto) -> Option<Output> {
    let name = value.name.clone();
    if let Some(zip) = producer(graph, &name).filter(|node| node.op_type == "ZipMap") {
        let source = zip.input.first()?.clone();
        let classes = classes_of(zip);
        let columns = classes.as_ref().map(Vec::len);
        return Some(Output { name, tensor: source, element: Element::Float, columns, classes });
    }
    let tensor = tensor(value)?;
    let element = number(tensor.elem_type).filter(|element| matches!(element, Element::Float | Element::Double))?;
    let dims: Vec<_> = tensor.shape.iter().flat_map(|s| &s.dim).map(|dim| known(dim.value.as_ref())).collect();
    let columns = match dims[..] {
        [_] => Some(1),
        [_, columns] => columns.and_then(|columns| usize::try_from(columns).ok()),
        [] if tensor.shape.is_none() => None,
        _ => return None,
    };
    let classes = classes_before(graph, &name).filter(|classes| columns.is_none_or(|n| n == classes.len()));
    Some(Output { tensor: name.clone(), name, element, columns, classes })
}

/// The classes of the nearest classifier on the way back from a value.
fn classes_before(graph: &GraphProto, value: &str) -> Option<Vec<String>> {
    let mut value = value;
    // Each step goes to an earlier node of a graph in order; the bound is for graphs that are not.
    for _ in 0..graph.node.len() {
        let node = producer(graph, value)?;
        if let Some(classes) = classes_of(node) {
            return Some(classes);
        }
        value = node.input.first()?;
    }
    None
}

fn producer<'a>(graph: &'a GraphProto, value: &str) -> Option<&'a NodeProto> {
    graph.node.iter().find(|node| node.output.iter().any(|output| output == value))
}

fn classes_of(node: &NodeProto) -> Option<Vec<String>> {
    let labels = |name: &str| node.attribute.iter().find(|attribute| attribute.name.starts_with(name));
    let numbers = labels("classlabels_int").map(|a| a.ints.iter().map(i64::to_string).collect::<Vec<_>>());
    let text = |bytes: &Vec<u8>| String::from_utf8_lossy(bytes).into_owned();
    let texts = || labels("classlabels_strings").map(|a| a.strings.iter().map(text).collect());
    numbers.or_else(texts).filter(|classes: &Vec<String>| !classes.is_empty())
}

fn tensor(value: &ValueInfoProto) -> Option<&TensorType> {
    match value.r#type.as_ref()?.value.as_ref()? {
        TypeValue::Tensor(tensor) => Some(tensor),
        TypeValue::Sequence(_) | TypeValue::Map(_) => None,
    }
}

fn number(elem_type: i32) -> Option<Element> {
    Some(match elem_type {
        element::FLOAT => Element::Float,
        element::DOUBLE => Element::Double,
        element::INT32 => Element::Int32,
        element::INT64 => Element::Int64,
        element::BOOL => Element::Bool,
        _ => return None,
    })
}

/// A dimension with a number; some exporters write 0 or −1 for any.
fn known(dim: Option<&DimensionValue>) -> Option<i64> {
    match dim {
        Some(DimensionValue::Value(size)) if *size > 0 => Some(*size),
        _ => None,
    }
}
