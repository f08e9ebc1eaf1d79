//! One trait behind which every kind of model predicts.

mod calibrated;
mod family;
mod linear;
pub mod onnx;
mod stacked;
mod trees;

pub use calibrated::Calibrated;
pub use family::FamilyPredictor;
pub use linear::sigmoid;
pub use stacked::StackedPredictor;
pub use trees::TreePredictor;

use crate::artifact::Link;

/// A fitted model, loaded and ready.
///
/// Contract, checked by `contract::predictor`:
/// * `inputs` holds whole rows, `width()` numbers each, NaN (or an infinity) for missing; `out` has one place per row.
///   A place beyond the rows given is left alone.
/// * Rows do not influence each other; equal input gives equal bits.
/// * [`Predictor::margins`] are always finite. (A model of others may have no prediction for a row: NaN.) Classification predicts
///   the probability of TRUE, regression the expected value, which the link (and a calibration, where there is one)
///   makes of the margin.
/// * [`Predictor::contributions`] explains exactly the margin.
pub trait Predictor: Send + Sync + std::fmt::Debug {
    /// The number of inputs of one row.
    fn width(&self) -> usize;

    /// What the margin means.
    fn link(&self) -> Link;

    /// The uncalibrated margin of each row: log-odds under the link `logit`, otherwise what is predicted.
    fn margins(&self, inputs: &[f64], out: &mut [f64]);

    fn predict(&self, inputs: &[f64], out: &mut [f64]) {
        let out = rows_of(self.width(), inputs, out);
        self.margins(inputs, out);
        let link = self.link();
        out.iter_mut().for_each(|place| *place = link.apply(*place));
    }

    /// What each input of one `row` adds to the margin: writes one number per input into `out` and returns the base, the
    /// margin that is expected without knowing any of them. Base and contributions, added in order, give the margin, as
    /// far as sums of doubles of their size can; all are finite. `None`, with `out` untouched, from a predictor that
    /// cannot tell.
    fn contributions(&self, row: &[f64], out: &mut [f64]) -> Option<f64>;
}

impl Link {
    pub fn apply(self, margin: f64) -> f64 {
        match self {
            Link::Identity => margin,
            Link::Logit => sigmoid(margin),
        }
    }
}

/// The places of the rows that `inputs` holds; all where a row has no inputs.
fn rows_of<'a>(width: usize, inputs: &[f64], out: &'a mut [f64]) -> &'a mut [f64] {
    let rows = inputs.len().checked_div(width).unwrap_or(out.len()).min(out.len());
    &mut out[..rows]
}
