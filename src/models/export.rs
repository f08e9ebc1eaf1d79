//! `clutch models export`

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use models::artifact::AnyModel;
use models::onnx;
use models::reference::ModelRef;
use models::registry::Registry;
use serde_json::json;

use super::Store;
use crate::context::Context;
use crate::output::{self, UsageError, say};

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  clutch models export win_probability --onnx win.onnx --project nfl
  clutch models export win_probability/3 --onnx win.onnx --project nfl")]
pub(super) struct Args {
    /// NAME (its newest version), NAME@ALIAS or NAME/VERSION.
    #[arg(value_name = "REF")]
    reference: ModelRef,
    /// Where the ONNX file goes; one that is there is replaced.
    #[arg(long, value_name = "FILE")]
    onnx: PathBuf,
}

pub(super) fn run(args: &Args, store: &Store, context: &Context) -> anyhow::Result<ExitCode> {
    let (model, number) = store.resolve(&args.reference)?;
    let version = store.registry.load(&model, number)?;
    let manifest = version.artifact.manifest();
    let file = match version.artifact.model() {
        // What came from others goes out as it came.
        AnyModel::Onnx(model) => model.file().bytes().to_vec(),
        AnyModel::Native(_) => {
            let Some(file) = onnx::export(&version.artifact) else {
                let message = format!(
                    "{model} version {number} is a family of models, and a family is not exported to ONNX in this \
                     version"
                );
                return Err(UsageError::new(message).into());
            };
            onnx::with_version(file, number)
        }
    };
    std::fs::write(&args.onnx, &file).with_context(|| format!("cannot write {}", args.onnx.display()))?;
    let features: Vec<&str> = manifest.signature.names().collect();
    let output = manifest.signature.output.name();
    say(context, format!("{model} version {number} is in {}", args.onnx.display()));
    say(context, format!("  input   {}: doubles, a row each, NaN where missing; columns:", onnx::INPUT));
    say(context, format!("          {}", features.join(", ")));
    say(context, format!("  output  {output}"));
    let object = json!({
        "model": model, "version": number, "file": args.onnx, "bytes": file.len(), "input": onnx::INPUT,
        "features": features, "output": output,
    });
    output::json(context, &object);
    Ok(ExitCode::SUCCESS)
}
