//! `clutch stream deadletters redrive`

use std::process::ExitCode;

use serde_json::json;
use serving::admin::{LetterPlace, RedriveAnswer};

use super::select::{self, Filter};
use super::{Place, stream};
use crate::context::Context;
use crate::output::{self, NO, UsageError, say};
use crate::stream::access::{Access, block_on};
use crate::table::count;

/// Given back in one append.
const TOGETHER: usize = 200;

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  clutch stream deadletters redrive 2/17 0/3
  clutch stream deadletters redrive --stage late
  clutch stream deadletters redrive --stage validate --reason yardline --dry-run
  clutch stream deadletters redrive --all

A letter is appended to its stream's topic again, and accepted whatever its lateness: its row sees what is still kept of the
plays before it. What cannot be used for another reason becomes a dead letter again, unless the declaration has changed.
Each letter is given back once, however often it is asked for.")]
pub(super) struct Args {
    /// Of this stream; may be left out where the project has one.
    #[arg(long, value_name = "STREAM")]
    stream: Option<String>,
    /// These, as `list` names them.
    #[arg(value_name = "PARTITION/NUMBER")]
    places: Vec<Place>,
    #[command(flatten)]
    filter: Filter,
    /// All of them.
    #[arg(long)]
    all: bool,
    /// Only say how many it would be.
    #[arg(long)]
    dry_run: bool,
}

/// Exit code 1 where a letter that was named is none.
pub(super) fn run(args: &Args, context: &Context) -> anyhow::Result<ExitCode> {
    let project = context.project()?;
    let stream = stream(&project, args.stream.as_deref())?;
    if args.places.is_empty() && args.filter.is_empty() && !args.all {
        let message = "say which: PARTITION/NUMBER as `list` names them, --stage, --reason, or --all";
        return Err(UsageError::new(message).into());
    }
    let (total, chosen) = block_on(async {
        let mut access = Access::open(&project).await?;
        let mut chosen: Vec<LetterPlace> = args.places.iter().map(|Place(place)| *place).collect();
        if chosen.is_empty() {
            let topic = stream.dead_letters_topic();
            let redriven = select::read(&mut access, &topic, stream.partitions, |letters| {
                let wanted = letters.iter().filter(|letter| args.filter.takes(&letter.letter));
                chosen.extend(wanted.map(select::Letter::place));
            });
            let redriven = redriven.await?;
            chosen.retain(|place| !redriven.contains(place));
        }
        let mut total = RedriveAnswer::default();
        if !args.dry_run {
            for places in chosen.chunks(TOGETHER) {
                let answer = access.redrive(&stream.name, places.to_vec()).await?;
                total.redriven += answer.redriven;
                total.before += answer.before;
                total.unusable += answer.unusable;
            }
        }
        anyhow::Ok((total, chosen.len()))
    })??;
    say(context, summary(args, total, chosen));
    output::json(
        context,
        &json!({
            "stream": stream.name,
            "chosen": chosen,
            "redriven": total.redriven,
            "before": total.before,
            "unusable": total.unusable,
            "dry_run": args.dry_run,
        }),
    );
    Ok(if total.unusable == 0 { ExitCode::SUCCESS } else { ExitCode::from(NO) })
}

fn summary(args: &Args, total: RedriveAnswer, chosen: usize) -> String {
    if args.dry_run {
        return format!("{} dead letters would be given back", count(chosen as u64));
    }
    let mut line = format!("{} dead letters given back", count(total.redriven));
    if total.before > 0 {
        line.push_str(&format!("; {} had been before", count(total.before)));
    }
    if total.unusable > 0 {
        let what = "are no letters, or letters of single elements, which have no message of their own";
        line.push_str(&format!("; {} {what}", count(total.unusable)));
    }
    line
}
