//! `clutch check`

mod explain;
mod watch;

use std::process::ExitCode;

use features::duration;
use features::project::{Model, Project};
use features::schema::{EventTime, Schema, Stream};

use crate::context::Context;
use crate::output::{self, say};
use crate::table::table;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Prints every problem of the project with its place and remedy; where there is none, what the project declares.

Examples:
  clutch check --project nfl
  clutch check --project nfl --explain    what each view computes, keeps and costs
  clutch check --project nfl --watch      again on every change, until Ctrl-C
  clutch check --project nfl --json"
)]
pub(crate) struct Args {
    /// Tell of each view what is computed in which step, what is kept of a key, in bytes, and what an event costs; where
    /// history was imported, also how large states became over it.
    #[arg(long)]
    explain: bool,
    /// Check again whenever clutch.toml or a view changes.
    #[arg(long)]
    watch: bool,
}

pub(crate) fn run(args: Args, context: &Context) -> anyhow::Result<ExitCode> {
    if !args.watch {
        return once(&args, context);
    }
    watch::run(context, || once(&args, context).unwrap_or_else(|error| output::report(&error, context)))
}

fn once(args: &Args, context: &Context) -> anyhow::Result<ExitCode> {
    let project = context.project()?;
    for line in summary(&project) {
        say(context, line);
    }
    let mut object = object(&project);
    if args.explain {
        let (lines, objects): (Vec<_>, Vec<_>) = explain::views(&project).into_iter().unzip();
        for line in lines.into_iter().flat_map(|lines| [String::new()].into_iter().chain(lines)) {
            say(context, line.trim_end());
        }
        object["explained"] = objects.into();
    }
    output::json(context, &object);
    Ok(ExitCode::SUCCESS)
}

fn summary(project: &Project) -> Vec<String> {
    let mut lines = vec![format!("project `{}`: no problems", project.name)];
    let mut part = |rows: Vec<Vec<String>>| {
        if 1 < rows.len() {
            lines.push(String::new());
            lines.extend(table(&rows));
        }
    };
    part(with_header(
        ["stream", "topic", "key", "event time", "lateness", "fields", "outcomes"],
        project.streams.values().map(|s| stream_row(s)),
    ));
    part(with_header(
        ["view", "stream", "columns", "features", "windows", "hash"],
        project.views.values().map(|view| {
            let numbers = [view.columns.len(), view.features().count(), view.windows.len()].map(|n| n.to_string());
            let [columns, features, windows] = numbers;
            [view.name.to_string(), view.stream.name.to_string(), columns, features, windows, view.hash.to_string()]
        }),
    ));
    part(with_header(["model", "view", "task", "algorithm", "inputs"], project.models.values().map(|m| model_row(m))));
    part(with_header(
        ["endpoint", "model", "topic"],
        project.endpoints.values().map(|e| [e.name.to_string(), e.model.to_string(), e.topic.clone()]),
    ));
    part(with_header(
        ["sink", "endpoint", "path"],
        project.sinks.values().map(|s| [s.name.to_string(), s.endpoint.to_string(), s.path.display().to_string()]),
    ));
    for (absent, what) in [
        (project.streams.is_empty(), "no streams: add [streams.NAME] with topic, key, event_time and fields"),
        (project.views.is_empty(), "no views: add views/NAME.sql with CREATE VIEW NAME AS SELECT … FROM stream"),
        (project.models.is_empty(), "no models: views can be computed, nothing can be trained"),
    ] {
        if absent {
            lines.push(String::new());
            lines.push(what.to_owned());
        }
    }
    lines
}

fn with_header<const N: usize>(header: [&str; N], rows: impl Iterator<Item = [String; N]>) -> Vec<Vec<String>> {
    [header.map(str::to_owned).to_vec()].into_iter().chain(rows.map(|row| row.to_vec())).collect()
}

fn stream_row(stream: &Stream) -> [String; 7] {
    let event_time = match &stream.event_time {
        EventTime::Order { field } => format!("in the order of {}", stream.schema.fields[*field].name),
        EventTime::Time { text, .. } => shortened(text, 40),
    };
    let outcomes = stream.schema.fields.iter().filter(|field| field.outcome).count();
    [
        stream.name.to_string(),
        stream.topic.clone(),
        names(&stream.schema, &stream.key),
        event_time,
        duration::format(stream.lateness),
        stream.schema.fields.len().to_string(),
        outcomes.to_string(),
    ]
}

fn model_row(model: &Model) -> [String; 5] {
    let task = match model.task {
        features::project::Task::Classification => "classification",
        features::project::Task::Regression => "regression",
    };
    [
        model.name.to_string(),
        model.view.name.to_string(),
        task.to_owned(),
        format!("{}{}", model.algorithm.name(), if model.stack.is_some() { ", stacked" } else { "" }),
        model.inputs.len().to_string(),
    ]
}

/// An expression in one line.
fn shortened(text: &str, longest: usize) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = words.join(" ");
    match line.char_indices().nth(longest) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

fn names(schema: &Schema, fields: &[usize]) -> String {
    let names: Vec<&str> = fields.iter().map(|&field| schema.fields[field].name.as_str()).collect();
    names.join(", ")
}

fn object(project: &Project) -> serde_json::Value {
    let list = |schema: &Schema, fields: &[usize]| -> Vec<String> {
        fields.iter().map(|&field| schema.fields[field].name.to_string()).collect()
    };
    let streams: Vec<_> = project
        .streams
        .values()
        .map(|stream| {
            serde_json::json!({
                "name": stream.name,
                "topic": stream.topic,
                "partitions": stream.partitions,
                "key": list(&stream.schema, &stream.key),
                "id": list(&stream.schema, &stream.id),
                "fields": stream.schema.fields.len(),
                "outcomes": stream.schema.fields.iter().filter(|f| f.outcome).map(|f| &f.name).collect::<Vec<_>>(),
            })
        })
        .collect();
    let models: Vec<_> = project
        .models
        .values()
        .map(|model| {
            let inputs: Vec<_> = model.inputs.iter().map(|&column| &model.view.columns[column].name).collect();
            serde_json::json!({
                "name": model.name,
                "view": model.view.name,
                "task": model.task,
                "algorithm": model.algorithm.name(),
                "inputs": inputs,
            })
        })
        .collect();
    let endpoints: Vec<_> = project
        .endpoints
        .values()
        .map(|e| serde_json::json!({ "name": e.name, "model": e.model, "topic": e.topic }))
        .collect();
    let sinks: Vec<_> = project
        .sinks
        .values()
        .map(|s| serde_json::json!({ "name": s.name, "endpoint": s.endpoint, "path": s.path }))
        .collect();
    serde_json::json!({
        "project": project.name,
        "problems": [],
        "streams": streams,
        "views": project.views.values().map(|view| crate::views::object(view)).collect::<Vec<_>>(),
        "models": models,
        "endpoints": endpoints,
        "sinks": sinks,
    })
}
