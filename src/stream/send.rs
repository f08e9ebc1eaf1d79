//! `clutch stream send`

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, IsTerminal};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use features::nearest::did_you_mean;
use features::partition::partition_of;
use features::project::Project;
use serde_json::{Value as Json, json};
use serving::connect::open_feed;
use smol_str::SmolStr;

use super::outlet::{Outlet, Sent};
use crate::context::Context;
use crate::output::{self, UsageError};
use crate::table::count;

/// The most messages in one append.
const AT_ONCE: usize = 500;

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  clutch stream send --topic prediction-requests requests.jsonl
  echo '{\"endpoint\":\"win_probability\",\"key\":{\"match_id\":\"M1\"}}' | clutch stream send --topic prediction-requests
  clutch stream send --topic nfl-plays --key-field game_id plays.jsonl

Each line is a message, sent as it is, even if it is no JSON. Which topics there are: `clutch stream status`.")]
pub(crate) struct Args {
    /// Where to.
    #[arg(long, value_name = "TOPIC")]
    topic: String,
    /// The key of every message.
    #[arg(long, value_name = "KEY", conflicts_with = "key_field")]
    key: Option<String>,
    /// The message's key is what this member of it says (default: the number of its line).
    #[arg(long, value_name = "NAME")]
    key_field: Option<String>,
    /// The messages, one a line; `-` or nothing: standard input.
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
}

pub(crate) fn run(args: &Args, context: &Context) -> anyhow::Result<ExitCode> {
    let project = context.project()?;
    let partitions = partitions_of(&project, &args.topic)?;
    let lines = open(args.file.as_ref())?;
    let mut outlet = match open_feed(&project)? {
        Some((_, feed)) => Outlet::Feed { feed, topic: SmolStr::from(&args.topic) },
        None => Outlet::server(&project, &args.topic)?,
    };
    let mut batch = Vec::with_capacity(AT_ONCE);
    let mut sent = 0_u64;
    for (number, line) in (1_u64..).zip(lines.split(b'\n')) {
        let value = line.context("the messages cannot be read")?;
        if value.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let key = key_of(args, number, &value).map_err(|error| {
            UsageError::new(format!(
                "{error}; {sent} messages before it may have been sent: leave them out the next time"
            ))
        })?;
        batch.push(Sent { partition: partition_of(&key, partitions), key, value });
        sent += 1;
        if batch.len() == AT_ONCE {
            outlet.send(&batch)?;
            batch.clear();
        }
    }
    if !batch.is_empty() {
        outlet.send(&batch)?;
    }
    outlet.finish()?;
    output::say(context, format!("{} messages sent to `{}`", count(sent), args.topic));
    output::json(context, &json!({ "topic": args.topic, "sent": sent }));
    Ok(ExitCode::SUCCESS)
}

/// How many a topic of the project has that somebody else may write to.
fn partitions_of(project: &Project, topic: &str) -> Result<u32, UsageError> {
    let streams = project.streams.values().flat_map(|stream| {
        [(stream.topic.as_str(), stream.partitions), (stream.outcomes_topic.as_str(), stream.partitions)]
    });
    let requests = project.requests.values().map(|requests| (requests.topic.as_str(), requests.partitions));
    let known: Vec<(&str, u32)> = streams.chain(requests).collect();
    known.iter().find(|(name, _)| *name == topic).map(|(_, partitions)| *partitions).ok_or_else(|| {
        let names: BTreeSet<&str> = known.iter().map(|(name, _)| *name).collect();
        let all =
            || format!("it reads {}", names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "));
        let help = did_you_mean(topic, names.iter().copied(), all);
        UsageError::new(format!("the project reads no topic `{topic}`: {help}"))
    })
}

fn open(file: Option<&PathBuf>) -> anyhow::Result<Box<dyn BufRead>> {
    match file.filter(|path| path.as_os_str() != "-") {
        Some(path) => {
            let file = std::fs::File::open(path).with_context(|| format!("cannot read `{}`", path.display()));
            Ok(Box::new(BufReader::new(file.map_err(|error| UsageError::new(format!("{error:#}")))?)))
        }
        None => {
            if std::io::stdin().is_terminal() {
                output::note("messages from standard input, one a line; Ctrl-D ends");
            }
            Ok(Box::new(BufReader::new(std::io::stdin())))
        }
    }
}

fn key_of(args: &Args, number: u64, value: &[u8]) -> Result<Vec<u8>, UsageError> {
    if let Some(key) = &args.key {
        return Ok(key.clone().into_bytes());
    }
    let Some(field) = &args.key_field else { return Ok(number.to_string().into_bytes()) };
    let member =
        serde_json::from_slice::<Json>(value).ok().and_then(|mut message| message.get_mut(field).map(Json::take));
    match member {
        Some(Json::String(text)) => Ok(text.into_bytes()),
        Some(Json::Number(number)) => Ok(number.to_string().into_bytes()),
        _ => Err(UsageError::new(format!("line {number} has no `{field}` that is a string or a number"))),
    }
}
