//! `clutch data simulate lol`: matches played out minute by minute.
//!
//! `champions` says who can be picked, `draft` picks; `game` plays one match, `minute` one minute of it, and `team` is what
//! a side has got so far; `tables` lays matches out for the streams of the `lol` project.

mod champions;
mod draft;
mod game;
mod minute;
mod side;
mod tables;
mod team;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use features::batch::write_table;
use features::column::Table;
use features::project::Project;
use serde_json::json;

use super::chance::Chance;
use crate::context::Context;
use crate::data::import;
use crate::output::{self, UsageError};
use crate::progress;
use draft::Balance;
use tables::Record;

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  clutch data simulate lol --matches 3000 --seed 7
  clutch data simulate lol --matches 1 --first 90000 --no-import --out live

Plays out matches minute by minute: gold, experience, kills, towers, dragons, heralds, barons, champions by role, and who
wins. Writes a file for each stream of the lol project (live_matches, diamond_games, kr_games, picks, matches), and
imports those that the project declares. The same seed gives the same files. Results are for trying things out; they are no evidence of
a model's quality.")]
pub(crate) struct Args {
    /// How many matches.
    #[arg(long, default_value_t = 3000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    matches: u32,
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// The number of the first match: matches of other numbers are other matches.
    #[arg(long, default_value_t = 0, value_name = "N")]
    first: u32,
    /// Where the files go [default: .clutch/simulated in the project].
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Write the files only.
    #[arg(long)]
    no_import: bool,
}

/// A file, and the stream that it belongs to.
struct Written {
    stream: &'static str,
    path: PathBuf,
}

type Lay = fn(&[Record]) -> Table;

const STREAMS: [(&str, Lay); 5] = [
    ("live_matches", tables::frames),
    ("diamond_games", tables::at_ten),
    ("kr_games", tables::at_fifteen),
    ("picks", tables::picks),
    ("matches", tables::results),
];

pub(super) fn run(args: Args, context: &Context) -> Result<ExitCode> {
    // A bad project is told before any work is done.
    let project = if args.no_import { None } else { Some(context.project()?) };
    if let Some(project) = &project {
        refuse_other_project(project)?;
    }
    let folder = args.out.clone().unwrap_or_else(|| context.project_dir.join(".clutch").join("simulated"));
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;

    let bar = progress::bar(u64::from(args.matches), "simulating", "matches");
    let records = play(args.seed, args.first, args.matches, &|| bar.inc(1));
    bar.finish_and_clear();
    let mut written = Vec::new();
    for (stream, lay) in STREAMS {
        let path = folder.join(format!("{stream}_{}_{}.parquet", args.first, args.matches));
        write_table(&path, &lay(&records))?;
        written.push(Written { stream, path });
    }
    let frames: usize = records.iter().map(|record| record.game.frames.len()).sum();
    output::say(context, format!("{} matches with {frames} frames in {}", records.len(), folder.display()));

    let mut code = ExitCode::SUCCESS;
    let mut imported = Vec::new();
    for file in &written {
        let Some(project) = &project else { continue };
        let Some(stream) = project.streams.get(file.stream) else { continue };
        let done = import::import(project, stream, std::slice::from_ref(&file.path), false)?;
        done.tell(context);
        imported.push(done.json());
        if done.exit_code() != ExitCode::SUCCESS {
            code = done.exit_code();
        }
    }
    let files: Vec<&PathBuf> = written.iter().map(|file| &file.path).collect();
    output::json(context, &json!({ "matches": records.len(), "frames": frames, "files": files, "imported": imported }));
    Ok(code)
}

fn refuse_other_project(project: &Project) -> Result<(), UsageError> {
    if STREAMS.iter().any(|(stream, _)| project.streams.contains_key(*stream)) {
        return Ok(());
    }
    let names: Vec<&str> = STREAMS.iter().map(|(stream, _)| *stream).collect();
    Err(UsageError::new(format!(
        "the project declares none of the streams {}: begin with `clutch init NAME --template lol`, or only write the \
         files with --no-import",
        names.join(", ")
    )))
}

/// Every match has draws of its own: it is the same whatever else is simulated.
fn play(seed: u64, first: u32, matches: u32, tick: &dyn Fn()) -> Vec<Record> {
    /// Monday, 5 January 2026, midnight UTC, in microseconds.
    const OPENING: i64 = 1_767_571_200_000_000;
    const MINUTE: i64 = 60_000_000;
    let balance = Balance::new(&mut Chance::new(seed, u64::MAX));
    (first..first.saturating_add(matches))
        .map(|number| {
            let mut chance = Chance::new(seed, u64::from(number));
            let number = i64::from(number);
            let started_at = OPENING + number * 7 * MINUTE + chance.whole(0..=MINUTE);
            let game = game::play(&mut chance, &balance);
            tick();
            Record { number, started_at, game }
        })
        .collect()
}

#[cfg(test)]
mod tests;
