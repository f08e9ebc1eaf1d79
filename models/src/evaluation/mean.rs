//! Means over rows, of resamples: two numbers a group.

use super::Sample;
use super::bootstrap::Statistic;
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
    fn value(&self, counts: &[u32]) -> Option<f64> {
        let rows = weighted_sum(counts, &self.rows);
        (0.0 < rows).then(|| weighted_sum(counts, &self.sums) / rows)
    }
}

/// Σ count × value, in eight strands that the processor can take side by side; always the same order of additions.
pub(super) fn weighted_sum(counts: &[u32], values: &[f64]) -> f64 {
    const STRANDS: usize = 8;
    let mut strands = [0.0; STRANDS];
    let (count_chunks, value_chunks) = (counts.chunks_exact(STRANDS), values.chunks_exact(STRANDS));
    let rest: f64 = count_chunks.remainder().iter().zip(value_chunks.remainder()).map(|(c, x)| f64::from(*c) * x).sum();
    for (count_chunk, value_chunk) in count_chunks.zip(value_chunks) {
        for ((strand, c), x) in strands.iter_mut().zip(count_chunk).zip(value_chunk) {
            *strand += f64::from(*c) * x;
        }
    }
    strands.iter().sum::<f64>() + rest
}
