//! `clutch data`: history into the project, and what is kept of one unit out of it.

mod convert;
mod download;
#[cfg(feature = "serve")]
mod forget;
mod import;
mod lol;
mod riot;
mod simulate;

use std::process::ExitCode;

use crate::context::Context;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Import files (Parquet, CSV, gzip CSV, JSON lines) into a stream's history.
    Import(import::Args),
    /// Download public play-by-play data.
    Download(download::Args),
    /// Play out matches by published rates.
    Simulate(simulate::Args),
    /// Export and erase what the prediction log holds of one unit.
    #[cfg(feature = "serve")]
    Forget(forget::Args),
}

pub(crate) fn run(args: Args, context: &Context) -> anyhow::Result<ExitCode> {
    match args.command {
        Command::Import(args) => import::run(args, context),
        Command::Download(args) => download::run(args, context),
        Command::Simulate(args) => simulate::run(args, context),
        #[cfg(feature = "serve")]
        Command::Forget(args) => forget::run(args, context),
    }
}
