//! `clutch`: one binary from a folder of plays to live predictions. This file parses, dispatches and turns outcomes
//! into exit codes; each subcommand has a file of its own.

mod check;
mod cli;
mod clock;
#[cfg(feature = "train")]
mod compare;
mod context;
#[cfg(feature = "train")]
mod data;
#[cfg(all(feature = "train", feature = "serve"))]
mod demo;
mod doctor;
#[cfg(feature = "train")]
mod evaluate;
#[cfg(feature = "train")]
mod features;
mod figures;
mod init;
mod lookup;
mod models;
mod output;
#[cfg(feature = "train")]
mod parity;
#[cfg(feature = "serve")]
mod predict;
#[cfg(feature = "train")]
mod progress;
#[cfg(feature = "serve")]
mod serve;
#[cfg(feature = "train")]
mod source;
#[cfg(feature = "serve")]
mod stream;
mod table;
#[cfg(feature = "serve")]
mod telemetry;
#[cfg(feature = "train")]
mod train;
mod views;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    let context = context::Context::new(&cli.global);
    context.onnxruntime().use_them();
    match cli.command.run(&context) {
        Ok(code) => code,
        Err(error) => output::report(&error, &context),
    }
}
