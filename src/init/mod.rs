//! `clutch init`

mod from;
mod template;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;

use crate::context::Context;
use crate::output::{self, UsageError, say};
use template::Template;

#[derive(Debug, clap::Args)]
#[command(after_help = "Writes a new project folder NAME: a ready-made project, or one proposed from a sample of data.

Examples:
  clutch init nfl --template nfl
  clutch init lol --template lol
  clutch init shop --from orders.csv")]
pub(crate) struct Args {
    /// The folder to write; its last part is the project's name.
    name: PathBuf,
    /// A ready-made project.
    #[arg(long, value_name = "TEMPLATE", conflicts_with = "from", required_unless_present = "from")]
    template: Option<Template>,
    /// A sample of data (.csv, .csv.gz, .jsonl, .jsonl.gz, .parquet) to propose types, key and time from.
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
}

/// A file of the new project, by its path in the folder.
#[derive(Debug)]
struct NewFile {
    path: PathBuf,
    text: String,
}

pub(crate) fn run(args: Args, context: &Context) -> anyhow::Result<ExitCode> {
    let here = context.project_dir.as_os_str() == ".";
    let dir = if here { args.name.clone() } else { context.project_dir.join(&args.name) };
    let name = dir.file_name().and_then(|name| name.to_str()).ok_or_else(|| {
        UsageError::new(format!("`{}` gives the project no name: write `clutch init NAME`", args.name.display()))
    })?;
    refuse_occupied(&dir)?;
    let shown = dir.display().to_string();
    let (files, remarks, steps) = match (args.template, &args.from) {
        (Some(template), _) => (template.files(), Vec::new(), template.next_steps(&shown)),
        (None, Some(sample)) => {
            let proposed = from::propose(name, sample)?;
            let steps = next_steps(&shown, sample, proposed.model.as_deref());
            (proposed.files, proposed.remarks, steps)
        }
        (None, None) => return Err(UsageError::new("say --template NAME or --from FILE").into()),
    };
    write(&dir, &files)?;
    say(context, format!("wrote the project `{name}` to {shown}"));
    for file in &files {
        say(context, format!("  {}", file.path.display()));
    }
    for remark in &remarks {
        say(context, format!("  {remark}"));
    }
    say(context, "next:");
    for step in &steps {
        say(context, format!("  {step}"));
    }
    output::json(
        context,
        &serde_json::json!({
            "project": dir,
            "files": files.iter().map(|file| &file.path).collect::<Vec<_>>(),
            "remarks": remarks,
            "next": steps,
        }),
    );
    Ok(ExitCode::SUCCESS)
}

/// Nothing of anybody's is overwritten.
fn refuse_occupied(dir: &Path) -> anyhow::Result<()> {
    let occupied = match dir.read_dir() {
        Ok(mut entries) => entries.next().is_some(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => false,
        Err(error) => return Err(error).with_context(|| format!("{} cannot be used", dir.display())),
    };
    if occupied {
        let message = format!("{} is not empty: name a new folder", dir.display());
        return Err(UsageError::new(message).into());
    }
    Ok(())
}

fn write(dir: &Path, files: &[NewFile]) -> anyhow::Result<()> {
    for file in files {
        let path = dir.join(&file.path);
        let folder = path.parent().unwrap_or(dir);
        std::fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
        std::fs::write(&path, &file.text).with_context(|| format!("{} cannot be written", path.display()))?;
    }
    Ok(())
}

fn next_steps(dir: &str, sample: &Path, model: Option<&str>) -> Vec<String> {
    let mut steps = vec![
        format!("clutch check --project {dir}"),
        format!("clutch data import --project {dir} {}", sample.display()),
    ];
    steps.push(match model {
        Some(model) => format!("clutch train --project {dir} --model {model}"),
        None => format!("clutch views list --project {dir}"),
    });
    steps
}

/// The state that a project keeps beside its files belongs to nobody's repository.
fn ignore_file() -> NewFile {
    NewFile { path: PathBuf::from(".gitignore"), text: ".clutch/\n".to_owned() }
}
