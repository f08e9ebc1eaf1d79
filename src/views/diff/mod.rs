//! `clutch views diff`

mod changes;
mod side;
#[cfg(feature = "train")]
mod values;

use std::path::PathBuf;
use std::process::ExitCode;

use features::project::Project;
use models::registry::DirectoryRegistry;
use serde_json::json;

use self::changes::{Change, Changes};
use self::side::Side;
use crate::clock;
use crate::context::Context;
use crate::output::{self, NO, UsageError, say};
#[cfg(feature = "train")]
use crate::source::DataArgs;

#[derive(Debug, clap::Args)]
#[command(after_help = "Each of A and B is
  a view of the project, as it is now       win_probability
  the view that a model was trained on      win_probability/3, win_probability@champion
  the start of a view's hash                1f0c22ab   (of the project's views and of all versions in the registry)
A name that is both a view and a model means the view.

Examples:
  clutch views diff win_probability@champion win_probability      what was edited since
  clutch views diff win_probability/1 win_probability/2 --data plays='seasons/*.parquet'
  clutch views diff 1f0c22ab 9d41aa07 --json

Exit codes: 0 they compute the same, 1 they differ.")]
pub(super) struct Args {
    /// What to compare.
    #[arg(value_name = "A")]
    before: String,
    /// What to compare it with.
    #[arg(value_name = "B")]
    after: String,
    #[cfg(feature = "train")]
    #[command(flatten)]
    data: DataArgs,
    /// Where versions are kept, if not where the project says.
    #[arg(long, value_name = "DIR")]
    registry: Option<PathBuf>,
}

pub(super) fn run(args: &Args, project: &Project, context: &Context) -> anyhow::Result<ExitCode> {
    let folder = context.registry_dir(args.registry.as_deref(), project);
    let registry = DirectoryRegistry::new(folder, clock::clock());
    let before = side::find(&args.before, project, &registry)?;
    let after = side::find(&args.after, project, &registry)?;
    if before.view.stream.name != after.view.stream.name {
        let streams = [&before, &after].map(|side| side.view.stream.name.to_string());
        let message = format!("one is a view of stream `{}`, the other of stream `{}`", streams[0], streams[1]);
        return Err(UsageError::new(message).into());
    }
    let changes = changes::between(&before, &after);
    let same = before.hash == after.hash;
    say(context, format!("A  {}", before.title()));
    say(context, format!("B  {}", after.title()));
    for note in before.notes.iter().chain(&after.notes) {
        output::note(format!("note: {note}"));
    }
    if same {
        say(context, "They compute the same.");
    }
    for line in changes.lines() {
        say(context, line);
    }
    let mut object = json!({
        "a": before.object(),
        "b": after.object(),
        "same": same,
        "changes": changes,
    });
    if !same && let Some(values) = values(args, project, [&before, &after], context)? {
        object["values"] = values;
    }
    output::json(context, &object);
    Ok(if same { ExitCode::SUCCESS } else { ExitCode::from(NO) })
}

/// How many values differ, told and as JSON.
#[cfg(feature = "train")]
fn values(
    args: &Args,
    project: &Project,
    [before, after]: [&Side; 2],
    context: &Context,
) -> anyhow::Result<Option<serde_json::Value>> {
    let compared = values::compare(&args.data, project, before, after)?;
    for line in values::lines(&compared) {
        say(context, line);
    }
    Ok(Some(serde_json::to_value(&compared)?))
}

/// This binary cannot read history.
#[cfg(not(feature = "train"))]
#[expect(clippy::unnecessary_wraps, reason = "as with history")]
fn values(_: &Args, _: &Project, _: [&Side; 2], _: &Context) -> anyhow::Result<Option<serde_json::Value>> {
    Ok(None)
}

impl Changes {
    fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let mut part = |title: &str, changes: &[Change]| {
            if changes.is_empty() {
                return;
            }
            lines.push(String::new());
            lines.push(title.to_owned());
            for Change { name, before, after } in changes {
                let named = name.as_ref().map(|name| format!("{name}: ")).unwrap_or_default();
                lines.extend(before.as_ref().map(|text| format!("  - {named}{text}")));
                lines.extend(after.as_ref().map(|text| format!("  + {named}{text}")));
            }
        };
        part("columns", &self.columns);
        part("WHERE", &self.filter);
        part("windows", &self.windows);
        part("stream rules", &self.rules);
        part("kernel version", &self.kernel);
        if self.reordered {
            lines.extend([String::new(), "The columns are in another order.".to_owned()]);
        }
        lines
    }
}

impl Side {
    /// `win_probability 1f0c22ab…, of version 3 of model win_probability`
    fn title(&self) -> String {
        format!("{} {}, {}", self.view.name, self.hash, self.origin)
    }

    fn object(&self) -> serde_json::Value {
        json!({
            "given": self.given,
            "view": self.view.name,
            "view_hash": self.hash,
            "kernel_version": self.kernel_version,
            "origin": self.origin,
            "notes": self.notes,
        })
    }
}
