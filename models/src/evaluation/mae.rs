use super::Sample;

/// The mean of |prediction − label|.
pub fn mae(sample: &Sample<'_>) -> f64 {
    sample.mean_of(|label, prediction| (prediction - label).abs())
}
