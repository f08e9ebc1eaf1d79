use super::Sample;
use super::bootstrap::{Lanes, Statistic};
use super::groups::Groups;
use super::mean::weighted_sums;

/// 1 − Σ(label − prediction)² / Σ(label − mean label)². Undefined where all labels are equal (scikit-learn answers 0 or
/// 1 there).
pub fn r2(sample: &Sample<'_>) -> Option<f64> {
    GroupR2::new(sample, &Groups::one(sample.rows())).plain()
}

/// Of resamples. Labels are taken from their overall mean, so that Σ(label − mean)² = Σd² − (Σd)²/n loses no digits.
pub(super) struct GroupR2 {
    rows: Vec<f64>,
    deviations: Vec<f64>,
    squared_deviations: Vec<f64>,
    squared_errors: Vec<f64>,
}

impl GroupR2 {
    pub(super) fn new(sample: &Sample<'_>, groups: &Groups) -> GroupR2 {
        let mean = sample.mean_of(|label, _| label);
        let mut sums = [(); 4].map(|()| vec![0.0; groups.count()]);
        for ((label, prediction), group) in sample.pairs().zip(groups.of_rows()) {
            let (deviation, error) = (label - mean, label - prediction);
            for (sum, x) in sums.iter_mut().zip([1.0, deviation, deviation * deviation, error * error]) {
                sum[group] += x;
            }
        }
        let [rows, deviations, squared_deviations, squared_errors] = sums;
        GroupR2 { rows, deviations, squared_deviations, squared_errors }
    }
}

impl Statistic for GroupR2 {
    fn values(&self, counts: &[Lanes]) -> Lanes {
        let sums = |values: &[f64]| weighted_sums(counts, values);
        let (rows, errors) = (sums(&self.rows), sums(&self.squared_errors));
        let (deviations, squares) = (sums(&self.deviations), sums(&self.squared_deviations));
        std::array::from_fn(|lane| {
            let total = squares[lane] - deviations[lane].powi(2) / rows[lane];
            if 0.0 < total { 1.0 - errors[lane] / total } else { f64::NAN }
        })
    }
}
