//! `clutch data`: history into the project.

#[cfg(feature = "train")]
mod download;
#[cfg(feature = "train")]
mod import;
#[cfg(feature = "train")]
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
    #[cfg(feature = "train")]
    Import(import::Args),
    /// Download public play-by-play data.
    #[cfg(feature = "train")]
    Download(download::Args),
    /// Play out seasons by published rates.
    #[cfg(feature = "train")]
    Simulate(simulate::Args),
}

pub(crate) fn run(args: Args, context: &Context) -> anyhow::Result<ExitCode> {
    match args.command {
        #[cfg(feature = "train")]
        Command::Import(args) => import::run(args, context),
        #[cfg(feature = "train")]
        Command::Download(args) => download::run(args, context),
        #[cfg(feature = "train")]
        Command::Simulate(args) => simulate::run(args, context),
    }
}
