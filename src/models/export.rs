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
use crate::output::{self, say};

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  clutch models export win_probability --onnx win.onnx --project nfl
  clutch models export win_probability/3 --onnx win.onnx --project nfl
  clutch models export champion_win --onnx champions.onnx --project lol")]
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
    let (file, member) = match (version.artifact.model(), onnx::export(&version.artifact)) {
        (_, Some(exported)) => (onnx::with_version(exported.file, number), exported.member),
        // What came from others goes out as it came.
        (AnyModel::Onnx(model), None) => (model.file().bytes().to_vec(), None),
        (AnyModel::Native(_) | AnyModel::Stacked(_), None) => {
            anyhow::bail!("{model} version {number} cannot be written as ONNX")
        }
    };
    std::fs::write(&args.onnx, &file).with_context(|| format!("cannot write {}", args.onnx.display()))?;
    let mut features: Vec<&str> = manifest.signature.names().collect();
    if member.is_some() {
        features.pop();
    }
    let output = manifest.signature.output.name();
    say(context, format!("{model} version {number} is in {}", args.onnx.display()));
    say(context, format!("  input   {}: doubles, a row each, NaN where missing; columns:", onnx::INPUT));
    say(context, format!("          {}", features.join(", ")));
    if let Some(member) = &member {
        let kind = if member.text { "text" } else { "whole numbers" };
        let missing = &member.missing;
        say(context, format!("  input   {}: {kind}, one each, {missing:?} where missing", member.name));
    }
    say(context, format!("  output  {output}"));
    let object = json!({
        "model": model, "version": number, "file": args.onnx, "bytes": file.len(), "input": onnx::INPUT,
        "features": features, "member_input": member.as_ref().map(|member| &member.name),
        "member_missing": member.as_ref().map(|member| &member.missing), "output": output,
    });
    output::json(context, &object);
    Ok(ExitCode::SUCCESS)
}
