//! What makes probabilities of margins, learned from margins that rows got from models which had not seen their group.

mod isotonic;
mod platt;

use features::project::{Algorithm, CalibrationMethod};
use models::artifact::{Calibration, Importances, InvalidCalibration, predictor_of};
use models::predictor::{self, Predictor};

use crate::algorithm::{self, FitError, Fitted, TrainingRows, folds};

/// Folds of whole groups; each is predicted by a model fitted on the others.
const FOLDS: usize = 5;

/// A fit and what stands behind it.
#[derive(Debug)]
pub(crate) struct Calibrated {
    pub(crate) fitted: Fitted,
    pub(crate) calibration: Option<Calibration>,
    pub(crate) importances: Option<Importances>,
}

#[derive(Debug, thiserror::Error)]
pub enum CalibrationError {
    #[error("the model of a fold cannot be fitted")]
    Fold(#[source] FitError),
    #[error("all training rows share one fate (one group), so none can be held out: leave out `calibration`")]
    OneGroup,
    #[error("the fit gave a map that cannot be used")]
    Invalid(#[from] InvalidCalibration),
}

impl Calibrated {
    pub(crate) fn predictor(&self) -> Box<dyn Predictor> {
        let model = predictor_of(&self.fitted.native);
        match &self.calibration {
            Some(calibration) => Box::new(predictor::Calibrated::new(model, calibration.clone())),
            None => model,
        }
    }
}

/// One row as calibrations see it.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Point {
    margin: f64,
    /// 0 or 1.
    label: f64,
    weight: f64,
}

/// Fits `method` on margins that no model gave to a group that it was fitted on. Boosting stops where the model stopped.
pub(crate) fn fit(
    method: CalibrationMethod,
    algorithm: &Algorithm,
    stopped_at: Option<u32>,
    training: &TrainingRows<'_>,
) -> Result<Calibration, CalibrationError> {
    let algorithm = fixed(algorithm, stopped_at);
    let folds = folds(training.groups, training.rows, FOLDS, training.seed).ok_or(CalibrationError::OneGroup)?;
    let mut points = Vec::with_capacity(training.rows.len());
    for (number, held_out) in folds.iter().enumerate() {
        let mut rows: Vec<usize> = folds
            .iter()
            .enumerate()
            .filter(|(other, _)| *other != number)
            .flat_map(|(_, rows)| rows)
            .copied()
            .collect();
        rows.sort_unstable();
        let fitted = algorithm::fit(&algorithm, &TrainingRows { rows: &rows, ..*training });
        let model = predictor_of(&fitted.map_err(CalibrationError::Fold)?.native);
        let mut margins = vec![0.0; held_out.len()];
        model.margins(&training.inputs.row_major(held_out), &mut margins);
        points.extend(held_out.iter().zip(margins).map(|(&row, margin)| Point {
            margin,
            label: training.labels[row],
            weight: training.weights.map_or(1.0, |weights| weights[row]),
        }));
    }
    points.retain(|point| point.weight > 0.0);
    Ok(match method {
        CalibrationMethod::Platt => Calibration::Platt(platt::fit(&points)?),
        CalibrationMethod::Isotonic => Calibration::Isotonic(isotonic::fit(points)?),
    })
}

/// With the number of rounds that was found.
fn fixed(algorithm: &Algorithm, stopped_at: Option<u32>) -> Algorithm {
    let mut algorithm = algorithm.clone();
    if let (Algorithm::Boosting(boosting), Some(rounds)) = (&mut algorithm, stopped_at) {
        boosting.trees = rounds;
        boosting.early_stopping = None;
    }
    algorithm
}

#[cfg(test)]
mod tests;
