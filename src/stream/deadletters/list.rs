//! `clutch stream deadletters list`

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::process::ExitCode;

use serde_json::{Value, json};
use serving::admin::LetterPlace;

use super::object;
use super::select::{self, Filter, Letter};
use crate::context::Context;
use crate::lookup;
use crate::output::{self, say};
use crate::stream::access::{Access, block_on};
use crate::table::{count, table};

/// How much of an event is shown in a list.
const EXCERPT: usize = 60;

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  clutch stream deadletters list
  clutch stream deadletters list --stage late --limit 100 --json
  clutch stream deadletters list --stage validate --reason yardline")]
pub(super) struct Args {
    /// Of this stream only.
    #[arg(long, value_name = "STREAM")]
    stream: Option<String>,
    #[command(flatten)]
    filter: Filter,
    /// How many of the newest to show.
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: usize,
}

/// Dead letters of a stream: how many by stage, and the newest.
#[derive(Default)]
struct Found {
    stages: BTreeMap<String, u64>,
    newest: VecDeque<Letter>,
    redriven: BTreeSet<LetterPlace>,
}

pub(super) fn run(args: &Args, context: &Context) -> anyhow::Result<ExitCode> {
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
        print(&name, &found, context);
        let newest: Vec<Value> = found.newest.iter().map(|letter| described(letter, &found)).collect();
        objects
            .insert(name, json!({ "stages": found.stages, "redriven": found.redriven.len(), "dead_letters": newest }));
    }
    output::json(context, &Value::Object(objects));
    Ok(ExitCode::SUCCESS)
}

async fn collect(access: &mut Access, topic: &str, partitions: u32, args: &Args) -> anyhow::Result<Found> {
    let mut found = Found::default();
    let Found { stages, newest, .. } = &mut found;
    let redriven = select::read(access, topic, partitions, |letters| {
        for letter in letters {
            *stages.entry(letter.stage().to_owned()).or_default() += 1;
            if args.filter.takes(&letter.letter) {
                newest.push_back(letter);
            }
        }
        keep_newest(newest, args.limit);
    });
    let redriven = redriven.await?;
    found.redriven = redriven;
    Ok(found)
}

fn keep_newest(letters: &mut VecDeque<Letter>, limit: usize) {
    letters.make_contiguous().sort_by_key(|letter| letter.record.appended_at);
    while letters.len() > limit {
        letters.pop_front();
    }
}

fn described(letter: &Letter, found: &Found) -> Value {
    let mut object = object(&letter.record, &letter.letter);
    if let (true, Some(members)) = (found.redriven.contains(&letter.place()), object.as_object_mut()) {
        members.insert("redriven".to_owned(), json!(true));
    }
    object
}

fn print(stream: &str, found: &Found, context: &Context) {
    let total: u64 = found.stages.values().sum();
    if total == 0 {
        say(context, format!("stream {stream}: no dead letters"));
        return;
    }
    let stages: Vec<String> =
        found.stages.iter().map(|(stage, letters)| format!("{} {stage}", count(*letters))).collect();
    let redriven = match found.redriven.len() {
        0 => String::new(),
        redriven => format!("; {} given back", count(redriven as u64)),
    };
    say(context, format!("stream {stream}: {}{redriven}", stages.join(", ")));
    let mut rows = vec![["place", "stage", "reason", "event"].map(str::to_owned).to_vec()];
    for found_letter in &found.newest {
        let Letter { record, letter } = found_letter;
        let text = |name: &str| letter[name].as_str().unwrap_or_default().to_owned();
        let element = letter["element"].as_u64().map(|element| format!("element {element}: ")).unwrap_or_default();
        let field = letter["field"].as_str().map(|field| format!("{field}: ")).unwrap_or_default();
        let back = if found.redriven.contains(&found_letter.place()) { "given back: " } else { "" };
        let reason = format!("{back}{element}{field}{}", text("reason"));
        let event = letter["raw"].as_str().or(letter["raw_base64"].as_str()).unwrap_or_default();
        let event: String = event.chars().take(EXCERPT).map(|c| if c.is_control() { ' ' } else { c }).collect();
        rows.push(vec![format!("{}/{}", record.partition, record.offset), text("stage"), reason, event]);
    }
    for line in table(&rows) {
        say(context, line);
    }
}
