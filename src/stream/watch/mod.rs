//! `clutch stream watch`

mod latency;
mod line;

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use features::project::{Endpoint, Project};
use serde_json::json;
use serving::admin::{Client, ClientError, Position, Tail, TailLine};

use super::access::block_on;
use crate::context::Context;
use crate::output::{self, UsageError, note, say};
use crate::{clock, lookup};

use latency::Latencies;
use line::Prediction;

/// With --until-idle: how long to wait for the first prediction.
const FIRST: Duration = Duration::from_secs(60);

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  clutch stream watch
  clutch stream watch --endpoint final_margin --limit 20
  clutch stream watch --explain
  clutch stream watch --from-start --until-idle 2s --json

Ctrl-C ends it, with the latencies of what was seen.")]
pub(crate) struct Args {
    /// Whose predictions; the first that the project declares, if left out.
    #[arg(long, value_name = "ENDPOINT")]
    endpoint: Option<String>,
    /// End after so many predictions.
    #[arg(long, value_name = "N")]
    limit: Option<u64>,
    /// End when no prediction has come for so long, such as 5s.
    #[arg(long, value_name = "TIME", value_parser = idle)]
    until_idle: Option<Duration>,
    /// Begin with the first prediction in the log instead of the next to come.
    #[arg(long)]
    from_start: bool,
    /// Below each prediction, what moved it most; of endpoints with `explain = true`.
    #[arg(long)]
    explain: bool,
}

fn idle(text: &str) -> Result<Duration, String> {
    let micros = features::duration::parse(text).map_err(|error| error.to_string())?;
    u64::try_from(micros).map(Duration::from_micros).map_err(|_| "a length of time is not negative".to_owned())
}

pub(crate) fn run(args: Args, context: &Context) -> anyhow::Result<ExitCode> {
    let project = context.project()?;
    let endpoint = endpoint(&project, args.endpoint.as_deref())?;
    if args.explain && !endpoint.explain {
        let name = &endpoint.name;
        let remedy = format!("add explain = true to [endpoints.{name}] in clutch.toml, and start the server again");
        return Err(UsageError::new(format!("the endpoint `{name}` does not explain its predictions: {remedy}")).into());
    }
    let seen = block_on(async {
        let tail = connect(&project, endpoint, args.from_start).await?;
        watch(tail, endpoint, &args, context).await
    })??;
    seen.report(endpoint, context);
    Ok(ExitCode::SUCCESS)
}

fn endpoint<'a>(project: &'a Project, name: Option<&str>) -> Result<&'a Endpoint, UsageError> {
    match name {
        Some(name) => lookup::endpoint(project, name),
        None => {
            let (_, first) = project
                .endpoints
                .first()
                .ok_or_else(|| UsageError::new("the project has no endpoint to watch: declare one in clutch.toml"))?;
            if project.endpoints.len() > 1 {
                let others: Vec<&str> = project.endpoints.keys().skip(1).map(AsRef::as_ref).collect();
                note(format!("watching `{}`; with --endpoint: {}", first.name, others.join(", ")));
            }
            Ok(first)
        }
    }
}

async fn connect(project: &Project, endpoint: &Endpoint, from_start: bool) -> anyhow::Result<Tail> {
    let client = match Client::connect(&project.instance_dir()).await {
        Ok(client) => client,
        Err(ClientError::Unreachable { .. }) => bail!("no server runs here: start one with `clutch serve`"),
        Err(error) => return Err(error.into()),
    };
    let from = if from_start { Position::Start } else { Position::End };
    client.tail(&endpoint.topic, from).await.context("the server does not let us watch")
}

/// What a watcher has seen.
#[derive(Debug, Default)]
struct Seen {
    predictions: u64,
    missed: u64,
    latencies: Latencies,
}

async fn watch(mut tail: Tail, endpoint: &Endpoint, args: &Args, context: &Context) -> anyhow::Result<Seen> {
    let mut seen = Seen::default();
    while args.limit.is_none_or(|limit| seen.predictions < limit) {
        let patience = args.until_idle.map(|idle| if seen.predictions == 0 { idle.max(FIRST) } else { idle });
        let line = tokio::select! {
            line = tail.next() => match line {
                // A server that was killed does not say goodbye.
                Err(ClientError::Broken(_)) => None,
                line => line?,
            },
            () = sleep(patience) => break,
            _ = tokio::signal::ctrl_c() => break,
        };
        match line {
            None => {
                note("the server has stopped");
                break;
            }
            Some(TailLine::Missed(missed)) => {
                seen.missed += missed;
                note(format!("{missed} predictions came faster than they could be shown"));
            }
            Some(TailLine::Record(record)) => {
                let prediction: Prediction = serde_json::from_str(record.value.get())
                    .with_context(|| format!("the prediction {}/{} cannot be read", record.partition, record.offset))?;
                let latency = prediction.latency(record.appended_at, clock::now());
                say(context, line::line(endpoint, &prediction, &latency));
                if let Some(explanation) = line::explanation(&prediction).filter(|_| args.explain) {
                    say(context, explanation);
                }
                seen.predictions += 1;
                seen.latencies.add(latency);
            }
        }
    }
    Ok(seen)
}

/// For ever without a time.
async fn sleep(time: Option<Duration>) {
    match time {
        Some(time) => tokio::time::sleep(time).await,
        None => std::future::pending().await,
    }
}

impl Seen {
    fn report(&self, endpoint: &Endpoint, context: &Context) {
        say(context, format!("\n{} predictions", self.predictions));
        for line in self.latencies.table() {
            say(context, line);
        }
        let object = json!({
            "endpoint": endpoint.name.as_str(),
            "predictions": self.predictions,
            "missed": self.missed,
            "latency_ms": self.latencies.json(),
        });
        output::json(context, &object);
    }
}
