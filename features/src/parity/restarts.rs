//! Where in a log the stream host is restarted.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// Seeded places in a log, all different: before each of these rows everything is read back from what was stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Restarts(Vec<usize>);

impl Restarts {
    /// At most as many as there are rows.
    pub(super) fn choose(rows: usize, count: usize, seed: u64) -> Restarts {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut places = rand::seq::index::sample(&mut random, rows, count.min(rows)).into_vec();
        places.sort_unstable();
        Restarts(places)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there was a restart after one row and up to the beginning of another.
    pub(super) fn between(&self, earlier: usize, row: usize) -> bool {
        let next = self.0.partition_point(|place| *place <= earlier);
        self.0.get(next).is_some_and(|place| *place <= row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_restart_lies_after_the_earlier_row_and_not_after_the_later() {
        let restarts = Restarts(vec![3, 7]);
        let between = |earlier, row| restarts.between(earlier, row);
        assert!(between(2, 3) && between(0, 5) && between(3, 9));
        assert!(!between(3, 6) && !between(7, 100) && !between(0, 2));
    }

    #[test]
    fn places_follow_from_the_seed_and_are_no_more_than_the_rows() {
        assert_eq!(Restarts::choose(1000, 50, 7), Restarts::choose(1000, 50, 7));
        assert_ne!(Restarts::choose(1000, 50, 7), Restarts::choose(1000, 50, 8));
        assert_eq!(Restarts::choose(3, 50, 7), Restarts(vec![0, 1, 2]));
    }
}
