//! `clutch stream deadletters`

mod list;
mod redrive;
mod select;
mod show;

use std::process::ExitCode;
use std::str::FromStr;
use std::sync::Arc;

use features::project::Project;
use features::schema::Stream;
use serde_json::{Value, json};
use serving::admin::{LetterPlace, StoredRecord};

use crate::context::Context;
use crate::lookup;
use crate::output::UsageError;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Count them by stage and show the newest.
    List(list::Args),
    /// Show one in full, with the event as it came.
    Show(show::Args),
    /// Give some back to their stream, each once: accepted whatever its lateness.
    Redrive(redrive::Args),
}

pub(crate) fn run(args: Args, context: &Context) -> anyhow::Result<ExitCode> {
    match args.command {
        Command::List(args) => list::run(&args, context),
        Command::Show(args) => show::run(&args, context),
        Command::Redrive(args) => redrive::run(&args, context),
    }
}

/// Where a dead letter stands in its topic, as `list` names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place(LetterPlace);

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("write PARTITION/NUMBER as `list` does, such as 2/17")]
struct NoPlace;

impl FromStr for Place {
    type Err = NoPlace;

    fn from_str(text: &str) -> Result<Place, NoPlace> {
        let (partition, offset) = text.split_once('/').ok_or(NoPlace)?;
        let (partition, offset) = (partition.parse().map_err(|_| NoPlace)?, offset.parse().map_err(|_| NoPlace)?);
        Ok(Place(LetterPlace { partition, offset }))
    }
}

/// The stream that is named; may be left out where the project has one.
fn stream<'a>(project: &'a Project, name: Option<&str>) -> Result<&'a Arc<Stream>, UsageError> {
    match (name, project.streams.len()) {
        (Some(name), _) => lookup::stream(project, name),
        (None, 1) => Ok(&project.streams[0]),
        (None, _) => Err(UsageError::new("the project has several streams: name one with --stream")),
    }
}

/// The dead letter with its place, under which `show` finds it.
fn object(record: &StoredRecord, letter: &Value) -> Value {
    let mut object = letter.clone();
    if let Some(members) = object.as_object_mut() {
        members.insert("place".to_owned(), json!(format!("{}/{}", record.partition, record.offset)));
    }
    object
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_partition_and_a_number() {
        assert_eq!("2/17".parse(), Ok(Place(LetterPlace { partition: 2, offset: 17 })));
        for text in ["", "2", "2/", "/17", "a/b", "-1/2"] {
            assert_eq!(text.parse::<Place>(), Err(NoPlace), "{text}");
        }
    }
}
