use super::Sample;
use super::bootstrap::Statistic;
use super::groups::Groups;
use super::mean::weighted_sum;

/// 1 − Σ(label − prediction)² / Σ(label − mean label)². Undefined where all labels are equal (scikit-learn answers 0 or
/// 1 there).
pub fn r2(sample: &Sample<'_>) -> Option<f64> {
    GroupR2::new(sample, &Groups::one(sample.rows())).value(&[1])
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
    fn value(&self, counts: &[u32]) -> Option<f64> {
        let sum = |sums: &[f64]| weighted_sum(counts, sums);
        let total = sum(&self.squared_deviations) - sum(&self.deviations).powi(2) / sum(&self.rows);
        (0.0 < total).then(|| 1.0 - sum(&self.squared_errors) / total)
    }
}
