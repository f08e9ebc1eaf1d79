//! `clutch models`: what the registry holds, and which version is champion.

#[cfg(feature = "train")]
mod add;
mod export;
mod history;
mod list;
mod promote;
mod rollback;
mod show;

use std::path::PathBuf;
use std::process::ExitCode;

use features::value::Micros;
use models::certificates::Certificates;
use models::reference::ModelRef;
use models::registry::{DirectoryRegistry, PromotionError, Registry, RegistryError};

use crate::clock;
use crate::context::Context;
use crate::output::{self, UsageError};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
    /// Where versions are kept, if not where the project says.
    #[arg(long, value_name = "DIR", global = true)]
    registry: Option<PathBuf>,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Every version with its figures, the newest first.
    List(list::Args),
    /// All that is known of a version.
    Show(show::Args),
    /// Make an ONNX file of others a version of a model.
    #[cfg(feature = "train")]
    Add(add::Args),
    /// Write a version as an ONNX file, for whatever runs ONNX.
    Export(export::Args),
    /// Make a version champion: endpoints serve it from then on.
    Promote(promote::Args),
    /// Take the latest promotion back.
    Rollback(rollback::Args),
    /// Who was champion when, and why.
    History(history::Args),
}

pub(crate) fn run(args: Args, context: &Context) -> anyhow::Result<ExitCode> {
    // A registry named outright is looked at without any project.
    let (folder, certificates) = match args.registry {
        Some(folder) => (folder, Certificates::new(context.project_dir.join(".clutch/parity"))),
        None => {
            let project = context.project()?;
            (context.registry_dir(None, &project), Certificates::of_project(&project))
        }
    };
    let store = Store { registry: DirectoryRegistry::new(&folder, clock::clock()), folder, certificates };
    match args.command {
        Command::List(args) => list::run(&args, &store, context),
        Command::Show(args) => show::run(&args, &store, context),
        #[cfg(feature = "train")]
        Command::Add(args) => add::run(args, &store, context),
        Command::Export(args) => export::run(&args, &store, context),
        Command::Promote(args) => promote::run(&args, &store, context),
        Command::Rollback(args) => rollback::run(&args, &store, context),
        Command::History(args) => history::run(&args, &store, context),
    }
}

/// The registry and where it is, and what is known of the parity of views.
struct Store {
    folder: PathBuf,
    registry: DirectoryRegistry,
    certificates: Certificates,
}

impl Store {
    /// The name and number that a reference means.
    fn resolve(&self, reference: &ModelRef) -> anyhow::Result<(String, u32)> {
        let number = self.registry.resolve(reference).map_err(explain)?;
        Ok((reference.name.clone(), number))
    }

    /// Aliases of a version, by name.
    fn aliases(&self, model: &str, number: u32) -> Result<Vec<String>, RegistryError> {
        let aliases = self.registry.aliases(model)?;
        Ok(aliases.into_iter().filter(|(_, at)| *at == number).map(|(alias, _)| alias).collect())
    }
}

/// Names that are not there are the caller's mistake.
fn explain(error: RegistryError) -> anyhow::Error {
    match error {
        RegistryError::UnknownModel { .. }
        | RegistryError::UnknownVersion { .. }
        | RegistryError::UnknownAlias { .. }
        | RegistryError::Name { .. } => UsageError::new(error.to_string()).into(),
        other => other.into(),
    }
}

/// A refusal is an answer; anything else is an error.
fn refused(error: PromotionError, model: &str, context: &Context) -> anyhow::Result<ExitCode> {
    match error {
        PromotionError::Registry(error) => Err(explain(error)),
        PromotionError::Certificate(error) => Err(error.into()),
        answer => {
            output::note(answer.to_string());
            let object = serde_json::json!({ "model": model, "moved": false, "reason": answer.to_string() });
            output::json(context, &object);
            Ok(ExitCode::from(output::NO))
        }
    }
}

/// `2025-02-09 23:30`, in UTC.
fn minute(at: Micros) -> String {
    models::timestamp::rfc3339(at).chars().take(16).collect::<String>().replace('T', " ")
}
