//! `clutch views`

mod diff;

use std::process::ExitCode;

use clap::Subcommand;
use features::plan::View;
use features::sql::{describe_call, describe_window};

use crate::context::Context;
use crate::lookup;
use crate::output::{self, say};
use crate::table::table;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// The project's views, each with its stream, size and hash.
    #[command(after_help = "Example: clutch views list --project nfl")]
    List,
    /// One view: its SQL, its columns with their types, its windows and its hash.
    #[command(after_help = "Example: clutch views show win_probability --project nfl")]
    Show {
        /// A view of the project.
        name: String,
    },
    /// What changed between two versions of a view, and how many values differ over history.
    Diff(diff::Args),
}

pub(crate) fn run(args: Args, context: &Context) -> anyhow::Result<ExitCode> {
    let project = context.project()?;
    match args.command {
        Command::List => {
            let header = ["view", "stream", "columns", "features", "hash"].map(str::to_owned).to_vec();
            let rows = project.views.values().map(|view| {
                let (columns, features) = (view.columns.len(), view.features().count());
                let names = [view.name.to_string(), view.stream.name.to_string()];
                names.into_iter().chain([columns.to_string(), features.to_string(), view.hash.to_string()]).collect()
            });
            for line in table(&[header].into_iter().chain(rows).collect::<Vec<_>>()) {
                say(context, line);
            }
            let views: Vec<_> = project.views.values().map(|view| object(view)).collect();
            output::json(context, &serde_json::json!({ "views": views }));
        }
        Command::Show { name } => {
            let view = lookup::view(&project, &name)?;
            for line in shown(view) {
                say(context, line);
            }
            let mut object = object(view);
            object["sql"] = view.text.clone().into();
            output::json(context, &object);
        }
        Command::Diff(args) => return diff::run(&args, &project, context),
    }
    Ok(ExitCode::SUCCESS)
}

fn shown(view: &View) -> Vec<String> {
    let mut lines: Vec<String> = view.text.trim_end().lines().map(str::to_owned).collect();
    lines.push(String::new());
    let mut rows = vec![["column", "type", ""].map(str::to_owned).to_vec()];
    rows.extend(view.columns.iter().map(|column| {
        let role = if column.identity { "names the row" } else { "" };
        vec![column.name.to_string(), column.ty.to_string(), role.to_owned()]
    }));
    lines.extend(table(&rows));
    for (index, window) in view.windows.iter().enumerate() {
        let calls = view.calls.iter().filter(|call| call.window == index).map(|call| describe_call(view, call));
        lines.push(String::new());
        lines.push(format!("  window {}", describe_window(view, window)));
        lines.extend(calls.map(|call| format!("    {call}")));
    }
    lines.push(String::new());
    lines.push(format!("  hash {}", view.hash));
    lines
}

/// What `--json` says of a view.
pub(crate) fn object(view: &View) -> serde_json::Value {
    let columns: Vec<_> = view
        .columns
        .iter()
        .map(|column| serde_json::json!({ "name": column.name, "type": column.ty, "identity": column.identity }))
        .collect();
    let windows: Vec<_> = view
        .windows
        .iter()
        .enumerate()
        .map(|(index, window)| {
            let calls = view.calls.iter().filter(|call| call.window == index);
            serde_json::json!({
                "window": describe_window(view, window),
                "calls": calls.map(|call| describe_call(view, call)).collect::<Vec<_>>(),
            })
        })
        .collect();
    serde_json::json!({
        "name": view.name,
        "stream": view.stream.name,
        "hash": view.hash,
        "columns": columns,
        "windows": windows,
    })
}
