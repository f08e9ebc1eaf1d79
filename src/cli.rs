//! The command line: global options and the list of subcommands.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::context::Context;

/// Live predictions for matches while they are being played.
#[derive(Debug, Parser)]
#[command(name = "clutch", version, about, propagate_version = true, after_help = EXAMPLES)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXAMPLES: &str = "\
Examples:
  clutch init nfl --template nfl            write a ready-made project
  clutch data simulate nfl --project nfl    play out seasons to begin with
  clutch train --project nfl --model win_probability
  clutch serve --project nfl
  clutch stream replay --project nfl --stream plays --rate 2/s
  clutch stream watch --project nfl

Exit codes: 0 done, 1 it ran and the answer is no, 2 usage or a bad project, 3 it failed while running.";

/// Options that every command takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Global {
    /// The project folder.
    #[arg(long, global = true, default_value = ".", value_name = "DIR")]
    pub(crate) project: PathBuf,
    /// Where a server keeps its lock, its database and its admin socket, and where commands look for it, if not in `.clutch` of
    /// the project: several servers of one project on one machine need one each.
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) state_dir: Option<PathBuf>,
    /// Print one JSON object as the last line of standard output.
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Write a new project folder, from a template or from a sample of data.
    Init(crate::init::Args),
    /// Check the project and print every problem with its place and remedy.
    Check(crate::check::Args),
    /// Look at this machine, the project and its state, and say what is amiss.
    Doctor(crate::doctor::Args),
    /// The whole tour in one go: simulate, train, serve, replay a game and watch it.
    #[cfg(all(feature = "train", feature = "serve"))]
    Demo(crate::demo::Args),
    /// Import, download or simulate history.
    #[cfg(feature = "train")]
    Data(crate::data::Args),
    /// List and show the project's views.
    Views(crate::views::Args),
    /// Compute a view over history.
    #[cfg(feature = "train")]
    Features(crate::features::Args),
    /// Prove that the batch, stream and request hosts compute the same rows, bit for bit.
    #[cfg(feature = "train")]
    Parity(crate::parity::Args),
    /// Train a model and register it.
    #[cfg(feature = "train")]
    Train(crate::train::Args),
    /// Judge a registered model on other data.
    #[cfg(feature = "train")]
    Evaluate(crate::evaluate::Args),
    /// Which of two versions is better, and whether that can be trusted.
    #[cfg(feature = "train")]
    Compare(crate::compare::Args),
    /// Ask a model for one prediction.
    #[cfg(feature = "serve")]
    Predict(crate::predict::Args),
    /// List, show, promote and roll back model versions.
    Models(crate::models::Args),
    /// Serve predictions over HTTP and on streams.
    #[cfg(feature = "serve")]
    Serve(crate::serve::Args),
    /// Replay history into a stream, watch predictions, look at dead letters.
    #[cfg(feature = "serve")]
    Stream(crate::stream::Args),
}

impl Command {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        match self {
            Command::Init(args) => crate::init::run(args, context),
            Command::Check(args) => crate::check::run(args, context),
            Command::Doctor(args) => crate::doctor::run(args, context),
            #[cfg(all(feature = "train", feature = "serve"))]
            Command::Demo(args) => crate::demo::run(args, context),
            #[cfg(feature = "train")]
            Command::Data(args) => crate::data::run(args, context),
            Command::Views(args) => crate::views::run(args, context),
            #[cfg(feature = "train")]
            Command::Features(args) => crate::features::run(args, context),
            #[cfg(feature = "train")]
            Command::Parity(args) => crate::parity::run(args, context),
            #[cfg(feature = "train")]
            Command::Train(args) => crate::train::run(args, context),
            #[cfg(feature = "train")]
            Command::Evaluate(args) => crate::evaluate::run(args, context),
            #[cfg(feature = "train")]
            Command::Compare(args) => crate::compare::run(args, context),
            #[cfg(feature = "serve")]
            Command::Predict(args) => crate::predict::run(args, context),
            Command::Models(args) => crate::models::run(args, context),
            #[cfg(feature = "serve")]
            Command::Serve(args) => crate::serve::run(args, context),
            #[cfg(feature = "serve")]
            Command::Stream(args) => crate::stream::run(args, context),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn command_line_is_well_formed() {
        super::Cli::command().debug_assert();
    }

    #[test]
    fn the_help_of_every_command_has_an_example() {
        fn look(command: &mut clap::Command) {
            if command.get_name() == "help" {
                return;
            }
            if command.has_subcommands() {
                command.get_subcommands_mut().for_each(look);
            } else {
                let help = command.render_long_help().to_string();
                assert!(help.contains("Example"), "{help}");
            }
        }
        look(&mut super::Cli::command());
    }
}
