//! `clutch data download`: public play-by-play data, resumable and checked, into the project's history.

mod fetch;
mod resume;
mod seasons;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use serde_json::json;

use self::fetch::{FetchError, Fetcher};
use self::seasons::Seasons;
use super::import;
use crate::context::Context;
use crate::lookup;
use crate::output;
use crate::progress;

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  clutch data download nflverse --seasons 2021-2024
  clutch data download nflverse --seasons 2024 --dir data --no-import")]
pub(crate) struct Args {
    /// Whose data.
    publisher: Publisher,
    /// One season, a range or a list: 2024, 2021-2024, 2019,2021-2023.
    #[arg(long)]
    seasons: Seasons,
    /// Where the season files are published.
    #[arg(long, value_name = "URL", default_value = NFLVERSE)]
    base_url: String,
    /// Where the files go [default: .clutch/downloads in the project].
    #[arg(long)]
    dir: Option<PathBuf>,
    /// Only download.
    #[arg(long)]
    no_import: bool,
    /// The stream to import into.
    #[arg(long, default_value = "plays")]
    stream: String,
    /// Download files that are there already once more: the running season's file grows week by week.
    #[arg(long)]
    again: bool,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Publisher {
    /// Play-by-play of the NFL by nflverse, CC BY 4.0.
    Nflverse,
}

const NFLVERSE: &str = "https://github.com/nflverse/nflverse-data/releases/download/pbp";

pub(crate) fn run(args: Args, context: &Context) -> Result<ExitCode> {
    let Publisher::Nflverse = args.publisher;
    // A project that cannot take the data is found out before the download.
    let project = if args.no_import { None } else { Some(context.project()?) };
    let stream = project.as_ref().map(|project| lookup::stream(project, &args.stream)).transpose()?;
    let dir = args.dir.clone().unwrap_or_else(|| context.project_dir.join(".clutch").join("downloads"));
    std::fs::create_dir_all(&dir).with_context(|| format!("making the folder {}", dir.display()))?;

    let mut files = Vec::new();
    for season in args.seasons.iter() {
        files.push(download(&args, &dir, season, context)?);
    }
    if !args.no_import {
        output::note(
            "Data: nflverse (https://github.com/nflverse), CC BY 4.0; name it as the source in what you publish.",
        );
    }
    match project.as_ref().zip(stream) {
        None => {
            output::json(context, &json!({ "files": files }));
            Ok(ExitCode::SUCCESS)
        }
        Some((project, stream)) => {
            let imported = import::import(project, stream, &files, false)?;
            imported.report(context);
            Ok(imported.exit_code())
        }
    }
}

fn download(args: &Args, dir: &Path, season: u16, context: &Context) -> Result<PathBuf> {
    let name = format!("play_by_play_{season}.parquet");
    let target = dir.join(&name);
    let url = format!("{}/{name}", args.base_url.trim_end_matches('/'));
    if !args.again && features::batch::check_parquet_ends(&target).is_ok() {
        output::say(context, format!("{} is there already", target.display()));
        return Ok(target);
    }
    let bar = progress::bar(0, &season.to_string(), "bytes");
    let fetcher = Fetcher::new(ureq::Proxy::try_from_env(), &std::thread::sleep);
    let fetched = fetcher.fetch(&url, &target, &|done, total| {
        bar.set_length(total.unwrap_or(done));
        bar.set_position(done);
    });
    bar.finish_and_clear();
    let bytes = fetched.map_err(|error| explain(error, season, &url, dir))?;
    output::say(context, format!("{}: {bytes} bytes", target.display()));
    Ok(target)
}

/// What the person at the keyboard can do about it.
fn explain(error: FetchError, season: u16, url: &str, dir: &Path) -> anyhow::Error {
    let remedy = match &error {
        FetchError::NotFound => format!("season {season} is not published at {url}"),
        FetchError::Unreachable { .. } => format!(
            "season {season} could not be fetched; check the network (HTTPS_PROXY is honoured), or fetch {url} by other \
             means into {} and run this again",
            dir.display()
        ),
        FetchError::Interrupted { .. } => {
            format!("season {season} is not complete; run this again to go on from there")
        }
        _ => format!("season {season} could not be fetched from {url}"),
    };
    anyhow::Error::new(error).context(remedy)
}
