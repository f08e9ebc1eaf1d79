//! Native models as ONNX files, with imputation, link and all inside the graph: whoever runs ONNX runs them, without us.
//!
//! One input, `features`: a table of doubles, any number of rows, one column for each feature in the signature's order;
//! NaN (or an infinity) for a missing value, 0 and 1 for booleans. A family takes a second one, of one column, that is
//! named as the view's column which tells its members: text, or whole numbers. One output, named as the signature's
//! (`probability` or `value`): a table of doubles of one column. Doubles, because single precision cannot tell apart two
//! timestamps of one minute, and because predictions are then those of the native predictor but for the order of sums
//! (trees round their inputs to single precision on both sides).

mod calibration;
mod family;
mod graph;
mod linear;
mod stacked;
mod trees;

use features::value::Type;
use prost::Message;

pub use family::MemberInput;
use graph::{Graph, ML, table, table_of};

use super::proto::{GraphProto, ModelProto, OperatorSetIdProto, StringStringEntryProto, ValueInfoProto, element};
use crate::artifact::{AnyModel, Artifact, Calibration, Family, Link, Manifest, NativeModel};
use crate::signature::Feature;
use family::Models;

/// What every ONNX Runtime since 1.14 reads.
const IR_VERSION: i64 = 8;
const OPSET: i64 = 17;
const ML_OPSET: i64 = 3;

/// The name of the input that holds the features.
pub const INPUT: &str = "features";

/// A native model as an ONNX file, and how its rows are told apart beside their features, if they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    pub file: Vec<u8>,
    pub member: Option<MemberInput>,
}

/// The ONNX file of a native model, single, stacked or a family; `None` for a model of others, which is a file already. Equal models and
/// signatures give equal bytes.
pub fn export(artifact: &Artifact) -> Option<Exported> {
    let manifest = artifact.manifest();
    let output = manifest.signature.output.name();
    let features: Vec<&Feature> = manifest.signature.features.iter().collect();
    let (features, graph, member) = match (artifact.members(), artifact.model().native(), features.split_last()) {
        (Some(members), Some(model), Some((column, features))) => {
            let models = Models::new(members, model, artifact.calibration());
            let (graph, member) = family(&models, members, column, output);
            (features.to_vec(), graph, Some(member))
        }
        _ => (features, single(artifact.model(), artifact.calibration(), output)?, None),
    };
    let names: Vec<&str> = features.iter().map(|feature| feature.name.as_str()).collect();
    let inputs = [table(INPUT, names.len(), format!("columns: {}", names.join(", ")))];
    let inputs = inputs.into_iter().chain(member.as_ref().map(member_column)).collect();
    let graph: GraphProto = graph.finish(&manifest.model, inputs, table(output, 1, String::new()));
    let opset = |domain: &str, version| OperatorSetIdProto { domain: domain.to_owned(), version };
    let file = ModelProto {
        ir_version: Some(IR_VERSION),
        producer_name: "clutch".to_owned(),
        producer_version: manifest.clutch_version.clone(),
        doc_string: format!("{} of {} ({})", output, manifest.label, manifest.algorithm.name),
        graph: Some(graph),
        opset_import: vec![opset("", OPSET), opset(ML, ML_OPSET)],
        metadata_props: properties(manifest, &names, member.as_ref()),
        functions: Vec::new(),
    };
    Some(Exported { file: file.encode_to_vec(), member })
}

fn single(model: &AnyModel, calibration: Option<&Calibration>, output: &str) -> Option<Graph> {
    let mut graph = Graph::default();
    let (margin, link) = match model {
        AnyModel::Native(NativeModel::Linear(model)) => (linear::margin(&mut graph, model, INPUT), model.link()),
        AnyModel::Native(NativeModel::Trees(model)) => (trees::margin(&mut graph, model, INPUT), model.link()),
        AnyModel::Stacked(model) => (stacked::margin(&mut graph, model, INPUT), model.meta().link()),
        AnyModel::Onnx(_) => return None,
    };
    match (calibration, link) {
        (Some(calibration), _) => calibration::probability(&mut graph, calibration, margin, output),
        (None, Link::Identity) => graph.node("Identity", &[margin], output),
        (None, Link::Logit) => graph.node("Sigmoid", &[margin], output),
    };
    Some(graph)
}

/// The column's name may be that of something in the graph: then its input's is longer.
fn family(models: &Models<'_>, members: &Family, column: &Feature, output: &str) -> (Graph, MemberInput) {
    let missing = family::missing(members, column.ty);
    let mut member = MemberInput { name: column.name.clone(), text: column.ty == Type::String, missing };
    loop {
        let mut graph = Graph::default();
        family::prediction(&mut graph, models, INPUT, &member, output);
        if member.name != INPUT && !graph.has(&member.name) {
            return (graph, member);
        }
        member.name.push('_');
    }
}

fn member_column(member: &MemberInput) -> ValueInfoProto {
    let element = if member.text { element::STRING } else { element::INT64 };
    table_of(element, &member.name, 1, format!("the member; {:?} where it is missing", member.missing))
}

/// The same file with the version that it has in its registry among its properties. (A protobuf message that follows
/// another is merged into it.)
pub fn with_version(mut file: Vec<u8>, version: u32) -> Vec<u8> {
    let properties = vec![property("clutch.version", version.to_string())];
    file.extend(ModelProto { metadata_props: properties, ..ModelProto::default() }.encode_to_vec());
    file
}

fn properties(manifest: &Manifest, names: &[&str], member: Option<&MemberInput>) -> Vec<StringStringEntryProto> {
    let mut properties = vec![
        property("clutch.model", manifest.model.clone()),
        property("clutch.view", manifest.view.name.clone()),
        property("clutch.view_hash", manifest.view.hash.to_string()),
        property("clutch.features", serde_json::Value::from(names).to_string()),
    ];
    if let Some(member) = member {
        properties.push(property("clutch.member", member.name.clone()));
        properties.push(property("clutch.member_missing", member.missing.clone()));
    }
    properties
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

#[cfg(test)]
mod tests;
