//! `clutch stream read`

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use serde_json::json;
use serving::admin::{Client, ClientError, Position, TailLine};

use super::access::block_on;
use crate::context::Context;
use crate::output::{self, note};

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  clutch stream read --topic prediction-answers --from-start --until-idle 1s
  clutch stream read --topic model-updates --limit 1
  clutch stream read --topic nfl-plays-win_probability > predictions.jsonl

One message a line, as it is in the log. Ctrl-C ends it.")]
pub(crate) struct Args {
    /// Any topic of the project: of a stream, an endpoint, answers, moves of aliases.
    #[arg(long, value_name = "TOPIC")]
    topic: String,
    /// Begin with the first message in the log instead of the next to come.
    #[arg(long)]
    from_start: bool,
    /// End after so many messages.
    #[arg(long, value_name = "N")]
    limit: Option<u64>,
    /// End when no message has come for so long, such as 5s.
    #[arg(long, value_name = "TIME", value_parser = idle)]
    until_idle: Option<Duration>,
}

fn idle(text: &str) -> Result<Duration, String> {
    let micros = features::duration::parse(text).map_err(|error| error.to_string())?;
    u64::try_from(micros).map(Duration::from_micros).map_err(|_| "a length of time is not negative".to_owned())
}

pub(crate) fn run(args: &Args, context: &Context) -> anyhow::Result<ExitCode> {
    let project = context.project()?;
    let (read, missed) = block_on(async {
        let client = match Client::connect(&project.instance_dir()).await {
            Ok(client) => client,
            Err(ClientError::Unreachable { .. }) => bail!("no server runs here: start one with `clutch serve`"),
            Err(error) => return Err(error.into()),
        };
        follow(client, args).await
    })??;
    output::json(context, &json!({ "topic": args.topic, "messages": read, "missed": missed }));
    Ok(ExitCode::SUCCESS)
}

/// Prints; says how many messages were printed, and how many came too fast for that.
async fn follow(client: Client, args: &Args) -> anyhow::Result<(u64, u64)> {
    let from = if args.from_start { Position::Start } else { Position::End };
    let mut tail = client.tail(&args.topic, from).await.context("the server does not let us read")?;
    let (mut read, mut missed) = (0, 0);
    while args.limit.is_none_or(|limit| read < limit) {
        let idle = async {
            match args.until_idle {
                Some(idle) => tokio::time::sleep(idle).await,
                None => std::future::pending().await,
            }
        };
        let line = tokio::select! {
            line = tail.next() => match line {
                // A server that was killed does not say goodbye.
                Err(ClientError::Broken(_)) => None,
                line => line?,
            },
            () = idle => break,
            _ = tokio::signal::ctrl_c() => break,
        };
        match line {
            None => {
                note("the server has stopped");
                break;
            }
            Some(TailLine::Missed(more)) => {
                missed += more;
                note(format!("{more} messages came faster than they could be shown"));
            }
            Some(TailLine::Record(record)) => {
                output::print_line(record.value.get());
                read += 1;
            }
        }
    }
    Ok((read, missed))
}
