//! Linear and logistic regression.

use super::Predictor;
use crate::artifact::{LinearModel, Link};

impl Predictor for LinearModel {
    fn width(&self) -> usize {
        self.coefficients().len()
    }

    fn link(&self) -> Link {
        LinearModel::link(self)
    }

    fn margins(&self, inputs: &[f64], out: &mut [f64]) {
        if self.width() == 0 {
            out.fill(self.intercept());
            return;
        }
        for (row, place) in inputs.chunks_exact(self.width()).zip(out) {
            *place = self.margin(row);
        }
    }

    /// Coefficient × (input − mean of the training part); the base is the margin of a row of means. A missing input is
    /// the mean, and contributes nothing.
    fn contributions(&self, row: &[f64], out: &mut [f64]) -> Option<f64> {
        let mut base = self.intercept();
        for ((place, term), typical) in out.iter_mut().zip(self.terms(row)).zip(self.typical_terms()) {
            *place = term - typical;
            base += typical;
        }
        let explains = base.is_finite() && out.iter().all(|x| x.is_finite()) && self.plain_margin(row).is_finite();
        Some(if explains { base } else { self.bounded_contributions(row, out) })
    }
}

impl LinearModel {
    fn margin(&self, row: &[f64]) -> f64 {
        let margin = self.plain_margin(row);
        if margin.is_finite() { margin } else { self.bounded_margin(row) }
    }

    fn plain_margin(&self, row: &[f64]) -> f64 {
        self.terms(row).fold(self.intercept(), |sum, term| sum + term)
    }

    /// For rows so extreme that the sum overflows: every term is held within its share of the largest double.
    #[cold]
    fn bounded_margin(&self, row: &[f64]) -> f64 {
        let limit = self.limit();
        self.terms(row).fold(self.intercept().clamp(-limit, limit), |sum, term| sum + term.clamp(-limit, limit))
    }

    /// For numbers so extreme that they leave no room to subtract the mean: the terms as they stand.
    #[cold]
    fn bounded_contributions(&self, row: &[f64], out: &mut [f64]) -> f64 {
        let limit = if self.plain_margin(row).is_finite() { f64::MAX } else { self.limit() };
        for (place, term) in out.iter_mut().zip(self.terms(row)) {
            *place = term.clamp(-limit, limit);
        }
        self.intercept().clamp(-limit, limit)
    }

    /// So many times fits into a double, with room for rounding.
    fn limit(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a count of features is far below 2^53")]
        let terms = (self.width() + 2) as f64;
        f64::MAX / terms
    }

    /// The terms of a row of means.
    fn typical_terms(&self) -> impl Iterator<Item = f64> {
        self.coefficients().iter().zip(self.imputation()).map(|(coefficient, imputation)| coefficient * imputation)
    }

    fn terms(&self, row: &[f64]) -> impl Iterator<Item = f64> {
        let parameters = self.coefficients().iter().zip(self.imputation());
        row.iter().zip(parameters).map(|(&x, (&coefficient, &imputation))| {
            let x = if x.is_finite() { x } else { imputation };
            coefficient * x
        })
    }
}

/// The logistic function, without overflow and with full relative precision in both tails: `exp` sees no positive
/// argument, and the small side is computed directly instead of as 1 − (something near 1).
pub fn sigmoid(margin: f64) -> f64 {
    let e = (-margin.abs()).exp();
    if 0.0 <= margin { 1.0 / (1.0 + e) } else { e / (1.0 + e) }
}

#[cfg(test)]
mod tests;
