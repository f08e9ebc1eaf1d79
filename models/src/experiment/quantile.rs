//! Quantiles of many values in bounded memory, with intervals that know of units: counts in buckets one per cent wide, and
//! for each threshold between buckets the sums over units from which the variance of "share above it" is made (Woodruff
//! 1952: the interval of a quantile is that of the shares, turned round).

use super::Interval;
use super::moments::number;

/// Values from 1 to 10⁹, those outside counted at the ends.
const BUCKETS: usize = 2083;
const WIDTH: f64 = 0.01;

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Quantiles {
    units: u64,
    counts: Vec<f64>,
    /// What a unit's squared count above a threshold grows by at each bucket, summed over units.
    squares: Vec<f64>,
    /// The same of its count above × its rows.
    by_rows: Vec<f64>,
    rows: f64,
    squared_rows: f64,
}

impl Default for Quantiles {
    fn default() -> Quantiles {
        let zeros = vec![0.0; BUCKETS];
        Quantiles {
            units: 0,
            counts: zeros.clone(),
            squares: zeros.clone(),
            by_rows: zeros,
            rows: 0.0,
            squared_rows: 0.0,
        }
    }
}

/// Where a value is counted.
pub(super) fn bucket(value: f64) -> u16 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "below BUCKETS, and the cast saturates"
    )]
    let bucket = (value.max(1.0).ln() / WIDTH).min(number(BUCKETS as u64 - 1)) as u16;
    bucket
}

/// Where a bucket begins.
fn value(bucket: usize) -> f64 {
    (number(bucket as u64) * WIDTH).exp()
}

/// A threshold between buckets.
struct Above {
    share: f64,
    /// Σ over units: count above², count above × rows.
    squares: f64,
    by_rows: f64,
}

impl Quantiles {
    /// All buckets of a unit; their order is lost.
    pub(super) fn add(&mut self, unit: &mut [u16]) {
        unit.sort_unstable_by(|a, b| b.cmp(a));
        let rows = number(unit.len() as u64);
        // From above: at the r-th value the count goes from r − 1 to r, its square by 2r − 1.
        let mut odd = 1.0;
        for &bucket in unit.iter() {
            let bucket = usize::from(bucket).min(BUCKETS - 1);
            self.counts[bucket] += 1.0;
            self.squares[bucket] += odd;
            self.by_rows[bucket] += rows;
            odd += 2.0;
        }
        self.units += 1;
        self.rows += rows;
        self.squared_rows += rows * rows;
    }

    pub(super) fn rows(&self) -> u64 {
        super::moments::whole(self.rows)
    }

    pub(super) fn units(&self) -> u64 {
        self.units
    }

    /// The middle of the bucket where `share` of the values are reached.
    pub(super) fn quantile(&self, share: f64) -> Option<f64> {
        let (mut below, wanted) = (0.0, share * self.rows);
        for (bucket, count) in self.counts.iter().enumerate() {
            below += count;
            if wanted <= below && *count > 0.0 {
                return Some(f64::midpoint(value(bucket), value(bucket + 1)));
            }
        }
        None
    }

    /// Thresholds where the share above could be 1 − `share`: no more than √`allowed` standard errors from what was seen.
    /// `None` with fewer than ten values expected above, of which a normal approximation says nothing.
    pub(super) fn interval(&self, share: f64, allowed: f64) -> Option<Interval> {
        let above = 1.0 - share;
        if self.units < 2 || self.rows * above < 10.0 {
            return None;
        }
        let thresholds = self.thresholds();
        let design = self.design_effect(&thresholds, share);
        let possible = |at: &Above| {
            // Around the share in question, and never less than chance alone gives to it.
            let squares = at.squares - 2.0 * above * at.by_rows + above * above * self.squared_rows;
            let least = above * share * self.rows * design;
            (at.share - above).powi(2) * self.rows * self.rows <= allowed * squares.max(least)
        };
        // Shares above fall from 1 to 0: between the last that is too large and the first that is too small.
        let low = thresholds.iter().rposition(|at| above < at.share && !possible(at)).unwrap_or_default();
        let high = thresholds.iter().position(|at| at.share < above && !possible(at));
        Some(Interval { low: value(low), high: value(high.unwrap_or(BUCKETS)) })
    }

    /// For each bucket: what lies in it or above.
    fn thresholds(&self) -> Vec<Above> {
        let mut found = Vec::with_capacity(BUCKETS);
        let (mut count, mut squares, mut by_rows) = (0.0, 0.0, 0.0);
        for bucket in (0..BUCKETS).rev() {
            count += self.counts[bucket];
            squares += self.squares[bucket];
            by_rows += self.by_rows[bucket];
            found.push(Above { share: count / self.rows, squares, by_rows });
        }
        found.reverse();
        found
    }

    /// By how much clustering inflates the variance at the estimate, at least 1.
    fn design_effect(&self, thresholds: &[Above], share: f64) -> f64 {
        let above = 1.0 - share;
        let nearest = thresholds.iter().min_by(|a, b| (a.share - above).abs().total_cmp(&(b.share - above).abs()));
        let Some(at) = nearest.filter(|at| 0.0 < at.share && at.share < 1.0) else { return 1.0 };
        let squares = at.squares - 2.0 * at.share * at.by_rows + at.share * at.share * self.squared_rows;
        (squares / (at.share * (1.0 - at.share) * self.rows)).max(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::simulation::Chance;

    /// NumPy 2.4.6: quantile(exp(linspace(0, 10, 1001)), [0.5, 0.99]) = 148.41, 19930.37.
    #[test]
    fn quantiles_agree_with_numpy_within_a_bucket() {
        let mut quantiles = Quantiles::default();
        for i in 0..1001_u32 {
            quantiles.add(&mut [bucket((f64::from(i) / 100.0).exp())]);
        }
        for (share, expected) in [(0.5, 148.413), (0.99, 19930.37)] {
            let got = quantiles.quantile(share).unwrap();
            assert!((got / expected - 1.0).abs() < 0.011, "{got} is not about {expected}");
        }
    }

    /// Units of five values that share half of their spread: of 200 experiments the interval may miss in 10.
    #[test]
    fn the_interval_covers_the_quantile_of_clustered_values() {
        // Normal with variance 1: P(Z > 2.326348) = 0.01.
        let truth = (2.326_348_f64 + 5.0).exp();
        let mut missed = 0;
        for experiment in 0..200 {
            let mut chance = Chance::new(11, experiment);
            let mut quantiles = Quantiles::default();
            for _ in 0..600 {
                let shared = chance.normal();
                let mut value = || bucket((0.5_f64.sqrt() * (shared + chance.normal()) + 5.0).exp());
                quantiles.add(&mut [value(), value(), value(), value(), value()]);
            }
            let interval = quantiles.interval(0.99, 1.96 * 1.96).unwrap();
            missed += u32::from(truth < interval.low || interval.high < truth);
        }
        assert!(missed <= 18, "{missed}");
    }

    #[test]
    fn few_values_have_no_interval() {
        let mut quantiles = Quantiles::default();
        (0..500).for_each(|i| quantiles.add(&mut [i]));
        assert_eq!(quantiles.interval(0.99, 4.0), None);
        assert_eq!(Quantiles::default().quantile(0.5), None);
    }
}
