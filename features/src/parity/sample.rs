//! What the oracle looks at: everything while that is cheap enough, else a seeded sample. It computes each frame anew, so
//! its cost grows with the square of a key's events.

use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// For each key the rows (by their number in the key's log) that the oracle computes; `None`: it leaves the key alone.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sample {
    seed: u64,
    shares: Vec<Option<f64>>,
}

/// What the oracle's work costs, in visits of a row by a window call.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cost {
    /// Of an event, whatever its frames.
    pub(super) event: f64,
    /// Window calls of the view.
    pub(super) calls: usize,
    /// How often the rows before an event are gone through: for its own row, and for each request about it.
    pub(super) answers: f64,
}

impl Sample {
    /// `lengths`: the number of events of each key; `budget`: what may be spent. Keys are taken in a seeded order until
    /// it is spent; of a key that would take more than a quarter of it only some rows are computed.
    #[expect(clippy::cast_precision_loss, reason = "an estimate of costs")]
    pub(super) fn choose(lengths: &[usize], cost: Cost, budget: f64, seed: u64) -> Sample {
        let linear = |n: usize| n as f64 * cost.event;
        let square = |n: usize| n as f64 * n as f64 / 2.0 * cost.calls as f64 * cost.answers;
        let whole: f64 = lengths.iter().map(|&n| linear(n) + square(n)).sum();
        if whole <= budget {
            return Sample { seed, shares: vec![Some(1.0); lengths.len()] };
        }
        let mut order: Vec<usize> = (0..lengths.len()).collect();
        order.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
        let mut shares = vec![None; lengths.len()];
        let mut left = budget;
        for key in order {
            let (linear, square) = (linear(lengths[key]), square(lengths[key]));
            let share = if square > 0.0 { ((budget / 4.0).min(left - linear) / square).min(1.0) } else { 1.0 };
            if share <= 0.0 || linear > left {
                continue;
            }
            shares[key] = Some(share);
            left -= linear + share * square;
        }
        Sample { seed, shares }
    }

    /// Whether the oracle computes each row of a key; `None` if none.
    pub(super) fn rows(&self, key: usize, events: usize) -> Option<Vec<bool>> {
        let share = self.shares.get(key).copied().flatten()?;
        let mut random = ChaCha8Rng::seed_from_u64(self.seed ^ key as u64);
        Some((0..events).map(|_| share >= 1.0 || random.random_bool(share)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COST: Cost = Cost { event: 10.0, calls: 2, answers: 1.0 };

    fn spent(sample: &Sample, lengths: &[usize]) -> usize {
        let rows =
            |(key, &n): (usize, &usize)| sample.rows(key, n).map_or(0, |rows| rows.into_iter().filter(|r| *r).count());
        lengths.iter().enumerate().map(rows).sum()
    }

    #[test]
    fn everything_is_computed_while_it_is_cheap() {
        let lengths = [100, 0, 3];
        assert_eq!(spent(&Sample::choose(&lengths, COST, 1e6, 1), &lengths), 103);
    }

    #[test]
    fn beyond_the_budget_some_keys_are_computed_whole() {
        let lengths = [100; 1000];
        let rows = spent(&Sample::choose(&lengths, COST, 1e6, 1), &lengths);
        assert!((8_000..10_000).contains(&rows), "{rows}");
    }

    #[test]
    fn requests_take_their_part_of_the_budget() {
        let lengths = [100; 1000];
        let rows = spent(&Sample::choose(&lengths, Cost { answers: 3.0, ..COST }, 1e6, 1), &lengths);
        assert!((2_700..3_500).contains(&rows), "{rows}");
    }

    #[test]
    fn of_one_great_key_some_rows_are_computed() {
        let lengths = [100_000];
        let rows = spent(&Sample::choose(&lengths, COST, 1e8, 1), &lengths);
        assert!((100..1_000).contains(&rows), "{rows}");
    }
}
