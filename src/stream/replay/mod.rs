//! `clutch stream replay`

mod event_json;
mod feed;
mod rate;
mod schedule;
mod selection;
mod summary;
mod target;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use features::batch::History;

use crate::context::Context;
use crate::output::{self, NO};
use crate::stream::history;
use crate::{lookup, progress, telemetry};

pub(super) use event_json::message;
use feed::Feeder;
use rate::Rate;
use schedule::Schedule;
use selection::{KeyFilter, Selection};
use summary::Summary;
use target::{Server, Target};

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  clutch stream replay --stream plays --rate 2/s --games 1
  clutch stream replay --stream plays --key game_id=2023_01_DET_KC --rate 2/s
  clutch stream replay --stream plays --data 'live/*.parquet' --rate max --json

Outcome fields are left out of the events and sent to the outcomes topic when a key's last event has been sent. A
server that dies meanwhile is waited for; what it has already is not sent twice. Where none runs, the stream is worked
in this process until everything is predicted.")]
pub(crate) struct Args {
    /// Which stream to feed.
    #[arg(long, value_name = "STREAM")]
    stream: String,
    /// Read history from these files, instead of what was imported.
    #[arg(long, value_name = "GLOB")]
    data: Option<String>,
    /// Only events with this key; may be given more than once.
    #[arg(long = "key", value_name = "FIELD=VALUE")]
    keys: Vec<KeyFilter>,
    /// Only the first so many keys, in the order of the files.
    #[arg(long, value_name = "N")]
    games: Option<usize>,
    /// Only the first so many events.
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Events a second for each key, `2/s`; all keys run at the same time. `max`: as fast as they go, in file order.
    #[arg(long, value_name = "RATE", default_value = "max")]
    rate: Rate,
    /// How long to wait for a server that does not answer, or for one that gets no further.
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    patience: u64,
    /// Where versions are kept, if not where the project says. A running server uses its own.
    #[arg(long, value_name = "DIR")]
    registry: Option<std::path::PathBuf>,
}

pub(crate) fn run(args: Args, context: &Context) -> anyhow::Result<ExitCode> {
    let project = context.project()?;
    let stream = lookup::stream(&project, &args.stream)?;
    telemetry::start()?;
    let registry = context.registry_dir(args.registry.as_deref(), &project);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let runtime = runtime.context("cannot start threads")?;
    // First of all: a server that runs now is the one to feed, even if it is away when the history has been read.
    let server = runtime.block_on(Server::find(&project))?;
    let history = history::read(&project, stream, args.data.as_deref())?;
    let selection = Selection::new(&history, &args.keys, args.games, args.limit)?;
    let schedule = Schedule::new(&selection, args.rate);
    let patience = Duration::from_secs(args.patience);
    let summary = runtime.block_on(async {
        let target = match server {
            Some(server) => Target::server(server, patience),
            None => Target::here(&project, &registry, patience).await?,
        };
        replay(target, &history, &selection, &schedule).await
    })?;
    summary.report(context);
    Ok(if summary.is_complete() { ExitCode::SUCCESS } else { ExitCode::from(NO) })
}

/// Feeds, waits until everything is worked off, and sums up. Ctrl-C ends it early, with the summary so far.
async fn replay(
    mut target: Target,
    history: &History,
    selection: &Selection,
    schedule: &Schedule,
) -> anyhow::Result<Summary> {
    let stream = history.stream.name.as_str();
    let before = target.report(stream).await?;
    let bar = progress::bar(schedule.len() as u64, "replaying", "events");
    let started = Instant::now();
    let mut feeder = Feeder::new(history, selection, schedule);
    let interrupted = {
        let work = async {
            feeder.feed(&mut target, |sent| bar.set_position(sent)).await?;
            bar.set_message("predicting");
            target.drain(stream).await
        };
        tokio::select! {
            worked = work => worked.map(|()| false)?,
            _ = tokio::signal::ctrl_c() => true,
        }
    };
    let seconds = started.elapsed().as_secs_f64();
    bar.finish_and_clear();
    let after = if interrupted {
        output::note("interrupted: what was sent so far stays in the log");
        target.report_once(stream).await.map_or(before.totals, |report| report.totals)
    } else {
        target.report(stream).await?.totals
    };
    let reconnects = target.reconnects();
    let here = target.is_here();
    target.close().await?;
    Ok(Summary::new(stream, &feeder, before.totals, after, seconds, reconnects, here, interrupted))
}
