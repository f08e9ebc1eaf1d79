//! `clutch stream`: events in, predictions out.

mod access;
#[cfg(feature = "train")]
mod bench;
mod deadletters;
#[cfg(feature = "train")]
mod history;
#[cfg(feature = "train")]
mod replay;
mod skew;
mod status;
mod watch;

use std::process::ExitCode;

use crate::context::Context;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Feed a stream from history, at a chosen pace.
    #[cfg(feature = "train")]
    Replay(replay::Args),
    /// Measure throughput and latency under a load of a set rate, and check that every event has one prediction.
    #[cfg(feature = "train")]
    Bench(bench::Args),
    /// Print a line for each prediction as it is made.
    Watch(watch::Args),
    /// Look at events that could not be used.
    Deadletters(deadletters::Args),
    /// Look at differences between what was served and what the batch host computes.
    Skew(skew::Args),
    /// Offsets, lag and counters of each partition.
    Status(status::Args),
}

pub(crate) fn run(args: Args, context: &Context) -> anyhow::Result<ExitCode> {
    match args.command {
        #[cfg(feature = "train")]
        Command::Replay(args) => replay::run(args, context),
        #[cfg(feature = "train")]
        Command::Bench(args) => bench::run(args, context),
        Command::Watch(args) => watch::run(args, context),
        Command::Deadletters(args) => deadletters::run(args, context),
        Command::Skew(args) => skew::run(args, context),
        Command::Status(args) => status::run(args, context),
    }
}
