//! `clutch stream deadletters show`

use std::process::ExitCode;

use serde_json::Value;
use serving::admin::LetterPlace;

use super::{Place, object, stream};
use crate::context::Context;
use crate::output::{self, UsageError, say};
use crate::stream::access::{Access, block_on};

#[derive(Debug, clap::Args)]
#[command(after_help = "Example: clutch stream deadletters show --stream plays 2/17")]
pub(super) struct Args {
    /// Of this stream; may be left out where the project has one.
    #[arg(long, value_name = "STREAM")]
    stream: Option<String>,
    /// As `list` names it.
    #[arg(value_name = "PARTITION/NUMBER")]
    place: Place,
}

pub(super) fn run(args: &Args, context: &Context) -> anyhow::Result<ExitCode> {
    let project = context.project()?;
    let stream = stream(&project, args.stream.as_deref())?;
    let Place(LetterPlace { partition, offset }) = args.place;
    if partition >= stream.partitions {
        let message = format!("stream `{}` has partitions 0 to {}", stream.name, stream.partitions.saturating_sub(1));
        return Err(UsageError::new(message).into());
    }
    let topic = stream.dead_letters_topic();
    let answer = block_on(async { Access::open(&project).await?.read(&topic, partition, offset, 1).await })??;
    // Offsets may be left out, and a note that a letter was given back is no letter.
    let letter = |value: &Value| value["stage"].is_string();
    let found = answer.records.first().filter(|record| record.offset == offset).and_then(|record| {
        let value: Value = serde_json::from_str(record.value.get()).ok()?;
        letter(&value).then_some((record, value))
    });
    let Some((record, letter)) = found else {
        let message = format!("`{}` has no dead letter {partition}/{offset}", stream.name);
        return Err(UsageError::new(message).into());
    };
    if let Some(members) = letter.as_object() {
        for (name, value) in members.iter().filter(|(_, value)| !value.is_null()) {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            say(context, format!("{name:>12}: {text}"));
        }
    }
    output::json(context, &object(record, &letter));
    Ok(ExitCode::SUCCESS)
}
