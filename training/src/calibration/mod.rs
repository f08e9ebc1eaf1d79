//! What makes probabilities of margins, learned from margins that rows got from models which had not seen their group.

mod isotonic;
mod platt;

use features::project::CalibrationMethod;
use models::artifact::{Calibration, Importances, InvalidCalibration, StackedModel, predictor_of};
use models::predictor::{self, Predictor, StackedPredictor};

use crate::algorithm::{FitError, Fitted, TrainingRows, folds, others};

/// Folds of whole groups; each is predicted by a model fitted on the others.
const FOLDS: usize = 5;

/// A fit and what stands behind it.
#[derive(Debug)]
pub(crate) struct Calibrated {
    /// Of a stacked model what it learned of its bases' predictions.
    pub(crate) fitted: Fitted,
    /// Where it is one: `fitted`, and the bases.
    pub(crate) stacked: Option<StackedModel>,
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
        let model = self.without_calibration();
        match &self.calibration {
            Some(calibration) => Box::new(predictor::Calibrated::new(model, calibration.clone())),
            None => model,
        }
    }

    pub(crate) fn without_calibration(&self) -> Box<dyn Predictor> {
        match &self.stacked {
            Some(stacked) => Box::new(StackedPredictor::new(stacked)),
            None => predictor_of(&self.fitted.native),
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

/// Fits a model on the given rows.
type FitOf<'a> = &'a dyn Fn(&[usize]) -> Result<Box<dyn Predictor>, FitError>;

/// Fits `method` on margins that no model gave to a group that it was fitted on.
pub(crate) fn fit(
    method: CalibrationMethod,
    training: &TrainingRows<'_>,
    of_others: FitOf<'_>,
) -> Result<Calibration, CalibrationError> {
    let folds = folds(training.groups, training.rows, FOLDS, training.seed).ok_or(CalibrationError::OneGroup)?;
    let mut points = Vec::with_capacity(training.rows.len());
    for (number, held_out) in folds.iter().enumerate() {
        let model = of_others(&others(&folds, number)).map_err(CalibrationError::Fold)?;
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

#[cfg(test)]
mod tests;
