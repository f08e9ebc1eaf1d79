//! `clutch demo`

use std::process::ExitCode;

use crate::context::Context;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(args: Args, context: &Context) -> anyhow::Result<ExitCode> {
    todo!("{args:?} {context:?}")
}
