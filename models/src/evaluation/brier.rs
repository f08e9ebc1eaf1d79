use super::Sample;

/// The mean of (probability − label)².
pub fn brier(sample: &Sample<'_>) -> f64 {
    sample.mean_of(|label, prediction| (prediction - label).powi(2))
}
