//! A file with one output: the tensor that holds the predictions. Works on the bytes, part by part, so that everything
//! else stays as it was, known here or not.

use prost::Message;
use prost::encoding::{WireType, decode_key, decode_varint, encode_key, encode_varint};

use super::{Element, Output};
use crate::onnx::proto::{NodeProto, TensorType, TypeProto, TypeValue, ValueInfoProto, element};

const GRAPH: u32 = 7;
const NODE: u32 = 1;
const OUTPUT: u32 = 12;

/// `file` has been read before, so it can be taken apart; one that cannot is returned as it is.
pub(super) fn only(file: &[u8], output: &Output) -> Vec<u8> {
    rewritten(file, output).unwrap_or_else(|| file.to_vec())
}

fn rewritten(file: &[u8], output: &Output) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(file.len());
    let mut graph = Vec::new();
    let mut fields = Fields(file);
    while let Some(field) = fields.next()? {
        if field.number == GRAPH {
            // A message that is given in pieces is the pieces together.
            graph_without_outputs(field.content, &mut graph)?;
        } else {
            out.extend_from_slice(field.whole);
        }
    }
    put(&mut graph, OUTPUT, &value(output));
    put(&mut out, GRAPH, &graph);
    Some(out)
}

fn graph_without_outputs(graph: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let mut fields = Fields(graph);
    while let Some(field) = fields.next()? {
        if field.number != OUTPUT && !(field.number == NODE && is_zip_map(field.content)) {
            out.extend_from_slice(field.whole);
        }
    }
    Some(())
}

/// What is left of a message.
struct Fields<'a>(&'a [u8]);

struct Field<'a> {
    number: u32,
    /// With its number and length.
    whole: &'a [u8],
    /// Empty for numbers.
    content: &'a [u8],
}

impl<'a> Fields<'a> {
    /// `None` if it cannot be taken apart, `Some(None)` at its end.
    fn next(&mut self) -> Option<Option<Field<'a>>> {
        if self.0.is_empty() {
            return Some(None);
        }
        let mut rest = self.0;
        let (number, wire) = decode_key(&mut rest).ok()?;
        let mut content: &[u8] = &[];
        match wire {
            WireType::Varint => drop(decode_varint(&mut rest).ok()?),
            WireType::SixtyFourBit => rest = rest.get(8..)?,
            WireType::ThirtyTwoBit => rest = rest.get(4..)?,
            WireType::LengthDelimited => {
                let length = usize::try_from(decode_varint(&mut rest).ok()?).ok()?;
                (content, rest) = rest.split_at_checked(length)?;
            }
            WireType::StartGroup | WireType::EndGroup => return None,
        }
        let whole = &self.0[..self.0.len() - rest.len()];
        self.0 = rest;
        Some(Some(Field { number, whole, content }))
    }
}

fn is_zip_map(node: &[u8]) -> bool {
    NodeProto::decode(node).is_ok_and(|node| node.op_type == "ZipMap")
}

fn put(out: &mut Vec<u8>, number: u32, content: &[u8]) {
    encode_key(number, WireType::LengthDelimited, out);
    encode_varint(content.len() as u64, out);
    out.extend_from_slice(content);
}

/// Without a shape: the graph's own inference knows it.
fn value(output: &Output) -> Vec<u8> {
    let elem_type = if output.element == Element::Double { element::DOUBLE } else { element::FLOAT };
    let tensor = TensorType { elem_type, shape: None };
    ValueInfoProto {
        name: output.tensor.clone(),
        r#type: Some(TypeProto { value: Some(TypeValue::Tensor(tensor)) }),
        doc_string: String::new(),
    }
    .encode_to_vec()
}
