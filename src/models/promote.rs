//! `clutch models promote`

use std::process::ExitCode;

use models::reference::ModelRef;
use models::registry::{self, Registry};
use serde_json::json;

use super::{Store, refused};
use crate::context::Context;
use crate::output::{self, say};

#[derive(Debug, clap::Args)]
#[command(after_help = r#"Examples:
  clutch models promote win_probability/3 --reason "better on 2024" --project nfl
  clutch models promote win_probability --project nfl      the newest version"#)]
pub(super) struct Args {
    /// NAME (its newest version), NAME@ALIAS or NAME/VERSION.
    #[arg(value_name = "REF")]
    reference: ModelRef,
    /// Kept in the history.
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,
    /// Although it failed its gate.
    #[arg(long)]
    force: bool,
}

pub(super) fn run(args: &Args, store: &Store, context: &Context) -> anyhow::Result<ExitCode> {
    let (model, number) = store.resolve(&args.reference)?;
    match registry::promote(&store.registry, &model, number, &args.reason, args.force, Some(&store.certificates)) {
        Ok(made) => {
            let before = made.from.map(|n| format!(", before it was version {n}")).unwrap_or_default();
            say(context, format!("{model} version {number} is champion{before}"));
            say(context, "A running server picks it up by itself.");
            let version = store.registry.load(&model, number)?;
            let manifest = version.artifact.manifest();
            if registry::known_parity(manifest, Some(&store.certificates))?.is_none() {
                let view = &manifest.view.name;
                output::note(format!("note: parity of its view was not checked: clutch parity --view {view}"));
            }
            let object = json!({ "model": model, "moved": true, "from": made.from, "version": made.to });
            output::json(context, &object);
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => refused(error, &model, context),
    }
}
