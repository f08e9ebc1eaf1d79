//! `clutch stream skew`

use std::process::ExitCode;

use features::project::Project;
use serde_json::{Value, json};
use serving::admin::StoredRecord;

use super::access::{Access, block_on};
use crate::context::Context;
use crate::lookup;
use crate::output::{self, NO, say};
use crate::table::{count, table};

/// Records asked for at a time.
const PAGE: usize = 1_000;

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  clutch stream skew
  clutch stream skew --stream plays --limit 100 --json")]
pub(crate) struct Args {
    /// Of this stream only.
    #[arg(long, value_name = "STREAM")]
    stream: Option<String>,
    /// How many of the newest to show.
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: usize,
}

/// Exit code 1 where anything was found.
pub(crate) fn run(args: Args, context: &Context) -> anyhow::Result<ExitCode> {
    let project = context.project()?;
    let streams = match &args.stream {
        Some(name) => vec![lookup::stream(&project, name)?.name.to_string()],
        None => project.streams.keys().map(ToString::to_string).collect(),
    };
    let found = block_on(collect(&project, &streams, args.limit))??;
    let mut objects = serde_json::Map::new();
    for (name, found) in &found {
        print(name, found, context);
        let newest: Vec<Value> = found.newest.iter().map(object).collect();
        objects.insert(name.clone(), json!({ "differences": found.total, "newest": newest }));
    }
    output::json(context, &Value::Object(objects));
    Ok(if found.iter().all(|(_, found)| found.total == 0) { ExitCode::SUCCESS } else { ExitCode::from(NO) })
}

/// What the checks of one stream have told.
#[derive(Debug)]
struct Found {
    total: u64,
    newest: Vec<StoredRecord>,
}

impl Found {
    /// Counts the records of a partition and keeps the newest of all that were read.
    async fn read(&mut self, access: &mut Access, topic: &str, partition: u32, limit: usize) -> anyhow::Result<()> {
        let mut from = 0;
        loop {
            let page = access.read(topic, partition, from, PAGE).await?;
            let is_last = page.records.is_empty() || page.next >= page.end;
            self.total += page.records.len() as u64;
            self.newest.extend(page.records);
            self.newest.sort_by_key(|record| record.appended_at);
            self.newest.drain(..self.newest.len().saturating_sub(limit));
            if is_last {
                return Ok(());
            }
            from = page.next;
        }
    }
}

async fn collect(project: &Project, streams: &[String], limit: usize) -> anyhow::Result<Vec<(String, Found)>> {
    let mut access = Access::open(project).await?;
    let status = access.status(false).await?;
    let mut all = Vec::new();
    for name in streams {
        let stream = lookup::stream(project, name)?;
        let mut found = Found { total: 0, newest: Vec::new() };
        // Before the first check there is no topic.
        if status.streams.get(name).is_some_and(|report| report.skew_records != Some(0)) {
            let topic = stream.skew_topic();
            for partition in 0..stream.partitions {
                found.read(&mut access, &topic, partition, limit).await?;
            }
        }
        all.push((name.clone(), found));
    }
    Ok(all)
}

fn print(stream: &str, found: &Found, context: &Context) {
    if found.total == 0 {
        say(context, format!("stream {stream}: no differences between what was served and what is recomputed"));
        return;
    }
    say(context, format!("stream {stream}: {} differences, the newest:", count(found.total)));
    let header = ["event", "key", "view", "kind", "feature", "served", "recomputed", "at"];
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    for record in &found.newest {
        let object = object(record);
        let text = |name: &str| object[name].as_str().unwrap_or_default().to_owned();
        rows.push(vec![
            format!("{}/{}", object["partition"], object["offset"]),
            text("key"),
            text("view"),
            text("kind").replace('_', " "),
            text("feature"),
            value(&object["served"]),
            value(&object["recomputed"]),
            text("at"),
        ]);
    }
    for line in table(&rows) {
        say(context, line);
    }
}

fn object(record: &StoredRecord) -> Value {
    serde_json::from_str(record.value.get()).unwrap_or_default()
}

/// A value as it is told; the shortest decimals of two doubles differ if their bits do.
fn value(side: &Value) -> String {
    match side.get("value") {
        None => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
    }
}
