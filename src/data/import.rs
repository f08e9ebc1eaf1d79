//! `clutch data import`: files into the project's history.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Result;
use features::batch::{Added, BatchError, HistoryStore, Note, find_files};
use features::project::Project;
use features::schema::Stream;
use serde_json::json;

use super::convert;
use crate::context::Context;
use crate::output::{self, UsageError};
use crate::{lookup, progress, source};

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  clutch data import plays_2023.parquet plays_2024.csv.gz
  clutch data import --stream plays 'data/*.parquet'
  clutch data import --format riot 'answers/*.json.gz'      match-v5 matches and timelines, for a lol project
  clutch data import --format lol-games games.parquet       games with a column for each role, into picks")]
pub(crate) struct Args {
    /// The stream whose history the files hold [default: the project's only stream].
    #[arg(long)]
    stream: Option<String>,
    /// What the files hold.
    #[arg(long, value_enum, default_value_t = Format::Rows, conflicts_with = "stream")]
    format: Format,
    /// Parquet, CSV, JSON documents or JSON lines, plain or gzip (by name ending); patterns are welcome.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
    /// Put these files in the place of everything imported before, in one step.
    #[arg(long)]
    replace: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// Events of the stream, a row each.
    Rows,
    /// Answers of Riot's match-v5, matches and timelines together: into live_matches, matches and picks.
    Riot,
    /// League of Legends games, a row each, with a column for each role: into picks.
    LolGames,
}

pub(crate) fn run(args: Args, context: &Context) -> Result<ExitCode> {
    let project = context.project()?;
    match args.format {
        Format::Rows => {}
        Format::Riot => return convert::riot(&project, &args.files, args.replace, context),
        Format::LolGames => return convert::lol_games(&project, &args.files, args.replace, context),
    }
    let stream = match &args.stream {
        Some(name) => lookup::stream(&project, name)?,
        None => only_stream(&project)?,
    };
    let mut files = Vec::new();
    for pattern in &args.files {
        files.extend(find_files(pattern).map_err(source::usage)?);
    }
    let imported = import(&project, stream, &files, args.replace)?;
    imported.report(context);
    Ok(imported.exit_code())
}

pub(super) fn only_stream(project: &Project) -> Result<&Arc<Stream>, UsageError> {
    let mut streams = project.streams.values();
    match (streams.next(), streams.next()) {
        (Some(stream), None) => Ok(stream),
        (None, _) => Err(UsageError::new("the project declares no stream")),
        _ => Err(UsageError::new("the project has several streams: name one with --stream")),
    }
}

/// What an import did.
#[derive(Debug)]
pub(super) struct Imported {
    stream: String,
    added: Vec<Added>,
    failed: Vec<(PathBuf, BatchError)>,
    /// Events in the history afterwards.
    total: u64,
}

/// Imports the files; one that cannot be used does not stop the others, except when everything is replaced.
pub(super) fn import(project: &Project, stream: &Arc<Stream>, files: &[PathBuf], replace: bool) -> Result<Imported> {
    let store = HistoryStore::new(&project.state_dir(), stream);
    let mut import = store.begin(replace)?;
    let bar = progress::spinner("importing", "rows");
    let (mut added, mut failed, mut before) = (Vec::new(), Vec::new(), 0);
    for file in files {
        let result = import.add(file, &|rows| bar.set_position(before + rows));
        before = bar.position();
        match result {
            Ok(done) => added.push(done),
            Err(error) if replace => return Err(anyhow::Error::new(error).context("nothing was replaced")),
            Err(error) => failed.push((file.clone(), error)),
        }
    }
    import.finish()?;
    bar.finish_and_clear();
    Ok(Imported { stream: stream.name.to_string(), added, failed, total: store.rows()? })
}

impl Imported {
    pub(super) fn exit_code(&self) -> ExitCode {
        if self.failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(output::FAILED) }
    }

    /// Tells what became of every file, as the whole answer of a command.
    pub(super) fn report(&self, context: &Context) {
        self.tell(context);
        output::json(context, &self.json());
    }

    /// Tells what became of every file in words.
    pub(super) fn tell(&self, context: &Context) {
        for file in &self.added {
            output::say(context, line(file));
        }
        for note in merged(self.added.iter().flat_map(|file| &file.notes)) {
            output::note(format!("note: {note}"));
        }
        for (_, error) in &self.failed {
            output::note(format!("error: {error}"));
        }
        output::say(context, format!("stream {} has {} events", self.stream, self.total));
    }

    pub(super) fn json(&self) -> serde_json::Value {
        let sum = |count: fn(&Added) -> u64| self.added.iter().map(count).sum::<u64>();
        json!({
            "stream": self.stream,
            "added": sum(|file| file.added),
            "present": sum(|file| file.present),
            "rejected": sum(|file| file.rejected),
            "total": self.total,
            "files": self.added,
            "failed": self.failed.iter()
                .map(|(file, error)| json!({ "file": file, "error": error.to_string() }))
                .collect::<Vec<_>>(),
        })
    }
}

/// One note a field, however many files it is about.
fn merged<'a>(notes: impl Iterator<Item = &'a Note>) -> Vec<Note> {
    let mut merged: Vec<Note> = Vec::new();
    for note in notes {
        let Note::MissingColumn { field, files, .. } = note;
        let same = merged.iter_mut().find_map(|known| match known {
            Note::MissingColumn { field: known, files, .. } if known == field => Some(files),
            Note::MissingColumn { .. } => None,
        });
        match same {
            Some(count) => *count += files,
            None => merged.push(note.clone()),
        }
    }
    merged
}

fn line(file: &Added) -> String {
    let mut line = format!("{}: {} events added", file.file.display(), file.added);
    if file.present > 0 {
        line.push_str(&format!(", {} were there before", file.present));
    }
    if let Some(rejects) = &file.rejects {
        line.push_str(&format!(", {} rows rejected (see {})", file.rejected, rejects.display()));
    }
    line
}
