use super::Sample;

/// The share of rows where the likelier outcome happened. A probability of exactly ½ counts as FALSE, as in
/// scikit-learn's `predict`.
pub fn accuracy(sample: &Sample<'_>) -> f64 {
    sample.mean_of(row_hit)
}

/// 1 for a right call, 0 for a wrong one.
pub(crate) fn row_hit(label: f64, prediction: f64) -> f64 {
    f64::from(u8::from((0.5 < prediction) == (label == 1.0)))
}
