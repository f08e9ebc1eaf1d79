//! Files of others, read and checked before ONNX Runtime sees them: whole, of a version that it knows, complete in
//! themselves, of operators that exporters of table models use, and of a bounded size, in the file and at work.

mod error;
mod interface;
mod operators;
mod select;
mod sizes;
mod survey;
mod tensors;
#[cfg(test)]
mod tests;
mod trees;

use std::collections::BTreeMap;
use std::sync::Arc;

use prost::Message;

pub use error::OnnxError;
pub use interface::{Columns, Element, Input, Output};
pub(crate) use sizes::BLOCK;

use super::proto::{GraphProto, ModelProto};

/// Bytes of a file at most.
pub const MAX_BYTES: usize = 256 << 20;

/// What ONNX Runtime 1.23, the oldest that is loaded, reads.
const IR_VERSIONS: (i64, i64) = (3, 11);
const OPSETS: (i64, i64) = (7, 23);
const ML_OPSETS: (i64, i64) = (1, 5);

/// A checked file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnnxFile {
    bytes: Arc<[u8]>,
    inputs: Vec<Input>,
    outputs: Vec<Output>,
    producer: String,
    opsets: BTreeMap<String, i64>,
    properties: BTreeMap<String, String>,
}

impl OnnxFile {
    pub fn read(bytes: &[u8]) -> Result<OnnxFile, OnnxError> {
        if bytes.is_empty() {
            return Err(OnnxError::Empty);
        }
        if MAX_BYTES < bytes.len() {
            return Err(OnnxError::TooLarge { bytes: bytes.len(), limit: MAX_BYTES });
        }
        survey::survey(bytes)?;
        let model =
            ModelProto::decode(bytes).map_err(|reason| OnnxError::Undecodable { reason: reason.to_string() })?;
        let opsets = versions(&model)?;
        if !model.functions.is_empty() {
            return Err(OnnxError::Functions);
        }
        let graph = model.graph.as_ref().ok_or(OnnxError::NoGraph)?;
        constants(graph)?;
        operators::check(graph)?;
        let inputs = interface::inputs(graph)?;
        sizes::check(graph, &inputs)?;
        let entries = model.metadata_props.iter().map(|entry| (entry.key.clone(), entry.value.clone()));
        Ok(OnnxFile {
            inputs,
            outputs: interface::outputs(graph)?,
            bytes: bytes.into(),
            producer: format!("{} {}", model.producer_name, model.producer_version).trim().to_owned(),
            opsets,
            properties: entries.collect(),
        })
    }

    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// At least one.
    pub fn inputs(&self) -> &[Input] {
        &self.inputs
    }

    /// Those that can hold a prediction; labels are none.
    pub fn outputs(&self) -> &[Output] {
        &self.outputs
    }

    /// Who wrote the file, as it says itself.
    pub fn producer(&self) -> &str {
        &self.producer
    }

    /// The version of each set of operators; the plain one's name is `ai.onnx`.
    pub fn opsets(&self) -> &BTreeMap<String, i64> {
        &self.opsets
    }

    /// A property that the exporter gave the file.
    pub fn property(&self, name: &str) -> Option<&str> {
        self.properties.get(name).map(String::as_str)
    }

    /// The file with `output`'s tensor as its only output, for a runtime that is asked for nothing else.
    pub fn only(&self, output: &Output) -> Vec<u8> {
        select::only(&self.bytes, output)
    }
}

fn versions(model: &ModelProto) -> Result<BTreeMap<String, i64>, OnnxError> {
    let found = model.ir_version.ok_or(OnnxError::NoVersion)?;
    let (oldest, newest) = IR_VERSIONS;
    if !(oldest..=newest).contains(&found) {
        return Err(OnnxError::IrVersion { found, oldest, newest });
    }
    let mut opsets = BTreeMap::new();
    for set in &model.opset_import {
        let (domain, (oldest, newest)) = match set.domain.as_str() {
            "" | "ai.onnx" => ("ai.onnx", OPSETS),
            "ai.onnx.ml" => ("ai.onnx.ml", ML_OPSETS),
            // Named by some exporters whether they use it or not; its operators are looked for below.
            "com.microsoft" => continue,
            other => return Err(OnnxError::Domain { domain: other.to_owned() }),
        };
        if !(oldest..=newest).contains(&set.version) {
            return Err(OnnxError::Opset { domain, found: set.version, oldest, newest });
        }
        opsets.insert(domain.to_owned(), set.version);
    }
    let nodes = model.graph.iter().flat_map(|graph| &graph.node);
    let strange = nodes.map(|node| node.domain.as_str()).find(|d| !matches!(*d, "" | "ai.onnx" | "ai.onnx.ml"));
    match strange {
        Some(domain) => Err(OnnxError::Domain { domain: domain.to_owned() }),
        None if opsets.is_empty() => Err(OnnxError::NoOpset),
        None => Ok(opsets),
    }
}

fn constants(graph: &GraphProto) -> Result<(), OnnxError> {
    if !graph.sparse_initializer.is_empty() {
        return Err(OnnxError::Sparse { place: "a constant".to_owned() });
    }
    graph
        .initializer
        .iter()
        .try_for_each(|tensor| tensors::check(tensor, &|| format!("the constant `{}`", tensor.name)))
}
