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

/// Something that can be told of a resample.
pub(super) trait Statistic: Sync {
    /// Of a resample that holds each group so many times; `None` where undefined.
    fn value(&self, counts: &[u32]) -> Option<f64>;
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
    if groups < 2 || resampling.resamples == 0 {
        return vec![None; statistics.len()];
    }
    // One row per resample.
    let mut values = vec![None; resampling.resamples * statistics.len()];
    let per_resample = statistics.len().max(1);
    let per_core = resampling.resamples.div_ceil(cores) * per_resample;
    std::thread::scope(|scope| {
        for (core, part) in values.chunks_mut(per_core).enumerate() {
            let first = core * (per_core / per_resample);
            scope.spawn(move || {
                let mut counts = vec![0; groups];
                for (i, row) in part.chunks_mut(per_resample).enumerate() {
                    draw(resampling.seed, first + i, &mut counts);
                    for (place, statistic) in row.iter_mut().zip(statistics) {
                        *place = statistic.value(&counts);
                    }
                }
            });
        }
    });
    let column = |i: usize| values.iter().skip(i).step_by(per_resample).copied();
    (0..statistics.len()).map(|i| percentile_interval(column(i), resampling)).collect()
}

/// Counts how often each group is drawn in resample number `resample`.
fn draw(seed: u64, resample: usize, counts: &mut [u32]) {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(resample as u64);
    counts.fill(0);
    let groups = counts.len() as u64;
    for _ in 0..counts.len() {
        // The high half of a 32 × 32 bit product: uniform to one part in 2³² / groups, and pinned by us, not by the
        // version of a library.
        let group = (u64::from(random.next_u32()) * groups) >> 32;
        counts[group as usize] += 1;
    }
}

fn percentile_interval(values: impl Iterator<Item = Option<f64>>, resampling: &Resampling) -> Option<Interval> {
    let mut defined: Vec<f64> = values.flatten().collect();
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
