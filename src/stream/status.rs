//! `clutch stream status`

use std::process::ExitCode;

use serde_json::json;
use serving::admin::{PartitionReport, Status, StreamReport, ViewReport};
use serving::skew::SkewReport;
use serving::views::Progress;
use serving::worker::Phase;

use super::access::{Access, block_on};
use crate::context::Context;
use crate::output::{self, NO, say};
use crate::table::{count, table};

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  clutch stream status
  clutch stream status --json       with a hash over all key states, to compare two runs")]
pub(crate) struct Args {
    /// Count the keys and hash their states, which reads every one (always with --json).
    #[arg(long)]
    states: bool,
}

/// Exit code 1 where a worker or a sink is failing.
pub(crate) fn run(args: Args, context: &Context) -> anyhow::Result<ExitCode> {
    let project = context.project()?;
    let (status, running) = block_on(async {
        let mut access = Access::open(&project).await?;
        let status = access.status(args.states || context.json).await?;
        Ok::<_, anyhow::Error>((status, access.is_server()))
    })??;
    say(context, if running { "the server runs" } else { "no server runs: this is what the database holds" });
    print(&status, running, context);
    let mut object = serde_json::to_value(&status)?;
    object["running"] = json!(running);
    output::json(context, &object);
    Ok(if is_failing(&status) { ExitCode::from(NO) } else { ExitCode::SUCCESS })
}

fn is_failing(status: &Status) -> bool {
    let failing =
        |partition: &PartitionReport| partition.worker.as_ref().is_some_and(|worker| worker.phase == Phase::Failing);
    let streams = status.streams.values().any(|stream| stream.partitions.iter().any(failing));
    streams || status.sinks.values().any(|sink| sink.error.is_some())
}

/// Without a server nobody has looked which versions would serve.
fn print(status: &Status, running: bool, context: &Context) {
    for (name, stream) in &status.streams {
        say(context, format!("\nstream {name} (topic {})", stream.topic));
        print_stream(stream, context);
    }
    for (name, endpoint) in &status.endpoints {
        let awaited = endpoint.awaited.as_ref().map(|awaited| {
            format!(
                ", until version {} has its view: {}% of the history is folded",
                awaited.version, awaited.progress.percent
            )
        });
        let version = match endpoint.version {
            Some(version) => format!(", {} version {version}", endpoint.model),
            None if running => format!(", no champion of {} yet", endpoint.model),
            None => String::new(),
        };
        let awaited = awaited.unwrap_or_default();
        say(context, format!("endpoint {name}: {} predictions{version}{awaited}", counted(endpoint.predictions)));
    }
    for (name, requests) in &status.requests {
        let (topic, answered) = (&requests.topic, counted(requests.answered));
        say(context, format!("requests {name} (topic {topic}): {answered} answered, {} waiting", count(requests.lag)));
        if let Some(error) = &requests.error {
            say(context, format!("  they could not be answered: {error}"));
        }
    }
    for (name, sink) in &status.sinks {
        let behind = if sink.behind > 0 { format!(", {} behind", count(sink.behind)) } else { String::new() };
        say(context, format!("sink {name}: {} written to {}{behind}", count(sink.written), sink.path));
        if let Some(error) = &sink.error {
            say(context, format!("  it could not write: {error}"));
        }
    }
}

/// A number that the log may not know.
fn counted(number: Option<u64>) -> String {
    number.map_or_else(|| "an unknown number of".to_owned(), count)
}

fn print_stream(stream: &StreamReport, context: &Context) {
    let header = [
        "partition",
        "end",
        "committed",
        "lag",
        "accepted",
        "predictions",
        "unserved",
        "invalid",
        "late",
        "duplicate",
        "future",
        "worker",
    ];
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    for partition in &stream.partitions {
        let c = &partition.counters;
        let mut row = vec![partition.partition.to_string()];
        let numbers = [
            partition.end,
            partition.committed,
            partition.lag,
            c.accepted,
            c.predictions,
            c.unserved,
            c.invalid,
            c.late,
            c.duplicate,
            c.future,
        ];
        row.extend(numbers.map(count));
        row.push(worker(partition));
        rows.push(row);
    }
    for line in table(&rows) {
        say(context, line);
    }
    for partition in &stream.partitions {
        if let Some(error) = partition.worker.as_ref().and_then(|worker| worker.error.as_ref()) {
            say(context, format!("  partition {}: {error}", partition.partition));
        }
    }
    for view in &stream.views {
        say(context, format!("  view {}", line(view)));
    }
    if let (Some(hash), Some(keys)) = (&stream.state_hash, stream.totals.keys) {
        say(context, format!("  {} keys, states {hash}", count(keys)));
    }
    if let Some(skew) = &stream.skew {
        say(context, format!("  skew check: {}", described(skew)));
    }
    if stream.skew_records != Some(0) {
        let records = counted(stream.skew_records);
        say(context, format!("  {records} differences on the skew topic: clutch stream skew"));
    }
    if stream.dead_letters != Some(0) {
        say(context, format!("  {} dead letters: clutch stream deadletters list", counted(stream.dead_letters)));
    }
}

/// A version of a view and how far it is.
fn line(view: &ViewReport) -> String {
    let ViewReport { view, view_hash, declared, live, progress } = view;
    let whose = if *declared { "" } else { ", of a model in use" };
    let short = view_hash.get(..8).unwrap_or(view_hash);
    if *live {
        return format!("{view} {short}{whose}");
    }
    let Progress { folded, of, percent, .. } = progress;
    let problem = progress.problem.as_ref().map(|problem| format!("; it gets no further: {problem}"));
    let problem = problem.unwrap_or_default();
    format!("{view} {short}{whose}: being built up, {percent}% ({} of {}){problem}", count(*folded), count(*of))
}

/// What the check has found since the server started.
fn described(skew: &SkewReport) -> String {
    if let Some(error) = &skew.error {
        return format!("not running: {error}");
    }
    let mut text = format!(
        "{} rows of {} of the keys checked, {} values differ, {} rows are missing on one side",
        count(skew.rows_checked),
        percent(skew.share),
        count(skew.mismatches),
        count(skew.missing_rows)
    );
    for (rows, what) in
        [(skew.rows_waiting, "wait"), (skew.rows_shed, "were shed"), (skew.rows_unchecked, "could not be recomputed")]
    {
        if rows > 0 {
            text += &format!(", {} {what}", count(rows));
        }
    }
    text
}

/// Two digits that matter are enough: `1 %`, `0.05 %`.
fn percent(share: f64) -> String {
    let percent = share * 100.0;
    let decimals = if percent >= 1.0 { 0 } else { 2 };
    format!("{percent:.decimals$} %")
}

fn worker(partition: &PartitionReport) -> String {
    let Some(worker) = &partition.worker else { return "-".to_owned() };
    let phase = match worker.phase {
        Phase::Taking => "taking",
        Phase::CatchingUp => "catching up",
        Phase::Running => "running",
        Phase::Failing => "failing",
        Phase::Stopped => "stopped",
    };
    match worker.restarts {
        0 => phase.to_owned(),
        restarts => format!("{phase}, {restarts} restarts"),
    }
}
