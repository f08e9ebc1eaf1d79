use super::Sample;

/// The mean of −ln(probability given to what happened), natural logarithm. As in scikit-learn, probabilities are held
/// within [ε, 1 − ε], ε = 2⁻⁵² (2.2e-16), so that certainty that errs costs 36.04 and not infinity.
pub fn log_loss(sample: &Sample<'_>) -> f64 {
    sample.mean_of(row_loss)
}

pub(super) fn row_loss(label: f64, prediction: f64) -> f64 {
    let given = if label == 0.0 { 1.0 - prediction } else { prediction };
    -given.clamp(f64::EPSILON, 1.0 - f64::EPSILON).ln()
}
