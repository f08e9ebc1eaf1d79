//! One training run: load, features, split, fit, evaluate, refit, publish.

use std::sync::Arc;
use std::time::Instant;

use features::batch::{BatchError, Order, compute};
use features::project::{Model, Project};
use features::value::Micros;
use models::artifact::{Artifact, ArtifactError, Documents, GateReport, ParityCertificate, Refit, Rows};
use models::evaluation::{Evaluation, EvaluationError};
use models::profile::Profile;
use models::registry::{Published, Registry, RegistryError, publish_and_maybe_promote};

use crate::algorithm::FitError;
use crate::artifact::{Made, artifact};
use crate::calibration::CalibrationError;
use crate::dataset::{Dataset, DatasetError};
use crate::evaluate::judge;
use crate::family::{self, Fit};
use crate::fit::{ModelError, Tell, made_of};
use crate::gate;
use crate::page::{self, Findings};
use crate::progress::{Progress, Stage};
use crate::remark::Remark;
use crate::report::{Seconds, TrainReport};
use crate::source::Source;
use crate::split::{Parts, SplitError, straddling_groups};
use crate::stack;
use crate::tune::TuneError;
use crate::validation::{Validation, ValidationError, Validations, Within, tuned, validate};
use crate::weights::{self, UnusableWeight};

/// What to train, on what, and where the version goes.
#[derive(Debug)]
pub struct TrainRun<'a> {
    pub project: &'a Project,
    pub model: &'a Arc<Model>,
    pub source: Source,
    pub registry: &'a dyn Registry,
    /// Fit once more on training and test part after the evaluation, and publish that fit.
    pub refit: bool,
    /// Fit on shares of the training part too, for the report.
    pub learning_curve: bool,
    /// What to find out within the training part.
    pub validations: Validations,
    /// What was found when the view's parity was checked; kept in the manifest.
    pub parity: Option<ParityCertificate>,
    /// The time that the version records.
    pub now: Micros,
    pub clutch_version: &'a str,
}

impl<'a> TrainRun<'a> {
    fn with_model<'b>(&self, model: &'b Arc<Model>) -> TrainRun<'b>
    where
        'a: 'b,
    {
        let (source, validations, parity) = (self.source.clone(), self.validations.clone(), self.parity.clone());
        TrainRun { model, source, validations, parity, ..*self }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    #[error(transparent)]
    History(#[from] BatchError),
    #[error(transparent)]
    Dataset(#[from] DatasetError),
    #[error(transparent)]
    Split(#[from] SplitError),
    #[error(transparent)]
    Weight(#[from] UnusableWeight),
    #[error(transparent)]
    Fit(#[from] FitError),
    #[error(transparent)]
    Calibration(#[from] CalibrationError),
    #[error(transparent)]
    Evaluation(#[from] EvaluationError),
    #[error("the model cannot be validated within its training part")]
    Validation(#[from] ValidationError),
    #[error("the model cannot be tuned")]
    Tune(#[from] TuneError),
    #[error("the version cannot be described")]
    Artifact(#[from] ArtifactError),
    #[error(transparent)]
    Registry(#[from] RegistryError),
}

/// Trains, judges and registers a version. Equal data, declaration and seed give equal bytes of `model.json`.
pub fn train(run: &TrainRun<'_>, progress: &dyn Progress) -> Result<TrainReport, TrainError> {
    let model = run.model;
    let start = Instant::now();
    progress.stage(Stage::Load);
    let history = run.source.read(run.project, &model.view.stream, &|rows| progress.rows(rows))?;
    let loaded = Instant::now();

    progress.stage(Stage::Features);
    let view = compute(&model.view, &history, Order::Ideal)?;
    let dataset = Dataset::new(model, &history, &view)?;
    let parts = dataset.split(model)?;
    weights::check(model, &dataset, &parts.train, &history)?;
    if run.refit {
        weights::check(model, &dataset, &parts.test, &history)?;
    }
    let mut remarks = Remark::of_history(&history);
    let events = history.len() as u64;
    if view.overflows > 0 {
        remarks.push(Remark::Overflows { count: view.overflows });
    }
    let within = Within::new(model, &dataset, &parts.train, &history, &run.validations);
    drop((history, view));
    let computed = Instant::now();

    let (tuned, tuning) = tuned(model, &within, &run.validations, progress)?.unzip();
    let tuned = tuned.map_or_else(|| Arc::clone(model), Arc::new);
    let run = &run.with_model(&tuned);
    let model = run.model;
    let validation = Validation { tuning, ..validate(model, &within, &run.validations, progress)? };
    let validated = Instant::now();

    progress.stage(Stage::Fit);
    let fitted = family::fit(model, &dataset, &parts.train, Tell::Importances, progress)?;
    let fit_at = Instant::now();

    progress.stage(Stage::Evaluate);
    let (evaluation, gate) = assess(model, &dataset, &parts, &fitted)?;
    remarks.extend(fitted.remarks.iter().cloned());
    remarks.extend(remarks_of_parts(&dataset, &parts, &evaluation));
    let evaluated = Instant::now();

    progress.stage(Stage::Report);
    let findings =
        Findings { validation: validation.clone(), ..findings(run, &dataset, &parts, &fitted, &evaluation)? };
    let reported = Instant::now();

    let refit = refit(run, &dataset, &parts, progress)?;
    let registered = refit.as_ref().unwrap_or(&fitted);
    let refitted = Instant::now();

    progress.stage(Stage::Publish);
    let rows = Rows { train: parts.train.len() as u64, test: parts.test.len() as u64 };
    let family = family::record(model, &dataset, &parts, &fitted, registered);
    let stack = stack::record(model, registered.general.stacked.as_ref(), run.registry)?;
    let rows_of_refit = refit.as_ref().map(|_| Refit { rows: dataset.rows() as u64 });
    let made = Made {
        run,
        dataset: &dataset,
        parts: &parts,
        events,
        fitted: registered,
        evaluation,
        family,
        stack,
        tuning: validation.tuning.as_ref(),
        gate,
        refit: rows_of_refit,
    };
    let artifact = artifact(made)?;
    let names = artifact.manifest().fitted_on();
    let warnings: Vec<String> = remarks.iter().map(|remark| remark.describe(&names)).collect();
    let profile = profile(&artifact, &dataset, &parts, registered);
    let report = page::render(artifact.manifest(), &findings, &profile, &warnings);
    let artifact = artifact.documented(Documents { profile: Some(profile), report: Some(report) });
    let Published { version, promoted } = publish_and_maybe_promote(run.registry, &artifact)?;
    let end = Instant::now();

    let seconds = Seconds {
        load: (loaded - start).as_secs_f64(),
        features: (computed - loaded).as_secs_f64(),
        validate: (validation != Validation::default()).then_some((validated - computed).as_secs_f64()),
        fit: (fit_at - validated).as_secs_f64(),
        evaluate: (evaluated - fit_at).as_secs_f64(),
        report: (reported - evaluated).as_secs_f64(),
        refit: refit.as_ref().map(|_| (refitted - reported).as_secs_f64()),
        total: (end - start).as_secs_f64(),
    };
    let left_out = dataset.left_out;
    Ok(TrainReport {
        manifest: artifact.manifest().clone(),
        version,
        promoted,
        rows,
        left_out,
        seconds,
        validation,
        remarks,
    })
}

/// Predictions of the test part by the fit on the training part; nothing where there is no test part.
fn assess(
    model: &Model,
    dataset: &Dataset,
    parts: &Parts,
    fitted: &Fit,
) -> Result<(Evaluation, GateReport), TrainError> {
    let evaluation = if parts.test.is_empty() {
        Evaluation::default()
    } else {
        judge(model, dataset, &parts.test, &*fitted.predictor(), fitted.family.as_ref())?
    };
    let gate = gate::judge(&model.gate, &evaluation);
    Ok((evaluation, gate))
}

/// What the report tells beyond the manifest; nothing where there is no test part.
fn findings(
    run: &TrainRun<'_>,
    dataset: &Dataset,
    parts: &Parts,
    fitted: &Fit,
    evaluation: &Evaluation,
) -> Result<Findings, TrainError> {
    if parts.test.is_empty() {
        return Ok(Findings::default());
    }
    let mut findings = page::gather(run.model, dataset, parts, &*fitted.predictor(), fitted.family.as_ref())?;
    // A curve of the general model alone would say little of a family.
    if run.learning_curve && fitted.family.is_none() {
        // So few rows that no fit is possible make a shorter curve, not a failed run.
        let fit =
            |rows: &[usize]| made_of(run.model, dataset, rows, Tell::Nothing).ok().map(|fitted| fitted.predictor());
        findings.learning_curve = page::learning_curve(run.model, dataset, parts, evaluation, &fit)?;
    }
    Ok(findings)
}

/// Of the training part, and of the registered model's predictions of it.
fn profile(artifact: &Artifact, dataset: &Dataset, parts: &Parts, registered: &Fit) -> Profile {
    let rows = &parts.train;
    let mut predictions = vec![0.0; rows.len()];
    registered.predictor().predict(&dataset.predictor_rows(rows, registered.family.as_ref()), &mut predictions);
    let of_rows = |column: &Vec<f64>| rows.iter().map(|&row| column[row]).collect::<Vec<f64>>();
    let columns: Vec<Vec<f64>> = dataset.inputs.columns().iter().map(of_rows).collect();
    Profile::new(&artifact.manifest().signature, columns.iter().map(Vec::as_slice), &predictions)
}

fn remarks_of_parts(dataset: &Dataset, parts: &Parts, evaluation: &Evaluation) -> Vec<Remark> {
    if parts.test.is_empty() {
        return vec![Remark::NoTestPart];
    }
    let groups = straddling_groups(parts, &dataset.groups);
    let straddling = (groups > 0).then_some(Remark::Straddling { groups });
    straddling.into_iter().chain(Remark::of_groups(evaluation)).collect()
}

/// A fit on everything, if asked for.
fn refit(
    run: &TrainRun<'_>,
    dataset: &Dataset,
    parts: &Parts,
    progress: &dyn Progress,
) -> Result<Option<Fit>, TrainError> {
    if !run.refit || parts.test.is_empty() {
        return Ok(None);
    }
    progress.stage(Stage::Refit);
    let everything: Vec<usize> = (0..dataset.rows()).collect();
    Ok(Some(family::fit(run.model, dataset, &everything, Tell::Importances, progress)?))
}

impl From<ModelError> for TrainError {
    fn from(error: ModelError) -> TrainError {
        match error {
            ModelError::Fit(error) => TrainError::Fit(error),
            ModelError::Calibration(error) => TrainError::Calibration(error),
            ModelError::Family(error) => TrainError::Artifact(error),
        }
    }
}

#[cfg(test)]
mod bad_input;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod weighing;
