//! `MLmodel`: the part of an artifact that every MLflow tool reads. Three flavors: `clutch`, what clutch itself loads;
//! `onnx`, which is `model.onnx`; and `python_function`, which is the same run by ONNX Runtime. A family has not the last
//! one: MLflow gives the columns of a data frame to a file of several inputs one by one, and not the features as a table.

use features::value::Type;

use super::environment::{CONDA, PYTHON, PYTHON_ENV};
use super::{EXAMPLE, MANIFEST, MODEL, Manifest, ONNX};
use crate::timestamp;

/// YAML, keys in MLflow's own (alphabetical) order. The model's uuid is drawn from the manifest's bytes, which hold the
/// time of creation, so that no two trainings share one.
pub(super) fn text(manifest: &Manifest, manifest_bytes: &[u8]) -> String {
    let uuid = blake3::hash(manifest_bytes).to_hex();
    let signature = &manifest.signature;
    // A family's last input may be text; everything else is a number.
    let kind = |ty: Type| if ty == Type::String { "string" } else { "double" };
    let inputs = signature.features.iter().map(|feature| column(&feature.name, kind(feature.ty)));
    let output = column(signature.output.name(), "double");
    let format_version = manifest.format();
    let python = if manifest.family.is_some() { String::new() } else { python_function() };
    let onnx = onnx_flavor();
    format!(
        "flavors:\n  clutch:\n    algorithm: {}\n    clutch_version: {}\n    data: {MODEL}\n    \
         format_version: {format_version}\n    manifest: {MANIFEST}\n{onnx}{python}\
         model_uuid: {}\n\
         saved_input_example_info:\n  artifact_path: {EXAMPLE}\n  pandas_orient: split\n  type: dataframe\n\
         signature:\n  inputs: {}\n  outputs: {}\n  params: null\n\
         utc_time_created: {}\n",
        quoted(&manifest.algorithm.name),
        quoted(&manifest.clutch_version),
        quoted(&uuid[..32]),
        quoted(&list(inputs)),
        quoted(&list([output].into_iter())),
        quoted(&timestamp::mlflow(manifest.created_at)),
    )
}

fn onnx_flavor() -> String {
    format!(
        "  onnx:\n    code: null\n    data: {ONNX}\n    onnx_version: 1.12.0\n    providers:\n    - CPUExecutionProvider\n"
    )
}

fn python_function() -> String {
    format!(
        "  python_function:\n    data: {ONNX}\n    env:\n      conda: {CONDA}\n      virtualenv: {PYTHON_ENV}\n    \
         loader_module: mlflow.onnx\n    python_version: {PYTHON}\n"
    )
}

/// As Python's `json.dumps` spells it. Every number is a double, as in `model.onnx`: NaN where missing, booleans 0 and 1.
fn column(name: &str, kind: &str) -> String {
    format!(r#"{{"type": "{kind}", "name": {}, "required": true}}"#, serde_json::Value::from(name))
}

fn list(columns: impl Iterator<Item = String>) -> String {
    format!("[{}]", columns.collect::<Vec<_>>().join(", "))
}

/// A single-quoted YAML scalar, which nothing but the quote itself can leave. Line breaks would be folded away, but none
/// can occur: names, versions and JSON hold them only escaped.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
