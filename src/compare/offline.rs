//! `clutch compare offline`

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use models::reference::ModelRef;
use models::registry::{DirectoryRegistry, Registry, Version};
use training::{CompareError, CompareRun, EvaluateError};

use super::shown;
use crate::context::Context;
use crate::output::{self, UsageError, say};
use crate::progress::Stages;
use crate::source::{self, DataArgs};
use crate::{clock, lookup};

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  clutch compare offline --project nfl --champion win_probability@champion --challenger win_probability/2
  clutch compare offline --project nfl --champion win_probability/1 --challenger win_probability/2 \\
      --data plays='season_2025.parquet' --html comparison.html --json")]
pub(crate) struct Args {
    /// A registered version: NAME (its newest version), NAME@ALIAS or NAME/VERSION.
    #[arg(long, value_name = "REF")]
    champion: String,
    /// The version that is to be better; of the same model or of another over the same stream.
    #[arg(long, value_name = "REF")]
    challenger: String,
    #[command(flatten)]
    data: DataArgs,
    /// Write the report as an HTML page, too.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Of the rows that distributions and explanations are told of.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Where versions are kept, if not where the project says.
    #[arg(long, value_name = "DIR")]
    registry: Option<PathBuf>,
}

pub(crate) fn run(args: Args, context: &Context) -> anyhow::Result<ExitCode> {
    let project = context.project()?;
    let folder = context.registry_dir(args.registry.as_deref(), &project);
    let registry = DirectoryRegistry::new(&folder, clock::clock());
    let version = |text: &str| -> anyhow::Result<Version> {
        let reference: ModelRef = text.parse().map_err(|error| UsageError::new(format!("{error}")))?;
        lookup::model(&project, &reference.name)?;
        let number = registry.resolve(&reference).map_err(|error| UsageError::new(format!("{error}")))?;
        Ok(registry.load(&reference.name, number)?)
    };
    let (champion, challenger) = (version(&args.champion)?, version(&args.challenger)?);
    let stream = &lookup::model(&project, &champion.model)?.view.stream;
    let source = args.data.source(&project, stream)?;
    let run = CompareRun { project: &project, champion: &champion, challenger: &challenger, source, seed: args.seed };
    let stages = Stages::new();
    let report = training::compare(&run, &stages).map_err(explain);
    stages.finish();
    let report = report?;

    for remark in &report.remarks {
        output::note(format!("warning: {}", remark.describe(&report.shadow.spec.features)));
    }
    for line in shown::shadow(&report.shadow) {
        say(context, line);
    }
    if 0 < report.only_champion + report.only_challenger {
        let (ours, theirs) = (report.only_champion, report.only_challenger);
        say(context, format!("  left out: {ours} rows that only the champion judges, {theirs} only the challenger"));
    }
    if let Some(path) = &args.html {
        let page = models::experiment::page::shadow(&report.shadow);
        std::fs::write(path, page).with_context(|| format!("cannot write {}", path.display()))?;
        say(context, format!("  page      {}", path.display()));
    }
    output::json(context, &serde_json::to_value(&report)?);
    Ok(ExitCode::SUCCESS)
}

fn explain(error: CompareError) -> anyhow::Error {
    match error {
        CompareError::Evaluate(EvaluateError::History(error)) => source::usage(error),
        CompareError::Evaluate(EvaluateError::Evaluation(_) | EvaluateError::Predictor(_)) => error.into(),
        error => UsageError::new(error.to_string()).into(),
    }
}
