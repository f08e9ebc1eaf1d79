//! `clutch models history`

use std::process::ExitCode;

use models::registry::{AliasMove, MoveKind, Registry};
use serde_json::json;

use super::{Store, explain, minute};
use crate::context::Context;
use crate::output::{self, say};
use crate::table::table;

#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  clutch models history win_probability --project nfl")]
pub(super) struct Args {
    #[arg(value_name = "MODEL")]
    model: String,
}

pub(super) fn run(args: &Args, store: &Store, context: &Context) -> anyhow::Result<ExitCode> {
    let moves = store.registry.history(&args.model).map_err(explain)?;
    if moves.is_empty() {
        say(context, format!("{} has had no champion yet", args.model));
    } else {
        let mut rows = vec![["when (UTC)", "alias", "move", "from", "to", "reason"].map(str::to_owned).to_vec()];
        rows.extend(moves.iter().map(row));
        table(&rows).into_iter().for_each(|line| say(context, line));
    }
    output::json(context, &json!({ "model": args.model, "moves": moves }));
    Ok(ExitCode::SUCCESS)
}

fn row(made: &AliasMove) -> Vec<String> {
    let kind = match made.kind {
        MoveKind::Promotion => "promotion",
        MoveKind::Rollback => "rollback",
    };
    let from = made.from.map(|n| n.to_string()).unwrap_or_default();
    // A reason of several lines keeps to its own.
    let reason = made.reason.split_whitespace().collect::<Vec<_>>().join(" ");
    vec![minute(made.at), made.alias.clone(), kind.to_owned(), from, made.to.to_string(), reason]
}
