//! `clutch data simulate nfl`: seasons played out drive by drive.
//!
//! `rates` holds the published averages; `game` plays one game with `scrimmage`, `kicks`, `clock`, `decision` and
//! `overtime`; `season` makes a season of them with `schedule`, `teams` and `market`; `writer` lays them out in the
//! nflverse schema.

mod clock;
mod decision;
mod game;
mod kicks;
mod market;
mod overtime;
mod play;
mod rates;
mod schedule;
mod scrimmage;
mod season;
mod side;
mod teams;
mod writer;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use features::batch::write_table;
use serde_json::json;

use crate::context::Context;
use crate::data::import;
use crate::output;
use crate::progress;
use season::League;

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  clutch data simulate nfl --seasons 3 --seed 7
  clutch data simulate nfl --seasons 1 --games 1 --first-season 2024 --no-import --out live

Plays out seasons by published league averages, writes them in the nflverse schema, and imports them. The same seed
gives the same files. Results are for trying things out; they are no evidence of a model's quality. The reference
columns `wp` and `vegas_wp` are a closed form of the simulator's own, not nflfastR's models.")]
pub(crate) struct Args {
    /// How many seasons.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=100))]
    seasons: u16,
    #[arg(long, default_value_t = 7)]
    seed: u64,
    #[arg(long, default_value_t = 2021, value_name = "YEAR")]
    #[arg(value_parser = clap::value_parser!(u16).range(1920..=9800))]
    first_season: u16,
    /// Only the first games of each season.
    #[arg(long, value_name = "N")]
    games: Option<usize>,
    /// Where the files go [default: .clutch/simulated in the project].
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Write the files only.
    #[arg(long)]
    no_import: bool,
}

pub(crate) fn run(args: Args, context: &Context) -> Result<ExitCode> {
    // A bad project is told before any work is done.
    let project = if args.no_import { None } else { Some(context.project()?) };
    let folder = args.out.clone().unwrap_or_else(|| context.project_dir.join(".clutch").join("simulated"));
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;

    let games = u64::from(args.seasons) * args.games.unwrap_or(season::GAMES).min(season::GAMES) as u64;
    let bar = progress::bar(games, "simulating", "games");
    let first = i32::from(args.first_season);
    let mut league = League::new(args.seed, first);
    let (mut files, mut plays) = (Vec::new(), 0);
    for year in first..first + i32::from(args.seasons) {
        if year > first {
            league.age(year);
        }
        let table = writer::table(&league.play_season(year, args.games, &|| bar.inc(1)));
        let file = folder.join(format!("pbp_{year}.parquet"));
        write_table(&file, &table)?;
        plays += table.rows;
        files.push(file);
    }
    bar.finish_and_clear();
    output::say(context, format!("{games} games with {plays} plays in {}", folder.display()));

    let imported = match &project {
        Some(project) => Some(import::import(project, import::only_stream(project)?, &files, false)?),
        None => None,
    };
    if let Some(imported) = &imported {
        imported.tell(context);
    }
    let imported_json = imported.as_ref().map(import::Imported::json);
    output::json(context, &json!({ "games": games, "plays": plays, "files": files, "imported": imported_json }));
    Ok(imported.map_or(ExitCode::SUCCESS, |imported| imported.exit_code()))
}

#[cfg(test)]
mod tests;
