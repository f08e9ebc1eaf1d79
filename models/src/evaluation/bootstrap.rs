//! Percentile intervals by group bootstrap: as many groups as there are, drawn with replacement, again and again
//! (Efron 1979; drawing whole clusters, Davison and Hinkley 1997, section 3.8).

use std::num::NonZeroUsize;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use super::Interval;

/// How intervals are made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Resampling {
    pub resamples: usize,
    /// Share of resamples inside the interval.
    pub level: f64,
    pub seed: u64,
}

impl Resampling {
    /// 1,000 resamples, 95 %.
    pub fn new(seed: u64) -> Resampling {
        Resampling { resamples: 1000, level: 0.95, seed }
    }
}

/// So many resamples are looked at together: each row and each group then costs one pass of vector instructions.
pub(super) const LANES: usize = 8;

/// One number for each of [`LANES`] resamples.
pub(super) type Lanes = [f64; LANES];

/// Something that can be told of resamples.
pub(super) trait Statistic: Sync {
    /// Of resamples that hold each group so many times; NaN where undefined.
    fn values(&self, counts: &[Lanes]) -> Lanes;

    /// Of the rows as they are, all in one group.
    fn plain(&self) -> Option<f64> {
        Some(self.values(&[[1.0; LANES]])[0]).filter(|x| !x.is_nan())
    }
}

/// An interval for each statistic, all of the same resamples. `None` with fewer than two groups, of which nothing can be
/// learned about others, and for a statistic that is undefined in more than one resample of twenty.
///
/// Costs resamples × (groups + what the statistics look at); spread over the processor's cores. Each resample has its own
/// random stream, so the result does not depend on the number of cores.
pub(super) fn intervals(
    groups: usize,
    resampling: &Resampling,
    statistics: &[Box<dyn Statistic>],
) -> Vec<Option<Interval>> {
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    intervals_on(cores, groups, resampling, statistics)
}

fn intervals_on(
    cores: usize,
    groups: usize,
    resampling: &Resampling,
    statistics: &[Box<dyn Statistic>],
) -> Vec<Option<Interval>> {
    if groups < 2 || resampling.resamples == 0 || statistics.is_empty() {
        return vec![None; statistics.len()];
    }
    // For each batch of resamples, one entry a statistic.
    let batches = resampling.resamples.div_ceil(LANES);
    let mut values = vec![[f64::NAN; LANES]; batches * statistics.len()];
    let batches_a_core = batches.div_ceil(cores);
    std::thread::scope(|scope| {
        for (core, part) in values.chunks_mut(batches_a_core * statistics.len()).enumerate() {
            scope.spawn(move || {
                let mut counts = vec![[0.0; LANES]; groups];
                for (i, batch) in part.chunks_mut(statistics.len()).enumerate() {
                    draw(resampling.seed, (core * batches_a_core + i) * LANES, &mut counts);
                    for (place, statistic) in batch.iter_mut().zip(statistics) {
                        *place = statistic.values(&counts);
                    }
                }
            });
        }
    });
    let of = |statistic: usize| {
        let lanes = values.iter().skip(statistic).step_by(statistics.len()).flatten();
        lanes.copied().take(resampling.resamples).filter(|x| !x.is_nan()).collect::<Vec<f64>>()
    };
    (0..statistics.len()).map(|statistic| percentile_interval(of(statistic), resampling)).collect()
}

/// Counts how often each group is drawn in each of the resamples from number `first` on.
fn draw(seed: u64, first: usize, counts: &mut [Lanes]) {
    counts.fill([0.0; LANES]);
    let groups = counts.len() as u64;
    for lane in 0..LANES {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        random.set_stream((first + lane) as u64);
        for _ in 0..counts.len() {
            // The high half of a 32 × 32 bit product: uniform to one part in 2³² / groups, and pinned by us, not by the
            // version of a library.
            let group = (u64::from(random.next_u32()) * groups) >> 32;
            counts[group as usize][lane] += 1.0;
        }
    }
}

fn percentile_interval(mut defined: Vec<f64>, resampling: &Resampling) -> Option<Interval> {
    if defined.len() * 20 < resampling.resamples * 19 {
        return None;
    }
    defined.sort_unstable_by(f64::total_cmp);
    let tail = (1.0 - resampling.level) / 2.0;
    Some(Interval { low: percentile(&defined, tail)?, high: percentile(&defined, 1.0 - tail)? })
}

/// Between the two nearest of the sorted values, linearly (NumPy's default).
fn percentile(sorted: &[f64], share: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let place = share.clamp(0.0, 1.0) * super::sample::count(last);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and the last place")]
    let below = (place.floor() as usize).min(last);
    let (low, high) = (sorted[below], sorted[(below + 1).min(last)]);
    Some(low + (high - low) * place.fract())
}

#[cfg(test)]
mod tests;
