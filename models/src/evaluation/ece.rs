use super::Sample;
use super::bootstrap::{LANES, Lanes, Statistic};
use super::groups::Groups;

/// Bins of equal width: [0, 0.1), [0.1, 0.2), …, [0.9, 1].
pub const BINS: usize = 10;

/// Expected calibration error: the mean over rows of |mean probability − share of TRUE| in the row's bin, with
/// [`BINS`] bins of equal width. Biased upwards on few rows, as every binned measure is.
pub fn ece(sample: &Sample<'_>) -> f64 {
    GroupEce::new(sample, &Groups::one(sample.rows())).plain().unwrap_or(0.0)
}

/// Of resamples: for each group, its sums in each bin where it has rows.
pub(super) struct GroupEce {
    /// Where each group's entries begin and end.
    ends: Vec<usize>,
    entries: Vec<Entry>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Entry {
    bin: usize,
    rows: f64,
    /// Σ (probability − label).
    gap: f64,
}

impl GroupEce {
    pub(super) fn new(sample: &Sample<'_>, groups: &Groups) -> GroupEce {
        let (group_ends, rows) = groups.rows_by_group();
        let (mut ends, mut entries) = (vec![0], Vec::new());
        for range in group_ends.windows(2) {
            let mut bins = [Entry::default(); BINS];
            for &row in &rows[range[0]..range[1]] {
                let (label, prediction) = (sample.labels()[row], sample.predictions()[row]);
                let bin = bin_of(prediction);
                bins[bin].bin = bin;
                bins[bin].rows += 1.0;
                bins[bin].gap += prediction - label;
            }
            entries.extend(bins.iter().filter(|entry| entry.rows != 0.0));
            ends.push(entries.len());
        }
        GroupEce { ends, entries }
    }
}

impl Statistic for GroupEce {
    fn values(&self, counts: &[Lanes]) -> Lanes {
        let (mut gaps, mut rows) = ([[0.0; LANES]; BINS], [0.0; LANES]);
        for (range, count) in self.ends.windows(2).zip(counts) {
            for entry in &self.entries[range[0]..range[1]] {
                let gaps = &mut gaps[entry.bin];
                for lane in 0..LANES {
                    gaps[lane] += count[lane] * entry.gap;
                    rows[lane] += count[lane] * entry.rows;
                }
            }
        }
        std::array::from_fn(|lane| gaps.iter().map(|gap| gap[lane].abs()).sum::<f64>() / rows[lane])
    }
}

pub(crate) fn bin_of(probability: f64) -> usize {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 10, and the cast saturates")]
    let bin = (probability * 10.0) as usize;
    bin.min(BINS - 1)
}
