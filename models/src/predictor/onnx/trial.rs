//! A first run of a model of others, before it is registered: a row, several rows, a row with nothing known.

use super::{OnnxPredictor, OnnxRunError};
use crate::predictor::Predictor;

/// As far as a row's prediction may depend on how many rows are asked about at once, relative to its size.
const TOLERANCE: f64 = 1e-5;

/// What a first run found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trial {
    /// A row of which nothing is known gets a prediction.
    pub takes_missing: bool,
}

impl OnnxPredictor {
    /// Runs the model on rows of zeros and ones, and on missing values.
    pub fn trial(&self) -> Result<Trial, OnnxRunError> {
        let width = self.width();
        let row = |value: f64| vec![value; width];
        let mut alone = [f64::NAN];
        self.run(&row(0.0), &mut alone)?;
        let mut together = [f64::NAN; 3];
        self.run(&[row(0.0), row(1.0), row(0.0)].concat(), &mut together)?;
        if alone[0].is_nan() {
            return Err(OnnxRunError::NoNumber);
        }
        for place in [0, 2] {
            if (together[place] - alone[0]).abs() > TOLERANCE * alone[0].abs().max(1.0) || together[place].is_nan() {
                return Err(OnnxRunError::NotByRow { alone: alone[0], together: together[place] });
            }
        }
        let mut unknown = [f64::NAN];
        self.run(&row(f64::NAN), &mut unknown)?;
        Ok(Trial { takes_missing: !unknown[0].is_nan() })
    }
}
