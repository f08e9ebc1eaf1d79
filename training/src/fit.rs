//! One fit of a model as it is declared: weights, algorithm, calibration.

use features::project::Model;
use models::artifact::ArtifactError;

use crate::algorithm::{self, FitError, Fitted, TrainingRows};
use crate::calibration::{self, Calibrated, CalibrationError};
use crate::dataset::Dataset;
use crate::importances::importances;
use crate::weights::row_weights;

#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    #[error(transparent)]
    Fit(#[from] FitError),
    #[error(transparent)]
    Calibration(#[from] CalibrationError),
    #[error("the members of the family cannot be put together")]
    Family(#[from] ArtifactError),
}

/// What is told of a fit beside its predictions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tell {
    Importances,
    Nothing,
}

/// Fits the model, and its calibration where it declares one, on `rows` of the dataset.
pub(crate) fn made_of(model: &Model, dataset: &Dataset, rows: &[usize], tell: Tell) -> Result<Calibrated, ModelError> {
    let weights = row_weights(model, dataset, rows)?;
    let training = TrainingRows {
        task: model.task,
        names: &dataset.names,
        inputs: &dataset.inputs,
        labels: &dataset.labels,
        weights: weights.as_deref(),
        groups: &dataset.groups,
        rows,
        seed: model.seed,
    };
    let fitted: Fitted = algorithm::fit(&model.algorithm, &training)?;
    let calibration = match model.calibration {
        Some(method) => Some(calibration::fit(method, &model.algorithm, fitted.stopped_at, &training)?),
        None => None,
    };
    let importances = match tell {
        Tell::Importances => importances(&fitted.native, &training),
        Tell::Nothing => None,
    };
    Ok(Calibrated { fitted, calibration, importances })
}
