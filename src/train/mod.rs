//! `clutch train`

mod validations;

use std::path::PathBuf;
use std::process::ExitCode;

use models::artifact::{GateOutcome, Manifest, REPORT};
use models::certificates::Certificates;
use models::registry::DirectoryRegistry;
use training::tune::TuneError;
use training::validation::ValidationError;
use training::{TrainError, TrainReport, TrainRun, gate};

use crate::context::Context;
use crate::figures;
use crate::output::{self, UsageError, say};
use crate::progress::Stages;
use crate::source::{self, DataArgs};
use crate::table::count;
use crate::{clock, lookup};

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  clutch train --project nfl --model win_probability
  clutch train --project nfl --model win_probability --data plays='seasons/*.parquet' --refit
  clutch train --project nfl --model win_probability --require-gate --json
  clutch train --project nfl --model win_probability --cross-validate 3
  clutch train --project nfl --model win_probability --leave-one-out season --stratum qtr
  clutch train --project nfl --model win_probability --ablate
  clutch train --project nfl --model win_probability_boosted --tune --budget 10m

Every run writes a report for people, report.html, beside the version that it stores.")]
pub(crate) struct Args {
    /// A model of the project.
    #[arg(long, value_name = "NAME")]
    model: String,
    #[command(flatten)]
    data: DataArgs,
    /// Where versions are kept, if not where the project says.
    #[arg(long, value_name = "DIR")]
    registry: Option<PathBuf>,
    /// After the evaluation fit once more, on training and test part, and register that fit.
    #[arg(long)]
    refit: bool,
    /// Leave the learning curve out of the report: no fits on shares of the training part.
    #[arg(long)]
    no_learning_curve: bool,
    #[command(flatten)]
    validations: validations::Args,
    /// End with exit code 1 if the version fails its gate.
    #[arg(long)]
    require_gate: bool,
}

pub(crate) fn run(args: Args, context: &Context) -> anyhow::Result<ExitCode> {
    let project = context.project()?;
    let model = lookup::model(&project, &args.model)?;
    let source = args.data.source(&project, &model.view.stream)?;
    let folder = context.registry_dir(args.registry.as_deref(), &project);
    let registry = DirectoryRegistry::new(&folder, clock::clock());
    let run = TrainRun {
        project: &project,
        model,
        source,
        registry: &registry,
        refit: args.refit,
        learning_curve: !args.no_learning_curve,
        validations: args.validations.asked(&project, model)?,
        parity: Certificates::of_project(&project).find(&model.view.hash)?,
        now: clock::now(),
        clutch_version: env!("CARGO_PKG_VERSION"),
    };
    let stages = Stages::new();
    let report = training::train(&run, &stages).map_err(explain);
    stages.finish();
    let report = report?;

    for warning in report.warnings() {
        output::note(format!("warning: {warning}"));
    }
    let stored = folder.join(&args.model).join("versions").join(report.version.to_string());
    for line in describe(&report, &stored.display().to_string(), &context.project_dir.display().to_string()) {
        say(context, line);
    }
    let mut told = report.to_json();
    told["report"] = stored.join(REPORT).display().to_string().into();
    output::json(context, &told);
    let failed = report.manifest.gate.outcome == GateOutcome::Failed;
    Ok(if args.require_gate && failed { ExitCode::from(output::NO) } else { ExitCode::SUCCESS })
}

/// What the project or the command line can mend is usage; the rest is failure.
fn explain(error: TrainError) -> anyhow::Error {
    match error {
        TrainError::History(error) => source::usage(error),
        TrainError::Validation(ValidationError::Folds(error)) => UsageError::new(error.to_string()).into(),
        TrainError::Tune(error @ TuneError::NothingToTune { .. }) => UsageError::new(error.to_string()).into(),
        TrainError::Tune(TuneError::Declared(ValidationError::Folds(error))) => {
            UsageError::new(error.to_string()).into()
        }
        TrainError::Validation(error @ (ValidationError::NoFeatureGroups | ValidationError::NothingLeft { .. })) => {
            UsageError::new(error.to_string()).into()
        }
        TrainError::Split(_) | TrainError::Dataset(_) | TrainError::Weight(_) => {
            UsageError::new(error.to_string()).into()
        }
        other => other.into(),
    }
}

fn describe(report: &TrainReport, stored: &str, project: &str) -> Vec<String> {
    let manifest = &report.manifest;
    let evaluation = &manifest.evaluation;
    let name = &manifest.model;
    let mut lines = vec![format!("{name} version {}: {}", report.version, manifest.algorithm.name)];
    lines.push(format!("  trained on {} rows", count(report.rows.train)));
    if let Some(stack) = &manifest.stack {
        lines.push(format!("  stacked on {}", figures::stack(stack)));
    }
    if let Some(split) = &manifest.split {
        lines.push(format!(
            "  tested on {} rows in {} groups, {} from {} on",
            count(report.rows.test),
            count(evaluation.groups),
            split.time,
            split.test_from
        ));
    }
    if let Some(refit) = manifest.refit {
        lines.push(format!("  then fitted once more on all {} rows; figures are of the fit before", count(refit.rows)));
    }
    if report.rows.test > 0 {
        lines.push(String::new());
        lines.extend(figures::metrics(evaluation));
    }
    if !evaluation.references.is_empty() {
        lines.push(String::new());
        lines.extend(figures::references(evaluation));
    }
    lines.extend(validations::describe(&report.validation));
    if let Some(family) = &manifest.family {
        lines.push(String::new());
        lines.push(format!("  {} models, one per {}, and a general one", family.members.len(), family.per));
        lines.extend(figures::family(family));
        lines.push(String::new());
        lines.push("  the general model".to_owned());
    }
    if let Some(coefficients) = &manifest.coefficients {
        lines.push(String::new());
        lines.extend(figures::coefficients(coefficients));
    }
    // Coefficients of a stacked model are of its bases; what the features do, only importances tell.
    let untold = manifest.coefficients.is_none() || manifest.stack.is_some();
    if let (true, Some(importances)) = (untold, &manifest.importances) {
        lines.push(String::new());
        lines.extend(figures::importances(importances));
    }
    lines.push(String::new());
    lines.push(format!("  gate    {}", manifest.gate.outcome.name()));
    lines.extend(gate::reasons(&manifest.gate).into_iter().map(|reason| format!("          {reason}")));
    lines.push(format!("  parity  {}", parity(manifest)));
    lines.push(format!("  time    {}", times(report)));
    lines.push(format!("  stored  {stored}"));
    lines.push(format!("  report  {stored}/{REPORT}"));
    lines.push(String::new());
    lines.extend(next_steps(report, project));
    lines
}

fn parity(manifest: &Manifest) -> String {
    match &manifest.parity {
        None => format!("not checked: clutch parity --view {}", manifest.view.name),
        Some(parity) if parity.mismatches == 0 => {
            format!("{} values, the same bits in every host", count(parity.values))
        }
        Some(parity) => format!("failed: {} mismatches", count(parity.mismatches)),
    }
}

fn times(report: &TrainReport) -> String {
    let seconds = report.seconds;
    let validate = seconds.validate.map(|s| format!(", validate {s:.2}")).unwrap_or_default();
    let refit = seconds.refit.map(|s| format!(", refit {s:.2}")).unwrap_or_default();
    format!(
        "{:.2} s: load {:.2}, features {:.2}{validate}, fit {:.2}, evaluate {:.2}, report {:.2}{refit}",
        seconds.total, seconds.load, seconds.features, seconds.fit, seconds.evaluate, seconds.report
    )
}

fn next_steps(report: &TrainReport, project: &str) -> Vec<String> {
    let model = &report.manifest.model;
    let version = report.version;
    let of_project = if project == "." { String::new() } else { format!(" --project {project}") };
    if report.promoted {
        return vec![
            format!("It is the champion of `{model}`: endpoints serve it."),
            format!("Next: clutch serve{of_project}"),
        ];
    }
    match report.manifest.gate.outcome {
        GateOutcome::Failed => vec![
            "It did not pass its gate and serves nobody.".to_owned(),
            format!(
                "Next: change the features or the gate, or look at it: clutch models show {model}/{version}{of_project}"
            ),
        ],
        GateOutcome::Passed | GateOutcome::None => vec![
            format!("Another version is champion of `{model}` and goes on serving."),
            format!("Next: clutch models promote {model}/{version}{of_project}"),
        ],
    }
}
