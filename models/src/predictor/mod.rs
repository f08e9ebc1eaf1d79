//! One trait behind which every kind of model predicts.

/// A fitted model, loaded and ready.
///
/// Contract, checked by `contract::predictor`:
/// * `inputs` holds whole rows, `width()` numbers each, NaN for missing; `out` has one place per row.
/// * Rows do not influence each other; equal input gives equal bits.
/// * Classification writes the probability of TRUE, regression the expected value; always finite.
pub trait Predictor: Send + Sync + std::fmt::Debug {
    fn width(&self) -> usize;
    fn predict(&self, inputs: &[f64], out: &mut [f64]);
}
