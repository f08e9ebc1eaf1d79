//! `clutch stream bench`

mod arrivals;
mod cpu;
mod keys;
mod ledger;
mod load;
mod report;
mod run;
mod template;
mod wire;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use crate::context::Context;
use crate::lookup;
use crate::output::{NO, UsageError};

use arrivals::{Arrivals, Spacing};
use cpu::Watched;
use keys::Distribution;

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  clutch stream bench --rate 1000/s --duration 30s
  clutch stream bench --rate 5000/s --arrivals poisson --keys 100000 --process broker=4711 --json
  clutch stream bench --rate max --events 300000 --keys zipf:1.1:10000

The load is open: each event has a time at which it is to be sent, and its latency counts from then, however late it is
really sent. Events are those of the history under keys of their own, so that each key plays out a match of its own. A
server must be running, and is left running; what was sent stays in its log. The answer is no (exit code 1) if an event
has no prediction, or two.")]
pub(crate) struct Args {
    /// Which stream to feed (default: that of the project's first endpoint).
    #[arg(long, value_name = "STREAM")]
    stream: Option<String>,
    /// Whose predictions are read back (default: the stream's first endpoint).
    #[arg(long, value_name = "ENDPOINT")]
    endpoint: Option<String>,
    /// Take events from these files, instead of what was imported.
    #[arg(long, value_name = "GLOB")]
    data: Option<String>,
    /// Events a second over all keys, `5000/s`; `max`: as fast as they are predicted.
    #[arg(long, value_name = "RATE", default_value = "1000/s")]
    rate: arrivals::Rate,
    /// `steady`: evenly spaced; `poisson`: at random times.
    #[arg(long, value_enum, default_value = "steady")]
    arrivals: Spacing,
    /// How long events are sent for.
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = duration)]
    duration: Duration,
    /// How many events are sent, instead of for how long.
    #[arg(long, value_name = "N", conflicts_with = "duration")]
    events: Option<u64>,
    /// Leave the first part out of the latencies.
    #[arg(long, value_name = "TIME", default_value = "2s", value_parser = duration)]
    warm_up: Duration,
    /// Keys at a time: `100000` hit uniformly, or `zipf:EXPONENT:N`.
    #[arg(long, value_name = "KEYS", default_value = "100")]
    keys: Distribution,
    /// Tell the CPU time of another process too; may be given more than once.
    #[arg(long = "process", value_name = "NAME=PID")]
    processes: Vec<Watched>,
    /// Of keys and arrivals.
    #[arg(long, value_name = "SEED", default_value_t = 0)]
    seed: u64,
    /// Only send: who predicts may be started later.
    #[arg(long)]
    no_wait: bool,
    /// Give up when nothing has been predicted for so long.
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = duration)]
    patience: Duration,
    /// Write the latencies' distribution, a line a percentile, to this file.
    #[arg(long, value_name = "FILE")]
    distribution: Option<PathBuf>,
}

pub(crate) fn run(args: Args, context: &Context) -> anyhow::Result<ExitCode> {
    let project = context.project()?;
    let endpoint = match (&args.endpoint, &args.stream) {
        (Some(endpoint), _) => lookup::endpoint(&project, endpoint)?,
        (None, Some(stream)) => {
            lookup::stream(&project, stream)?;
            let of_stream = |model: &str| project.models[model].view.stream.name == *stream;
            let found = project.endpoints.values().find(|endpoint| of_stream(&endpoint.model));
            found.ok_or_else(|| UsageError::new(format!("no endpoint looks at stream `{stream}`")))?
        }
        (None, None) => project
            .endpoints
            .values()
            .next()
            .ok_or_else(|| UsageError::new("the project has no endpoint: there is nothing to predict"))?,
    };
    let view = &project.models[&endpoint.model].view;
    if args.stream.as_ref().is_some_and(|stream| *stream != *view.stream.name) {
        let (name, stream) = (&endpoint.name, &view.stream.name);
        return Err(UsageError::new(format!("endpoint `{name}` looks at stream `{stream}`")).into());
    }
    let games = template::Templates::read(&project, view, args.data.as_deref())?;
    let load = load::Load::new(games, args.keys, args.seed);
    let arrivals = Arrivals::new(args.rate, args.arrivals, args.seed);
    let events = args.events.or_else(|| arrivals.within(args.duration)).unwrap_or(u64::MAX);
    let plan = run::Plan {
        project: &project,
        endpoint,
        events,
        // At full speed time ends it, too.
        until: (args.events.is_none() && arrivals.is_max()).then_some(args.duration),
        warm_up: args.warm_up,
        wait: !args.no_wait,
        patience: args.patience,
        processes: args.processes,
    };
    let outcome = run::run(&plan, load, arrivals)?;
    if let Some(path) = &args.distribution {
        outcome.write_distribution(path)?;
    }
    outcome.report(context);
    Ok(if outcome.is_complete() { ExitCode::SUCCESS } else { ExitCode::from(NO) })
}

/// `500ms`, `30s`, `10m`, as in a project.
fn duration(text: &str) -> Result<Duration, String> {
    let micros = features::duration::parse(text).map_err(|error| error.to_string())?;
    Ok(Duration::from_micros(u64::try_from(micros).unwrap_or_default()))
}
