//! A model judged on rows of the training part that it had not seen.

use features::project::{Model, Task};
use models::evaluation::{Evaluation, EvaluationError, Sample, weighted_calibration_error};

use super::folds::{Fold, FoldsError};
use crate::dataset::Dataset;
use crate::evaluate::judge_predictions;
use crate::family;
use crate::fit::{ModelError, Tell};
use crate::progress::{Progress, Silent};
use crate::slices::SliceColumn;

/// Metrics of each fold, and of all their rows together.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct CrossValidation {
    /// The field or expression whose values make the folds.
    pub by: String,
    pub folds: Vec<FoldReport>,
    /// Of all rows that were judged; intervals draw whole groups.
    pub together: Evaluation,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weighted_calibration_error: Option<WeightedError>,
}

#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct FoldReport {
    pub fold: String,
    /// Rows that were learned from.
    pub trained_on: u64,
    pub evaluation: Evaluation,
}

/// By [`weighted_calibration_error`].
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct WeightedError {
    pub stratum: String,
    pub value: f64,
}

#[derive(Debug, thiserror::Error)]
pub enum ValidationError {
    #[error(transparent)]
    Folds(#[from] FoldsError),
    #[error("fold `{fold}` cannot be fitted")]
    Fit {
        fold: String,
        #[source]
        source: ModelError,
    },
    #[error(transparent)]
    Evaluation(#[from] EvaluationError),
    #[error("no feature of the model is in a group that `feature_groups` declares: there is nothing to leave out")]
    NoFeatureGroups,
    #[error("without the feature group `{group}` the model has no features: it cannot be left out")]
    NothingLeft { group: String },
}

/// Predictions of rows by fits that had not seen them.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct OutOfFold {
    /// Of the dataset, fold after fold.
    pub(crate) rows: Vec<usize>,
    pub(crate) predictions: Vec<f64>,
}

/// Fits and judges fold by fold.
pub(crate) fn cross_validate(
    model: &Model,
    dataset: &Dataset,
    folds: &[Fold],
    by: &str,
    stratum: Option<&SliceColumn>,
    progress: &dyn Progress,
) -> Result<CrossValidation, ValidationError> {
    let told = |done: usize| progress.fits(done as u64, folds.len() as u64);
    let all = out_of_fold(model, dataset, folds, &told)?;
    told(folds.len());
    let mut reports = Vec::with_capacity(folds.len());
    let mut rest = all.predictions.as_slice();
    for fold in folds {
        let (predictions, others) = rest.split_at(fold.validate.len());
        rest = others;
        let evaluation = judge_predictions(model, dataset, &fold.validate, predictions)?;
        reports.push(FoldReport { fold: fold.name.clone(), trained_on: fold.train.len() as u64, evaluation });
    }
    let together = judge_predictions(model, dataset, &all.rows, &all.predictions)?;
    let weighted_calibration_error = match stratum {
        Some(stratum) if model.task == Task::Classification => weighted(dataset, &all, stratum)?,
        _ => None,
    };
    Ok(CrossValidation { by: by.to_owned(), folds: reports, together, weighted_calibration_error })
}

/// Of each fold's validation rows, by a fit on its training rows. `told` learns how many folds are done.
pub(crate) fn out_of_fold(
    model: &Model,
    dataset: &Dataset,
    folds: &[Fold],
    told: &dyn Fn(usize),
) -> Result<OutOfFold, ValidationError> {
    let mut all = OutOfFold::default();
    for (done, fold) in folds.iter().enumerate() {
        told(done);
        let fitted = family::fit(model, dataset, &fold.train, Tell::Nothing, &Silent)
            .map_err(|source| ValidationError::Fit { fold: fold.name.clone(), source })?;
        let mut predictions = vec![0.0; fold.validate.len()];
        let rows = dataset.predictor_rows(&fold.validate, fitted.family.as_ref());
        fitted.predictor().predict(&rows, &mut predictions);
        all.rows.extend(&fold.validate);
        all.predictions.extend(predictions);
    }
    Ok(all)
}

fn weighted(
    dataset: &Dataset,
    all: &OutOfFold,
    stratum: &SliceColumn,
) -> Result<Option<WeightedError>, EvaluationError> {
    let labels: Vec<f64> = all.rows.iter().map(|&row| dataset.labels[row]).collect();
    let strata: Vec<u32> = all.rows.iter().map(|&row| stratum.of_row[row]).collect();
    let sample = Sample::new(Task::Classification, &labels, &all.predictions)?;
    let found = weighted_calibration_error(&sample, &strata)?;
    Ok(found.map(|value| WeightedError { stratum: stratum.name.to_string(), value }))
}
