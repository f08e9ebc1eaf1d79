//! `MLmodel`: the part of an artifact that every MLflow tool reads. Only what is really in the directory is named: one
//! flavor, `clutch`; the flavors `onnx` and `python_function` join it with `model.onnx`.

use features::value::Type;

use super::{EXAMPLE, FORMAT_VERSION, MANIFEST, MODEL, Manifest};
use crate::timestamp;

/// YAML, keys in MLflow's own (alphabetical) order. The model's uuid is drawn from the manifest's bytes, which hold the
/// time of creation, so that no two trainings share one.
pub(super) fn text(manifest: &Manifest, manifest_bytes: &[u8]) -> String {
    let uuid = blake3::hash(manifest_bytes).to_hex();
    let signature = &manifest.signature;
    let inputs = signature.features.iter().map(|f| column(&f.name, f.ty, false));
    let output = column(signature.output.name(), Type::Float, true);
    format!(
        "flavors:\n  clutch:\n    algorithm: {}\n    clutch_version: {}\n    data: {MODEL}\n    \
         format_version: {FORMAT_VERSION}\n    manifest: {MANIFEST}\n\
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

/// As Python's `json.dumps` spells it. Inputs are optional: missing ones are imputed.
fn column(name: &str, ty: Type, required: bool) -> String {
    let kind = match ty {
        Type::Bool => "boolean",
        Type::Int | Type::Interval => "long",
        Type::Float => "double",
        Type::String => "string",
        Type::Timestamp => "datetime",
    };
    format!(r#"{{"type": "{kind}", "name": {}, "required": {required}}}"#, serde_json::Value::from(name))
}

fn list(columns: impl Iterator<Item = String>) -> String {
    format!("[{}]", columns.collect::<Vec<_>>().join(", "))
}

/// A single-quoted YAML scalar, which nothing but the quote itself can leave. Line breaks would be folded away, but none
/// can occur: names, versions and JSON hold them only escaped.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
