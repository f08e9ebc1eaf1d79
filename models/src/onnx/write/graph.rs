//! A graph, node by node.

use crate::onnx::proto::{
    AttributeProto, Dimension, DimensionValue, GraphProto, NodeProto, TensorProto, TensorShapeProto, TensorType,
    TypeProto, TypeValue, ValueInfoProto, attribute, element,
};

/// The operator set of machine-learning operators; the plain ones have no name.
pub(super) const ML: &str = "ai.onnx.ml";

/// Nodes and constants in the order in which they were added. Each value has the name of what it is.
#[derive(Debug, Default)]
pub(super) struct Graph {
    nodes: Vec<NodeProto>,
    constants: Vec<TensorProto>,
}

impl Graph {
    /// One node with one output, `output`, which is returned.
    pub(super) fn node<'a>(&mut self, op: &str, inputs: &[&str], output: &'a str) -> &'a str {
        self.add(op, "", inputs, output, Vec::new())
    }

    /// The same with attributes.
    pub(super) fn node_with<'a>(
        &mut self,
        op: &str,
        inputs: &[&str],
        output: &'a str,
        attributes: Vec<AttributeProto>,
    ) -> &'a str {
        self.add(op, "", inputs, output, attributes)
    }

    /// The same of the machine-learning operators.
    pub(super) fn ml_node<'a>(
        &mut self,
        op: &str,
        inputs: &[&str],
        output: &'a str,
        attributes: Vec<AttributeProto>,
    ) -> &'a str {
        self.add(op, ML, inputs, output, attributes)
    }

    fn add<'a>(
        &mut self,
        op: &str,
        domain: &str,
        inputs: &[&str],
        output: &'a str,
        attribute: Vec<AttributeProto>,
    ) -> &'a str {
        self.nodes.push(NodeProto {
            input: inputs.iter().map(|&name| name.to_owned()).collect(),
            output: vec![output.to_owned()],
            name: output.to_owned(),
            op_type: op.to_owned(),
            attribute,
            domain: domain.to_owned(),
        });
        output
    }

    /// Doubles of a shape.
    pub(super) fn doubles<'a>(&mut self, name: &'a str, dims: &[usize], values: &[f64]) -> &'a str {
        self.constants.push(doubles(name, dims, values));
        name
    }

    /// One double, which stretches to any shape.
    pub(super) fn double<'a>(&mut self, name: &'a str, value: f64) -> &'a str {
        self.doubles(name, &[], &[value])
    }

    /// A list of integers.
    pub(super) fn integers<'a>(&mut self, name: &'a str, values: &[i64]) -> &'a str {
        self.constants.push(TensorProto {
            dims: vec![signed(values.len())],
            data_type: element::INT64,
            name: name.to_owned(),
            int64_data: values.to_vec(),
            ..TensorProto::default()
        });
        name
    }

    /// Whether a value of the graph has this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.constants.iter().any(|constant| constant.name == name)
            || self.nodes.iter().any(|node| node.output.iter().any(|output| output == name))
    }

    /// Adds all of a graph of its own, every name in it behind `prefix` but for its input, which is `given` here. Returns
    /// what `output` is called then.
    pub(super) fn absorb(&mut self, graph: Graph, prefix: &str, (input, given): (&str, &str), output: &str) -> String {
        let renamed = |name: &str| if name == input { given.to_owned() } else { format!("{prefix}{name}") };
        self.nodes.extend(graph.nodes.into_iter().map(|node| NodeProto {
            input: node.input.iter().map(|name| renamed(name)).collect(),
            output: node.output.iter().map(|name| renamed(name)).collect(),
            name: renamed(&node.name),
            ..node
        }));
        let constants = graph.constants.into_iter();
        self.constants.extend(constants.map(|constant| TensorProto { name: renamed(&constant.name), ..constant }));
        renamed(output)
    }

    pub(super) fn finish(self, name: &str, input: Vec<ValueInfoProto>, output: ValueInfoProto) -> GraphProto {
        GraphProto {
            node: self.nodes,
            name: name.to_owned(),
            initializer: self.constants,
            input,
            output: vec![output],
            ..GraphProto::default()
        }
    }
}

/// A table of doubles: any number of rows, `width` columns.
pub(super) fn table(name: &str, width: usize, doc: String) -> ValueInfoProto {
    table_of(element::DOUBLE, name, width, doc)
}

/// The same of elements of another type.
pub(super) fn table_of(elem_type: i32, name: &str, width: usize, doc: String) -> ValueInfoProto {
    let rows = Dimension { value: Some(DimensionValue::Param("rows".to_owned())) };
    let columns = Dimension { value: Some(DimensionValue::Value(signed(width))) };
    let tensor = TensorType { elem_type, shape: Some(TensorShapeProto { dim: vec![rows, columns] }) };
    ValueInfoProto {
        name: name.to_owned(),
        r#type: Some(TypeProto { value: Some(TypeValue::Tensor(tensor)) }),
        doc_string: doc,
    }
}

pub(super) fn doubles(name: &str, dims: &[usize], values: &[f64]) -> TensorProto {
    TensorProto {
        dims: dims.iter().copied().map(signed).collect(),
        data_type: element::DOUBLE,
        name: name.to_owned(),
        double_data: values.to_vec(),
        ..TensorProto::default()
    }
}

pub(super) fn int(name: &str, value: i64) -> AttributeProto {
    AttributeProto { name: name.to_owned(), r#type: attribute::INT, i: Some(value), ..AttributeProto::default() }
}

pub(super) fn ints(name: &str, values: Vec<i64>) -> AttributeProto {
    AttributeProto { name: name.to_owned(), r#type: attribute::INTS, ints: values, ..AttributeProto::default() }
}

pub(super) fn string(name: &str, value: &str) -> AttributeProto {
    let s = Some(value.as_bytes().to_vec());
    AttributeProto { name: name.to_owned(), r#type: attribute::STRING, s, ..AttributeProto::default() }
}

pub(super) fn strings(name: &str, values: Vec<Vec<u8>>) -> AttributeProto {
    AttributeProto { name: name.to_owned(), r#type: attribute::STRINGS, strings: values, ..AttributeProto::default() }
}

pub(super) fn tensor(name: &str, values: &[f64]) -> AttributeProto {
    let tensor = doubles(name, &[values.len()], values);
    AttributeProto { name: name.to_owned(), r#type: attribute::TENSOR, t: Some(tensor), ..AttributeProto::default() }
}

/// Counts of inputs, leaves and nodes, which are far below the largest number either way.
pub(super) fn signed(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
