//! One trait behind which every kind of model predicts.

mod linear;

pub use linear::sigmoid;

/// A fitted model, loaded and ready.
///
/// Contract, checked by `contract::predictor`:
/// * `inputs` holds whole rows, `width()` numbers each, NaN (or an infinity) for missing; `out` has one place per row.
///   A place beyond the rows given is left alone.
/// * Rows do not influence each other; equal input gives equal bits.
/// * Classification writes the probability of TRUE, regression the expected value; always finite.
/// * [`Predictor::contributions`] explains exactly the prediction that [`Predictor::predict`] makes.
pub trait Predictor: Send + Sync + std::fmt::Debug {
    /// The number of inputs of one row.
    fn width(&self) -> usize;

    fn predict(&self, inputs: &[f64], out: &mut [f64]);

    /// What each input of one `row` adds to the margin (the uncalibrated log-odds in classification, the value in
    /// regression): writes one number per input into `out` and returns the base, the margin of the model without them.
    /// Base and contributions, added in order, give the margin; all are finite. `None`, with `out` untouched, from a
    /// predictor that cannot tell.
    ///
    /// Linear models: coefficient × (imputed) input, base = intercept.
    fn contributions(&self, row: &[f64], out: &mut [f64]) -> Option<f64>;
}
