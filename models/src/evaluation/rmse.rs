use super::Sample;
use super::bootstrap::{Lanes, Statistic};
use super::mean::GroupMean;

/// The square root of the mean of (prediction − label)².
pub fn rmse(sample: &Sample<'_>) -> f64 {
    sample.mean_of(|label, prediction| (prediction - label).powi(2)).sqrt()
}

/// Of resamples: the square root of the mean squared error.
pub(super) struct GroupRmse(pub(super) GroupMean);

impl Statistic for GroupRmse {
    fn values(&self, counts: &[Lanes]) -> Lanes {
        self.0.values(counts).map(f64::sqrt)
    }
}
