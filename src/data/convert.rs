//! `clutch data import --format …`: files in a format of their own become rows of the streams of the `lol` project.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use features::batch::{find_files, read_files, write_table};
use features::column::Table;
use features::project::Project;
use serde_json::json;

use super::import::{self, Imported};
use super::lol::{Frame, MatchResult, Pick, picks_of_games};
use super::riot::{self, Answers, RiotError};
use crate::context::Context;
use crate::output::{self, UsageError};
use crate::{lookup, progress, source};

/// Rows, and the stream that they belong to.
struct Part {
    stream: &'static str,
    table: Table,
}

/// Riot's answers. A file that cannot be used does not stop the others, except when everything is replaced.
pub(super) fn riot(project: &Project, patterns: &[String], replace: bool, context: &Context) -> Result<ExitCode> {
    const STREAMS: [&str; 3] = ["live_matches", "matches", "picks"];
    if !STREAMS.iter().any(|stream| project.streams.contains_key(*stream)) {
        return Err(no_stream(&STREAMS));
    }
    let files = files(patterns)?;
    let bar = progress::bar(files.len() as u64, "reading", "files");
    let (mut answers, mut failed): (Answers, Vec<(PathBuf, RiotError)>) = Default::default();
    for file in files {
        match riot::read(&file) {
            Ok(more) => answers.add(more),
            Err(error) => failed.push((file, error)),
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    if let (true, Some((file, error))) = (replace, failed.first()) {
        anyhow::bail!("nothing was replaced: {} {error}", file.display());
    }
    let rows = riot::rows(&answers);
    let parts = [
        Part { stream: "live_matches", table: Frame::table(&rows.frames) },
        Part { stream: "matches", table: MatchResult::table(&rows.results) },
        Part { stream: "picks", table: Pick::table(&rows.picks) },
    ];
    let imported = import_parts(project, &parts, replace)?;
    let (matches, timelines) = answers.counts();
    output::say(context, format!("read {matches} matches and {timelines} timelines"));
    for part in &imported {
        part.tell(context);
    }
    let unknown: Vec<String> = answers.unknown.iter().map(|(name, count)| format!("{name} ({count})")).collect();
    if !unknown.is_empty() {
        output::note(format!("note: not known to this version, and left out: {}", unknown.join(", ")));
    }
    for (file, error) in &failed {
        output::note(format!("error: {} {error}", file.display()));
    }
    let failures: Vec<_> =
        failed.iter().map(|(file, error)| json!({ "file": file, "error": error.to_string() })).collect();
    output::json(
        context,
        &json!({
            "matches": matches,
            "timelines": timelines,
            "imported": imported.iter().map(Imported::json).collect::<Vec<_>>(),
            "unknown": answers.unknown,
            "failed": failures,
        }),
    );
    Ok(if failed.is_empty() { code(&imported) } else { ExitCode::from(output::FAILED) })
}

/// Games that are a row each, as stream `kr_games` has them, into picks.
pub(super) fn lol_games(project: &Project, patterns: &[String], replace: bool, context: &Context) -> Result<ExitCode> {
    if !project.streams.contains_key("picks") {
        return Err(no_stream(&["picks"]));
    }
    let games = lookup::stream(project, "kr_games")?;
    let files = files(patterns)?;
    let bar = progress::spinner("reading", "rows");
    let history = read_files(games, &files, &|rows| bar.set_position(rows));
    bar.finish_and_clear();
    let history = history.map_err(source::usage)?;
    source::remark(&history);
    let picks = picks_of_games(&history.table);
    let imported = import_parts(project, &[Part { stream: "picks", table: Pick::table(&picks) }], replace)?;
    for part in &imported {
        part.tell(context);
    }
    let parts: Vec<_> = imported.iter().map(Imported::json).collect();
    output::json(context, &json!({ "games": history.len(), "imported": parts }));
    Ok(code(&imported))
}

fn files(patterns: &[String]) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for pattern in patterns {
        files.extend(find_files(pattern).map_err(source::usage)?);
    }
    Ok(files)
}

fn no_stream(names: &[&str]) -> anyhow::Error {
    let message = format!(
        "the project declares no stream {}: begin with `clutch init NAME --template lol`",
        names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" or ")
    );
    UsageError::new(message).into()
}

/// Parts of streams that the project declares, by way of a file each.
fn import_parts(project: &Project, parts: &[Part], replace: bool) -> Result<Vec<Imported>> {
    let folder = project.state_dir().join("converted");
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let mut imported = Vec::new();
    for part in parts.iter().filter(|part| part.table.rows > 0) {
        let Some(stream) = project.streams.get(part.stream) else { continue };
        let file = folder.join(format!("{}.parquet", part.stream));
        write_table(&file, &part.table)?;
        let done = import::import(project, stream, std::slice::from_ref(&file), replace);
        remove(&file)?;
        imported.push(done?);
    }
    Ok(imported)
}

fn remove(file: &Path) -> Result<()> {
    std::fs::remove_file(file).with_context(|| format!("cannot remove {}", file.display()))
}

fn code(imported: &[Imported]) -> ExitCode {
    let failed = imported.iter().any(|part| part.exit_code() != ExitCode::SUCCESS);
    if failed { ExitCode::from(output::FAILED) } else { ExitCode::SUCCESS }
}
