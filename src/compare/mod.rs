//! `clutch compare`

mod offline;
mod shown;

use std::process::ExitCode;

use crate::context::Context;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Two versions on the same rows of history.
    Offline(offline::Args),
}

pub(crate) fn run(args: Args, context: &Context) -> anyhow::Result<ExitCode> {
    match args.command {
        Command::Offline(args) => offline::run(args, context),
    }
}
