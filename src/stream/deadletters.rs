//! `clutch stream deadletters`

use std::collections::{BTreeMap, VecDeque};
use std::process::ExitCode;
use std::str::FromStr;

use serde_json::{Value, json};
use serving::admin::StoredRecord;

use super::access::{Access, block_on};
use crate::context::Context;
use crate::lookup;
use crate::output::{self, UsageError, say};
use crate::table::{count, table};

/// How many are read at once.
const PAGE: usize = 1_000;
/// How much of an event is shown in a list.
const EXCERPT: usize = 60;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Count them by stage and show the newest.
    List(ListArgs),
    /// Show one in full, with the event as it came.
    Show(ShowArgs),
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  clutch stream deadletters list
  clutch stream deadletters list --stage late --limit 100 --json")]
struct ListArgs {
    /// Of this stream only.
    #[arg(long, value_name = "STREAM")]
    stream: Option<String>,
    /// Refused at this stage only: decode, validate, partition, late, duplicate or future.
    #[arg(long, value_name = "STAGE", value_parser = ["decode", "validate", "partition", "late", "duplicate", "future"])]
    stage: Option<String>,
    /// How many of the newest to show.
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: usize,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Example: clutch stream deadletters show --stream plays 2/17")]
struct ShowArgs {
    /// Of this stream; may be left out where the project has one.
    #[arg(long, value_name = "STREAM")]
    stream: Option<String>,
    /// As `list` names it.
    #[arg(value_name = "PARTITION/NUMBER")]
    place: Place,
}

/// Where a dead letter stands in its topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    partition: u32,
    offset: u64,
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("write PARTITION/NUMBER as `list` does, such as 2/17")]
struct NoPlace;

impl FromStr for Place {
    type Err = NoPlace;

    fn from_str(text: &str) -> Result<Place, NoPlace> {
        let (partition, offset) = text.split_once('/').ok_or(NoPlace)?;
        let (partition, offset) = (partition.parse().map_err(|_| NoPlace)?, offset.parse().map_err(|_| NoPlace)?);
        Ok(Place { partition, offset })
    }
}

pub(crate) fn run(args: Args, context: &Context) -> anyhow::Result<ExitCode> {
    match args.command {
        Command::List(args) => list(&args, context),
        Command::Show(args) => show(&args, context),
    }
}

/// Dead letters of a stream: how many by stage, and the newest.
struct Found {
    stages: BTreeMap<String, u64>,
    newest: VecDeque<(StoredRecord, Value)>,
}

fn list(args: &ListArgs, context: &Context) -> anyhow::Result<ExitCode> {
    let project = context.project()?;
    let streams: Vec<String> = match &args.stream {
        Some(name) => vec![lookup::stream(&project, name)?.name.to_string()],
        None => project.streams.keys().map(ToString::to_string).collect(),
    };
    let mut objects = serde_json::Map::new();
    for name in streams {
        let stream = lookup::stream(&project, &name)?;
        let topic = stream.dead_letters_topic();
        let found = block_on(async {
            let mut access = Access::open(&project).await?;
            collect(&mut access, &topic, stream.partitions, args).await
        })??;
        print_list(&name, &found, context);
        let newest: Vec<Value> = found.newest.iter().map(|(record, letter)| object(record, letter)).collect();
        objects.insert(name, json!({ "stages": found.stages, "dead_letters": newest }));
    }
    output::json(context, &Value::Object(objects));
    Ok(ExitCode::SUCCESS)
}

async fn collect(access: &mut Access, topic: &str, partitions: u32, args: &ListArgs) -> anyhow::Result<Found> {
    let mut found = Found { stages: BTreeMap::new(), newest: VecDeque::new() };
    for partition in 0..partitions {
        let mut from = 0;
        loop {
            let page = access.read(topic, partition, from, PAGE).await?;
            // Where nothing is left but offsets that hold no record, the next page would be as empty.
            let is_last = page.records.is_empty() || page.next >= page.end;
            from = page.next;
            for record in page.records {
                let letter: Value = serde_json::from_str(record.value.get()).unwrap_or_default();
                let stage = letter["stage"].as_str().unwrap_or("unknown").to_owned();
                if args.stage.as_ref().is_none_or(|wanted| *wanted == stage) {
                    found.newest.push_back((record, letter));
                }
                *found.stages.entry(stage).or_default() += 1;
            }
            keep_newest(&mut found.newest, args.limit);
            if is_last {
                break;
            }
        }
    }
    Ok(found)
}

fn keep_newest(letters: &mut VecDeque<(StoredRecord, Value)>, limit: usize) {
    letters.make_contiguous().sort_by_key(|(record, _)| record.appended_at);
    while letters.len() > limit {
        letters.pop_front();
    }
}

fn print_list(stream: &str, found: &Found, context: &Context) {
    let total: u64 = found.stages.values().sum();
    if total == 0 {
        say(context, format!("stream {stream}: no dead letters"));
        return;
    }
    let stages: Vec<String> =
        found.stages.iter().map(|(stage, letters)| format!("{} {stage}", count(*letters))).collect();
    say(context, format!("stream {stream}: {}", stages.join(", ")));
    let mut rows = vec![["place", "stage", "reason", "event"].map(str::to_owned).to_vec()];
    for (record, letter) in &found.newest {
        let text = |name: &str| letter[name].as_str().unwrap_or_default().to_owned();
        let element = letter["element"].as_u64().map(|element| format!("element {element}: ")).unwrap_or_default();
        let field = letter["field"].as_str().map(|field| format!("{field}: ")).unwrap_or_default();
        let reason = format!("{element}{field}{}", text("reason"));
        let event = letter["raw"].as_str().or(letter["raw_base64"].as_str()).unwrap_or_default();
        let event: String = event.chars().take(EXCERPT).map(|c| if c.is_control() { ' ' } else { c }).collect();
        rows.push(vec![format!("{}/{}", record.partition, record.offset), text("stage"), reason, event]);
    }
    for line in table(&rows) {
        say(context, line);
    }
}

fn show(args: &ShowArgs, context: &Context) -> anyhow::Result<ExitCode> {
    let project = context.project()?;
    let stream = match (&args.stream, project.streams.len()) {
        (Some(name), _) => lookup::stream(&project, name)?,
        (None, 1) => &project.streams[0],
        (None, _) => return Err(UsageError::new("the project has several streams: name one with --stream").into()),
    };
    let Place { partition, offset } = args.place;
    if partition >= stream.partitions {
        let message = format!("stream `{}` has partitions 0 to {}", stream.name, stream.partitions.saturating_sub(1));
        return Err(UsageError::new(message).into());
    }
    let topic = stream.dead_letters_topic();
    let answer = block_on(async { Access::open(&project).await?.read(&topic, partition, offset, 1).await })??;
    let Some(record) = answer.records.first() else {
        let message = format!("`{}` has no dead letter {partition}/{offset}", stream.name);
        return Err(UsageError::new(message).into());
    };
    let letter: Value = serde_json::from_str(record.value.get()).unwrap_or_default();
    if let Some(members) = letter.as_object() {
        for (name, value) in members.iter().filter(|(_, value)| !value.is_null()) {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            say(context, format!("{name:>12}: {text}"));
        }
    }
    output::json(context, &object(record, &letter));
    Ok(ExitCode::SUCCESS)
}

/// The dead letter with its place, under which `show` finds it.
fn object(record: &StoredRecord, letter: &Value) -> Value {
    let mut object = letter.clone();
    if let Some(members) = object.as_object_mut() {
        members.insert("place".to_owned(), json!(format!("{}/{}", record.partition, record.offset)));
    }
    object
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_partition_and_a_number() {
        assert_eq!("2/17".parse(), Ok(Place { partition: 2, offset: 17 }));
        for text in ["", "2", "2/", "/17", "a/b", "-1/2"] {
            assert_eq!(text.parse::<Place>(), Err(NoPlace), "{text}");
        }
    }
}
