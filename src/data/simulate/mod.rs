//! `clutch data simulate`: matches played out, so that the first hour needs no download.
//!
//! `chance` is where all draws come from; each sport has a folder of its own.

mod chance;
mod lol;
mod nfl;

use std::process::ExitCode;

use crate::context::Context;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    sport: Sport,
}

#[derive(Debug, clap::Subcommand)]
enum Sport {
    /// American football: seasons, play by play.
    Nfl(nfl::Args),
    /// League of Legends: matches, minute by minute.
    Lol(lol::Args),
}

pub(crate) fn run(args: Args, context: &Context) -> anyhow::Result<ExitCode> {
    match args.sport {
        Sport::Nfl(args) => nfl::run(args, context),
        Sport::Lol(args) => lol::run(args, context),
    }
}
