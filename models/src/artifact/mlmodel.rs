//! `MLmodel`: the part of an artifact that every MLflow tool reads. Three flavors: `clutch`, what clutch itself loads;
//! `onnx` and `python_function`, which are `model.onnx` run by ONNX Runtime.

use super::environment::{CONDA, PYTHON, PYTHON_ENV};
use super::{EXAMPLE, FORMAT_VERSION, MANIFEST, MODEL, Manifest, ONNX};
use crate::timestamp;

/// YAML, keys in MLflow's own (alphabetical) order. The model's uuid is drawn from the manifest's bytes, which hold the
/// time of creation, so that no two trainings share one.
pub(super) fn text(manifest: &Manifest, manifest_bytes: &[u8]) -> String {
    let uuid = blake3::hash(manifest_bytes).to_hex();
    let signature = &manifest.signature;
    let inputs = signature.names().map(column);
    let output = column(signature.output.name());
    format!(
        "flavors:\n  clutch:\n    algorithm: {}\n    clutch_version: {}\n    data: {MODEL}\n    \
         format_version: {FORMAT_VERSION}\n    manifest: {MANIFEST}\n  \
         onnx:\n    code: null\n    data: {ONNX}\n    onnx_version: 1.12.0\n    providers:\n    - CPUExecutionProvider\n  \
         python_function:\n    data: {ONNX}\n    env:\n      conda: {CONDA}\n      virtualenv: {PYTHON_ENV}\n    \
         loader_module: mlflow.onnx\n    python_version: {PYTHON}\n\
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

/// As Python's `json.dumps` spells it. Every input is a double, as in `model.onnx`: NaN where missing, booleans 0 and 1.
fn column(name: &str) -> String {
    format!(r#"{{"type": "double", "name": {}, "required": true}}"#, serde_json::Value::from(name))
}

fn list(columns: impl Iterator<Item = String>) -> String {
    format!("[{}]", columns.collect::<Vec<_>>().join(", "))
}

/// A single-quoted YAML scalar, which nothing but the quote itself can leave. Line breaks would be folded away, but none
/// can occur: names, versions and JSON hold them only escaped.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
