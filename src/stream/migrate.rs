//! `clutch stream migrate`

use std::process::ExitCode;

use anyhow::Context as _;
use features::project::Project;
use features::schema::Stream;
use serde_json::json;
use serving::connect::connect;
use serving::migrate::{Migrated, Target, migrate};

use crate::context::Context;
use crate::lookup;
use crate::output::{self, UsageError, say};
use crate::table::count;
use crate::{progress, serve, telemetry};

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  clutch stream migrate --stream plays --to nfl-plays-8 --partitions 8
  clutch stream migrate --stream plays --to nfl-plays-8 --partitions 8 --json

Where a topic has other partitions than it had, keys are no longer where their states are: the stream stops. Stop its servers
and its producers, migrate, then write the new topic and its partitions into clutch.toml and start them again. Events that were
predicted are not predicted again; those that wait are. Predictions go on in topics of the new names. Broken off, the same
command goes on where it was.")]
pub(crate) struct Args {
    /// Which stream.
    #[arg(long, value_name = "STREAM")]
    stream: String,
    /// The topic that takes its topic's place; made where it is missing.
    #[arg(long, value_name = "TOPIC")]
    to: String,
    /// Its partitions.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    partitions: u32,
}

pub(crate) fn run(args: &Args, context: &Context) -> anyhow::Result<ExitCode> {
    let project = context.project()?;
    let stream = lookup::stream(&project, &args.stream)?;
    alone_on_its_topic(&project, stream)?;
    telemetry::start()?;
    // The folder's lock: no server of this folder runs meanwhile.
    let instance = serve::open(&project)?;
    let ground = connect(&project, &instance)?.ground;
    let target = Target { topic: args.to.as_str().into(), partitions: args.partitions };
    let bar = progress::spinner("copying", "events");
    let moved = migrate(&*ground.log, &*ground.store, stream, &target, &|copied| bar.set_position(copied));
    bar.finish_and_clear();
    let moved = moved.with_context(|| format!("stream `{}` is not migrated", stream.name))?;
    for line in told(stream, &target, moved) {
        say(context, line);
    }
    output::json(
        context,
        &json!({
            "stream": stream.name,
            "topic": target.topic,
            "partitions": target.partitions,
            "consumed": moved.consumed,
            "waiting": moved.waiting,
            "slots": moved.slots,
        }),
    );
    Ok(ExitCode::SUCCESS)
}

/// Streams that share a topic have an offset each: one copy cannot serve both.
fn alone_on_its_topic(project: &Project, stream: &Stream) -> Result<(), UsageError> {
    let shares = |other: &&Stream| other.topic == stream.topic && other.name != stream.name;
    match project.streams.values().map(AsRef::as_ref).find(shares) {
        None => Ok(()),
        Some(other) => {
            let message = format!(
                "stream `{}` reads the same topic as `{}`: such streams cannot be migrated",
                other.name, stream.name
            );
            Err(UsageError::new(message))
        }
    }
}

fn told(stream: &Stream, target: &Target, moved: Migrated) -> Vec<String> {
    let Migrated { consumed, waiting, .. } = moved;
    vec![
        format!(
            "{} events are in `{}`: {} predicted, {} waiting",
            count(consumed + waiting),
            target.topic,
            count(consumed),
            count(waiting)
        ),
        format!("Now write into [streams.{}] of clutch.toml, and start servers and producers on it:", stream.name),
        format!("  topic      = \"{}\"", target.topic),
        format!("  partitions = {}", target.partitions),
        format!("The topic `{}` is as it was, and may go.", stream.topic),
    ]
}
