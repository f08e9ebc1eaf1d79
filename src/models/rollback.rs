//! `clutch models rollback`

use std::process::ExitCode;

use models::registry;
use serde_json::json;

use super::{Store, refused};
use crate::context::Context;
use crate::output::{self, say};

#[derive(Debug, clap::Args)]
#[command(after_help = r#"Example:
  clutch models rollback win_probability --reason "drifts" --project nfl"#)]
pub(super) struct Args {
    #[arg(value_name = "MODEL")]
    model: String,
    /// Kept in the history.
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,
}

pub(super) fn run(args: &Args, store: &Store, context: &Context) -> anyhow::Result<ExitCode> {
    let model = &args.model;
    match registry::rollback(&store.registry, model, &args.reason) {
        Ok(made) => {
            let from = made.from.map(|n| format!("; version {n} no longer is")).unwrap_or_default();
            say(context, format!("{model} version {} is champion again{from}", made.to));
            say(context, "A running server picks it up by itself.");
            let object = json!({ "model": model, "moved": true, "from": made.from, "version": made.to });
            output::json(context, &object);
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => refused(error, model, context),
    }
}
