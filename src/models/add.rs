//! `clutch models add`

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use features::project::Project;
use models::artifact::Wanted;
use models::certificates::Certificates;
use models::onnx::{MAX_BYTES, OnnxFile};
use serde_json::json;
use training::{AddError, AddReport, AddRun};

use super::Store;
use crate::context::Context;
use crate::output::{self, UsageError, say};
use crate::progress::Stages;
use crate::source::{self, DataArgs};
use crate::table::count;
use crate::{clock, figures, lookup};

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  clutch models add model.onnx --name win_probability --project nfl
  clutch models add model.onnx --name win_probability --map f0=score_differential --map f1=down --project nfl
  clutch models add model.onnx --name win_probability --missing yards_recent=5.2 --project nfl")]
pub(super) struct Args {
    /// An ONNX file, as scikit-learn's, XGBoost's and LightGBM's exporters write it.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The model of the project that it becomes a version of.
    #[arg(long, value_name = "MODEL")]
    name: String,
    /// The feature for one of the file's own names: of an input, or of a column as in `X[3]`. Without any, inputs take the
    /// features of their names, and one wide input takes the model's features in the project's order.
    #[arg(long, value_name = "INPUT=FEATURE", value_parser = pair)]
    map: Vec<(String, String)>,
    /// What stands in for a feature where it is missing; without it the model gets NaN.
    #[arg(long, value_name = "FEATURE=NUMBER", value_parser = number)]
    missing: Vec<(String, f64)>,
    /// The output that holds the prediction, where several could.
    #[arg(long, value_name = "NAME")]
    output: Option<String>,
    /// The class that means TRUE, where its name does not say so.
    #[arg(long, value_name = "CLASS")]
    positive: Option<String>,
    #[command(flatten)]
    data: DataArgs,
}

pub(super) fn run(args: Args, store: &Store, context: &Context) -> anyhow::Result<ExitCode> {
    let project = context.project()?;
    let model = lookup::model(&project, &args.name)?;
    let path = args.file.display().to_string();
    let run = AddRun {
        project: &project,
        model,
        file: read(&args.file)?,
        path: &path,
        wanted: Wanted {
            features: Vec::new(),
            map: once("--map", args.map)?.into_iter().collect(),
            missing: once("--missing", args.missing)?.into_iter().collect(),
            output: args.output,
            positive: args.positive,
        },
        source: args.data.source(&project, &model.view.stream)?,
        registry: &store.registry,
        parity: Certificates::of_project(&project).find(&model.view.hash)?,
        now: clock::now(),
        clutch_version: env!("CARGO_PKG_VERSION"),
    };
    let stages = Stages::new();
    let report = training::add(run, &stages).map_err(|error| explain(error, &project));
    stages.finish();
    let report = report?;
    for line in describe(&report, &path) {
        say(context, line);
    }
    output::json(
        context,
        &json!({
            "model": args.name,
            "version": report.version,
            "promoted": report.promoted,
            "takes_missing": report.takes_missing,
            "judged": !report.unjudged,
            "manifest": report.manifest,
        }),
    );
    Ok(ExitCode::SUCCESS)
}

/// A file that cannot be run is the caller's mistake.
fn read(path: &PathBuf) -> anyhow::Result<OnnxFile> {
    let refused = |reason: String| UsageError::new(format!("{}: {reason}", path.display()));
    let length = std::fs::metadata(path).map_err(|error| refused(error.to_string()))?.len();
    if length > MAX_BYTES as u64 {
        return Err(refused(format!("the file has {length} bytes, more than the {MAX_BYTES} of a model")).into());
    }
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(OnnxFile::read(&bytes).map_err(|error| refused(error.to_string()))?)
}

fn explain(error: AddError, project: &Project) -> anyhow::Error {
    match error {
        AddError::History(error) => source::usage(error),
        AddError::Binding(_) | AddError::NoPrediction { .. } | AddError::Dataset(_) | AddError::Split(_) => {
            UsageError::new(error.to_string()).into()
        }
        AddError::Run(_) => anyhow::Error::new(error).context(format!("in project `{}`", project.name)),
        other => other.into(),
    }
}

fn describe(report: &AddReport, path: &str) -> Vec<String> {
    let manifest = &report.manifest;
    let name = &manifest.model;
    let features: Vec<&str> = manifest.signature.names().collect();
    let mut lines = vec![
        format!("{name} version {}: {path}", report.version),
        format!("  takes   {}", features.join(", ")),
        format!("  gives   {}", manifest.signature.output.name()),
    ];
    if !report.takes_missing {
        lines.push("  note    rows with a missing value may get no prediction: --missing FEATURE=NUMBER".to_owned());
    }
    if report.unjudged {
        lines.push("  note    there is no history to judge it by: clutch evaluate, once there is".to_owned());
    } else {
        lines.push(format!("  tested  on {} rows", count(manifest.rows.test)));
        lines.push(String::new());
        lines.extend(figures::metrics(&manifest.evaluation));
        if !manifest.evaluation.references.is_empty() {
            lines.push(String::new());
            lines.extend(figures::references(&manifest.evaluation));
        }
        lines.push(String::new());
    }
    lines.push(format!("  gate    {}", manifest.gate.outcome.name()));
    lines.push(if report.promoted {
        format!("It is the champion of `{name}`: endpoints serve it.")
    } else {
        format!("Next: clutch models promote {name}/{}", report.version)
    });
    lines
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() && !value.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("write NAME=VALUE".to_owned()),
    }
}

fn number(text: &str) -> Result<(String, f64), String> {
    let (name, value) = pair(text)?;
    let number = value.parse().ok().filter(|number: &f64| number.is_finite());
    Ok((name, number.ok_or_else(|| format!("`{value}` is no number"))?))
}

/// No name may be given twice.
fn once<T>(option: &str, pairs: Vec<(String, T)>) -> Result<Vec<(String, T)>, UsageError> {
    let twice = pairs.iter().enumerate().find(|(i, pair)| pairs[..*i].iter().any(|before| before.0 == pair.0));
    match twice {
        Some((_, (name, _))) => Err(UsageError::new(format!("{option} names `{name}` twice"))),
        None => Ok(pairs),
    }
}
