//! How good a version is: its predictions of some rows, judged beside the project's references.

use std::time::Instant;

use features::batch::{BatchError, Order, compute};
use features::element::parse_timestamp;
use features::project::{Model, Per, Project};
use features::value::{Type, Value};
use models::artifact::{Family, Manifest};
use models::evaluation::{self, Evaluation, EvaluationError, Groups, Resampling, Sample};
use models::predictor::Predictor;
use models::predictor::onnx::OnnxRunError;
use models::registry::Version;

use crate::dataset::{Dataset, DatasetError, LeftOut};
use crate::progress::{Progress, Stage};
use crate::remark::Remark;
use crate::source::Source;
use crate::split::{Part, part_of};

/// What to judge, and on what.
#[derive(Debug)]
pub struct EvaluateRun<'a> {
    pub project: &'a Project,
    pub version: &'a Version,
    pub source: Source,
}

/// What was found.
#[derive(Debug, Clone, PartialEq)]
pub struct EvaluateReport {
    pub model: String,
    pub version: u32,
    pub algorithm: String,
    pub features: Vec<String>,
    pub rows: u64,
    pub left_out: LeftOut,
    pub evaluation: Evaluation,
    pub seconds: EvaluateSeconds,
    pub remarks: Vec<Remark>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, serde::Serialize)]
pub struct EvaluateSeconds {
    pub load: f64,
    pub features: f64,
    pub evaluate: f64,
    pub total: f64,
}

#[derive(Debug, thiserror::Error)]
pub enum EvaluateError {
    #[error("the project declares no model `{model}`: it says what the truth is, so add it to clutch.toml again")]
    NoModel { model: String },
    #[error(
        "version {version} of `{model}` was trained on view `{view}` as it was ({trained}), and the project's is \
         another now ({now}): evaluate it in the project as it was, or train anew"
    )]
    OtherView { model: String, version: u32, view: String, trained: String, now: String },
    #[error("the view has no column `{feature}`, which version {version} of `{model}` takes")]
    NoFeature { model: String, version: u32, feature: String },
    #[error(transparent)]
    Predictor(#[from] OnnxRunError),
    #[error(transparent)]
    History(#[from] BatchError),
    #[error(transparent)]
    Dataset(#[from] DatasetError),
    #[error(transparent)]
    Evaluation(#[from] EvaluationError),
}

/// Judges a registered version on all rows of some history that have a label.
pub fn evaluate(run: &EvaluateRun<'_>, progress: &dyn Progress) -> Result<EvaluateReport, EvaluateError> {
    let start = Instant::now();
    let model = declared(run.project, run.version)?;
    progress.stage(Stage::Load);
    let history = run.source.read(run.project, &model.view.stream, &|rows| progress.rows(rows))?;
    let loaded = Instant::now();
    progress.stage(Stage::Features);
    let view = compute(&model.view, &history, Order::Ideal)?;
    let dataset = Dataset::new(&model, &history, &view)?;
    let computed = Instant::now();
    progress.stage(Stage::Evaluate);
    let rows: Vec<usize> = (0..dataset.rows()).collect();
    let artifact = &run.version.artifact;
    let predictor = artifact.predictor()?;
    let evaluation = judge(&model, &dataset, &rows, &*predictor, artifact.members())?;
    let end = Instant::now();

    let manifest = run.version.artifact.manifest();
    let mut remarks = Remark::of_history(&history);
    remarks.extend(Remark::of_groups(&evaluation));
    remarks.extend(seen_in_training(&model, manifest, &dataset));
    if manifest.label != model.label.text {
        remarks.push(Remark::OtherLabel { trained: manifest.label.clone(), now: model.label.text.clone() });
    }
    Ok(EvaluateReport {
        model: run.version.model.clone(),
        version: run.version.number,
        algorithm: manifest.algorithm.name.clone(),
        features: manifest.signature.names().map(str::to_owned).collect(),
        rows: evaluation.rows,
        left_out: dataset.left_out,
        evaluation,
        seconds: EvaluateSeconds {
            load: (loaded - start).as_secs_f64(),
            features: (computed - loaded).as_secs_f64(),
            evaluate: (end - computed).as_secs_f64(),
            total: (end - start).as_secs_f64(),
        },
        remarks,
    })
}

/// Metrics, intervals by group and references, on some rows of a dataset.
pub(crate) fn judge(
    model: &Model,
    dataset: &Dataset,
    rows: &[usize],
    predictor: &dyn Predictor,
    family: Option<&Family>,
) -> Result<Evaluation, EvaluationError> {
    let mut predictions = vec![0.0; rows.len()];
    predictor.predict(&dataset.predictor_rows(rows, family), &mut predictions);
    judge_predictions(model, dataset, rows, &predictions)
}

/// The same of predictions that were made already, one for each of `rows`.
pub(crate) fn judge_predictions(
    model: &Model,
    dataset: &Dataset,
    rows: &[usize],
    predictions: &[f64],
) -> Result<Evaluation, EvaluationError> {
    let pick = |values: &[f64]| rows.iter().map(|&row| values[row]).collect::<Vec<f64>>();
    let labels = pick(&dataset.labels);
    let sample = Sample::new(model.task, &labels, predictions)?;
    let groups = Groups::by_key(rows.iter().map(|&row| dataset.groups[row]));
    let references: Vec<Vec<f64>> = dataset.references.iter().map(|r| pick(&r.predictions)).collect();
    let named = dataset.references.iter().zip(&references);
    let references: Vec<evaluation::Reference<'_>> =
        named.map(|(reference, predictions)| evaluation::Reference { name: &reference.name, predictions }).collect();
    evaluation::evaluate(&sample, &groups, &references, &Resampling::new(model.seed))
}

/// The project's declaration of the version's model, taking the features that the version takes.
pub(crate) fn declared(project: &Project, version: &Version) -> Result<Model, EvaluateError> {
    let name = &version.model;
    let manifest = version.artifact.manifest();
    let model = project.models.get(name.as_str()).ok_or_else(|| EvaluateError::NoModel { model: name.clone() })?;
    if model.view.hash != manifest.view.hash {
        return Err(EvaluateError::OtherView {
            model: name.clone(),
            version: version.number,
            view: manifest.view.name.clone(),
            trained: manifest.view.hash.to_string(),
            now: model.view.hash.to_string(),
        });
    }
    let position = |feature: &str| model.view.columns.iter().position(|column| column.name == feature);
    let inputs = manifest.signature.names().map(|feature| {
        position(feature).ok_or_else(|| EvaluateError::NoFeature {
            model: name.clone(),
            version: version.number,
            feature: feature.to_owned(),
        })
    });
    let mut inputs: Vec<usize> = inputs.collect::<Result<_, _>>()?;
    // A family's last feature tells its members.
    let per = match &manifest.family {
        Some(family) => inputs.pop().map(|column| Per { column, min_rows: family.min_rows }),
        None => None,
    };
    // What it is stacked on is part of it.
    Ok(Model { inputs, per, stack: None, ..Model::clone(model) })
}

/// Rows before the version's split, if the project still splits by the same field: it may have learned from them.
pub(crate) fn seen_in_training(model: &Model, manifest: &Manifest, dataset: &Dataset) -> Option<Remark> {
    let field = &model.view.stream.schema.fields[model.split.as_ref()?.time];
    let split = manifest.split.as_ref().filter(|split| split.time == field.name)?;
    let from = value_of(&split.test_from, field.ty)?;
    let before = |time: &&Value| part_of(time, &from) == Some(Part::Train);
    let seen = dataset.times.iter().filter(before).count();
    (seen > 0).then_some(Remark::SeenInTraining { seen: seen as u64, rows: dataset.rows() as u64 })
}

/// A constant as a manifest keeps it.
fn value_of(json: &serde_json::Value, ty: Type) -> Option<Value> {
    match (ty, json) {
        (Type::Int, json) => json.as_i64().map(Value::Int),
        (Type::Float, json) => json.as_f64().map(Value::Float),
        (Type::String, serde_json::Value::String(text)) => Some(Value::String(text.into())),
        (Type::Timestamp, serde_json::Value::String(text)) => parse_timestamp(text).map(Value::Timestamp),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
