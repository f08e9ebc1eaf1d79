//! Native models as ONNX files, with imputation, link and all inside the graph: whoever runs ONNX runs them, without us.
//!
//! One input, `features`: a table of doubles, any number of rows, one column for each feature in the signature's order;
//! NaN (or an infinity) for a missing value, 0 and 1 for booleans. One output, named as the signature's (`probability` or
//! `value`): a table of doubles of one column. Doubles, because single precision cannot tell apart two timestamps of one
//! minute, and because predictions are then those of the native predictor but for the order of sums (trees round their
//! inputs to single precision on both sides).

mod calibration;
mod graph;
mod linear;
mod trees;

use prost::Message;

use graph::{Graph, ML, table};

use super::proto::{ModelProto, OperatorSetIdProto, StringStringEntryProto};
use crate::artifact::{Artifact, Link, Manifest, NativeModel};

/// What every ONNX Runtime since 1.14 reads.
const IR_VERSION: i64 = 8;
const OPSET: i64 = 17;
const ML_OPSET: i64 = 3;

/// The name of the one input.
pub const INPUT: &str = "features";

/// The ONNX file of a native model; `None` for a family, which is no single graph here, and for a model of others, which
/// is a file already. Equal models and signatures give equal bytes.
pub fn export(artifact: &Artifact) -> Option<Vec<u8>> {
    if artifact.members().is_some() {
        return None;
    }
    let manifest = artifact.manifest();
    let mut graph = Graph::default();
    let (margin, link) = match artifact.model().native()? {
        NativeModel::Linear(model) => (linear::margin(&mut graph, model, INPUT), model.link()),
        NativeModel::Trees(model) => (trees::margin(&mut graph, model, INPUT), model.link()),
    };
    let output = manifest.signature.output.name();
    match (artifact.calibration(), link) {
        (Some(calibration), _) => calibration::probability(&mut graph, calibration, margin, output),
        (None, Link::Identity) => graph.node("Identity", &[margin], output),
        (None, Link::Logit) => graph.node("Sigmoid", &[margin], output),
    };
    let names: Vec<&str> = manifest.signature.names().collect();
    let input = table(INPUT, names.len(), format!("columns: {}", names.join(", ")));
    let graph = graph.finish(&manifest.model, input, table(output, 1, String::new()));
    let opset = |domain: &str, version| OperatorSetIdProto { domain: domain.to_owned(), version };
    let file = ModelProto {
        ir_version: Some(IR_VERSION),
        producer_name: "clutch".to_owned(),
        producer_version: manifest.clutch_version.clone(),
        doc_string: format!("{} of {} ({})", output, manifest.label, manifest.algorithm.name),
        graph: Some(graph),
        opset_import: vec![opset("", OPSET), opset(ML, ML_OPSET)],
        metadata_props: properties(manifest, &names),
        functions: Vec::new(),
    };
    Some(file.encode_to_vec())
}

/// The same file with the version that it has in its registry among its properties. (A protobuf message that follows
/// another is merged into it.)
pub fn with_version(mut file: Vec<u8>, version: u32) -> Vec<u8> {
    let properties = vec![property("clutch.version", version.to_string())];
    file.extend(ModelProto { metadata_props: properties, ..ModelProto::default() }.encode_to_vec());
    file
}

fn properties(manifest: &Manifest, names: &[&str]) -> Vec<StringStringEntryProto> {
    vec![
        property("clutch.model", manifest.model.clone()),
        property("clutch.view", manifest.view.name.clone()),
        property("clutch.view_hash", manifest.view.hash.to_string()),
        property("clutch.features", serde_json::Value::from(names).to_string()),
    ]
}

fn property(key: &str, value: String) -> StringStringEntryProto {
    StringStringEntryProto { key: key.to_owned(), value }
}

/// Which inputs are there: neither NaN nor infinite.
fn known(graph: &mut Graph, features: &str) -> &'static str {
    let largest = graph.double("largest", f64::MAX);
    let magnitude = graph.node("Abs", &[features], "magnitude");
    graph.node("LessOrEqual", &[magnitude, largest], "known")
}
