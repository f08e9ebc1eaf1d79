//! Means over rows, of resamples: two numbers a group.

use super::Sample;
use super::bootstrap::{LANES, Lanes, Statistic};
use super::groups::Groups;

/// The mean of a quantity that each row has.
pub(super) struct GroupMean {
    sums: Vec<f64>,
    rows: Vec<f64>,
}

impl GroupMean {
    pub(super) fn new(sample: &Sample<'_>, groups: &Groups, of_row: impl Fn(f64, f64) -> f64) -> GroupMean {
        GroupMean::of_values(sample.pairs().map(|(label, prediction)| of_row(label, prediction)), groups)
    }

    /// One value for each row that `groups` knows.
    pub(super) fn of_values(values: impl Iterator<Item = f64>, groups: &Groups) -> GroupMean {
        let mut mean = GroupMean { sums: vec![0.0; groups.count()], rows: vec![0.0; groups.count()] };
        for (value, group) in values.zip(groups.of_rows()) {
            mean.sums[group] += value;
            mean.rows[group] += 1.0;
        }
        mean
    }
}

impl Statistic for GroupMean {
    fn values(&self, counts: &[Lanes]) -> Lanes {
        let (sums, rows) = (weighted_sums(counts, &self.sums), weighted_sums(counts, &self.rows));
        // No rows: 0 / 0.
        std::array::from_fn(|lane| sums[lane] / rows[lane])
    }
}

/// Σ count × value over groups, for each resample.
pub(super) fn weighted_sums(counts: &[Lanes], values: &[f64]) -> Lanes {
    let mut sums = [0.0; LANES];
    for (count, value) in counts.iter().zip(values) {
        for (sum, count) in sums.iter_mut().zip(count) {
            *sum += count * value;
        }
    }
    sums
}
