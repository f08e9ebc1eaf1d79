//! One fit of a model as it is declared: weights, algorithm, calibration, and where it is stacked on others, theirs.

use features::project::{Algorithm, Model};
use models::artifact::ArtifactError;

use crate::algorithm::{self, FitError, Fitted, TrainingRows};
use crate::calibration::{self, Calibrated, CalibrationError};
use crate::dataset::Dataset;
use crate::importances::importances;
use crate::stack;
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

/// Fits the model, and its calibration where it declares one, on `rows` of the dataset. Nothing of any other row, and of a
/// stacked model's bases nothing that was fitted on other rows, has a part in it.
pub(crate) fn made_of(model: &Model, dataset: &Dataset, rows: &[usize], tell: Tell) -> Result<Calibrated, ModelError> {
    let weights = row_weights(model, dataset, rows)?;
    let training = training_rows(model, dataset, weights.as_deref(), rows);
    let mut made = uncalibrated(model, dataset, &training)?;
    if let Some(method) = model.calibration {
        let fixed = Model { algorithm: fixed(&model.algorithm, made.fitted.stopped_at), ..model.clone() };
        let of_others = |rows: &[usize]| {
            let made = uncalibrated(&fixed, dataset, &TrainingRows { rows, ..training });
            made.map(|made| made.without_calibration())
        };
        made.calibration = Some(calibration::fit(method, &training, &of_others)?);
    }
    if tell == Tell::Importances {
        made.importances = importances(&*made.without_calibration(), &training);
    }
    Ok(made)
}

/// The fit of a model that is not stacked, without calibration, and with nothing told.
pub(crate) fn plainly_made_of(model: &Model, dataset: &Dataset, rows: &[usize]) -> Result<Fitted, FitError> {
    let weights = row_weights(model, dataset, rows)?;
    algorithm::fit(&model.algorithm, &training_rows(model, dataset, weights.as_deref(), rows))
}

fn training_rows<'a>(
    model: &Model,
    dataset: &'a Dataset,
    weights: Option<&'a [f64]>,
    rows: &'a [usize],
) -> TrainingRows<'a> {
    TrainingRows {
        task: model.task,
        names: &dataset.names,
        inputs: &dataset.inputs,
        labels: &dataset.labels,
        weights,
        groups: &dataset.groups,
        rows,
        seed: model.seed,
    }
}

fn uncalibrated(model: &Model, dataset: &Dataset, training: &TrainingRows<'_>) -> Result<Calibrated, FitError> {
    let (fitted, stacked) = match &model.stack {
        None => (algorithm::fit(&model.algorithm, training)?, None),
        Some(stack) => {
            let (fitted, stacked) = stack::fit(model, stack, dataset, training)?;
            (fitted, Some(stacked))
        }
    };
    Ok(Calibrated { fitted, stacked, calibration: None, importances: None })
}

/// With the number of rounds that was found: fits beside a model stop where it stopped.
fn fixed(algorithm: &Algorithm, stopped_at: Option<u32>) -> Algorithm {
    let mut algorithm = algorithm.clone();
    if let (Algorithm::Boosting(boosting), Some(rounds)) = (&mut algorithm, stopped_at) {
        boosting.trees = rounds;
        boosting.early_stopping = None;
    }
    algorithm
}
