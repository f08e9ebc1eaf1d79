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
    #[error("the model declares no feature_groups: there is nothing to leave out")]
    NoFeatureGroups,
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
) -> Result<(CrossValidation, OutOfFold), ValidationError> {
    let mut all = OutOfFold::default();
    let mut reports = Vec::with_capacity(folds.len());
    for (done, fold) in folds.iter().enumerate() {
        progress.fits(done as u64, folds.len() as u64);
        let predictions = predict(model, dataset, fold)?;
        let evaluation = judge_predictions(model, dataset, &fold.validate, &predictions)?;
        reports.push(FoldReport { fold: fold.name.clone(), trained_on: fold.train.len() as u64, evaluation });
        all.rows.extend(&fold.validate);
        all.predictions.extend(predictions);
    }
    progress.fits(folds.len() as u64, folds.len() as u64);
    let together = judge_predictions(model, dataset, &all.rows, &all.predictions)?;
    let weighted_calibration_error = match stratum {
        Some(stratum) if model.task == Task::Classification => weighted(dataset, &all, stratum)?,
        _ => None,
    };
    let report = CrossValidation { by: by.to_owned(), folds: reports, together, weighted_calibration_error };
    Ok((report, all))
}

/// Of the fold's validation rows, by a fit on its training rows.
pub(crate) fn predict(model: &Model, dataset: &Dataset, fold: &Fold) -> Result<Vec<f64>, ValidationError> {
    let fitted = family::fit(model, dataset, &fold.train, Tell::Nothing, &Silent)
        .map_err(|source| ValidationError::Fit { fold: fold.name.clone(), source })?;
    let mut predictions = vec![0.0; fold.validate.len()];
    fitted.predictor().predict(&dataset.predictor_rows(&fold.validate, fitted.family.as_ref()), &mut predictions);
    Ok(predictions)
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
