//! `clutch evaluate`

use std::path::PathBuf;
use std::process::ExitCode;

use models::reference::ModelRef;
use models::registry::{DirectoryRegistry, Registry};
use training::{EvaluateError, EvaluateReport, EvaluateRun};

use crate::context::Context;
use crate::figures;
use crate::output::{self, UsageError, say};
use crate::progress::Stages;
use crate::source::{self, DataArgs};
use crate::table::count;
use crate::{clock, lookup};

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  clutch evaluate --project nfl --model win_probability@champion --data plays='season_2025.parquet'
  clutch evaluate --project nfl --model win_probability/3 --json")]
pub(crate) struct Args {
    /// A registered model: NAME (its newest version), NAME@ALIAS or NAME/VERSION.
    #[arg(long, value_name = "REF")]
    model: String,
    #[command(flatten)]
    data: DataArgs,
    /// Where versions are kept, if not where the project says.
    #[arg(long, value_name = "DIR")]
    registry: Option<PathBuf>,
}

pub(crate) fn run(args: Args, context: &Context) -> anyhow::Result<ExitCode> {
    let project = context.project()?;
    let reference: ModelRef = args.model.parse().map_err(|error| UsageError::new(format!("{error}")))?;
    let model = lookup::model(&project, &reference.name)?;
    let source = args.data.source(&project, &model.view.stream)?;
    let folder = context.registry_dir(args.registry.as_deref(), &project);
    let registry = DirectoryRegistry::new(&folder, clock::clock());
    let number = registry.resolve(&reference).map_err(|error| UsageError::new(format!("{error}")))?;
    let version = registry.load(&reference.name, number)?;
    let run = EvaluateRun { project: &project, version: &version, source };
    let stages = Stages::new();
    let report = training::evaluate(&run, &stages).map_err(explain);
    stages.finish();
    let report = report?;

    for warning in report.warnings() {
        output::note(format!("warning: {warning}"));
    }
    for line in describe(&report) {
        say(context, line);
    }
    output::json(context, &report.to_json());
    Ok(ExitCode::SUCCESS)
}

fn explain(error: EvaluateError) -> anyhow::Error {
    match error {
        EvaluateError::History(error) => source::usage(error),
        EvaluateError::NoModel { .. }
        | EvaluateError::OtherView { .. }
        | EvaluateError::NoFeature { .. }
        | EvaluateError::Dataset(_) => UsageError::new(error.to_string()).into(),
        EvaluateError::Evaluation(_) | EvaluateError::Predictor(_) => error.into(),
    }
}

fn describe(report: &EvaluateReport) -> Vec<String> {
    let evaluation = &report.evaluation;
    let mut lines = vec![
        format!("{} version {}: {}", report.model, report.version, report.algorithm),
        format!("  {} rows in {} groups", count(report.rows), count(evaluation.groups)),
        String::new(),
    ];
    lines.extend(figures::metrics(evaluation));
    if !evaluation.references.is_empty() {
        lines.push(String::new());
        lines.extend(figures::references(evaluation));
    }
    let seconds = report.seconds;
    lines.push(String::new());
    lines.push(format!(
        "  time  {:.2} s: load {:.2}, features {:.2}, evaluate {:.2}",
        seconds.total, seconds.load, seconds.features, seconds.evaluate
    ));
    lines
}
