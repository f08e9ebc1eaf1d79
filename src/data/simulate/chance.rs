//! Random draws, the same on every platform for the same seed.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// One game's (or one season's) own sequence of draws.
#[derive(Debug, Clone)]
pub(super) struct Chance(ChaCha8Rng);

impl Chance {
    /// Different `stream`s of one seed are independent: a game is the same whatever else is simulated.
    pub(super) fn new(seed: u64, stream: u64) -> Chance {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(stream);
        Chance(rng)
    }

    /// From 0 to below 1.
    pub(super) fn unit(&mut self) -> f64 {
        self.0.random()
    }

    pub(super) fn happens(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    pub(super) fn whole(&mut self, range: std::ops::RangeInclusive<i64>) -> i64 {
        self.0.random_range(range)
    }

    /// How often what happens `mean` times on average happens (Poisson; Knuth's product of uniform draws).
    pub(super) fn times(&mut self, mean: f64) -> i64 {
        let limit = libm::exp(-mean);
        let (mut product, mut times) = (self.unit(), 0);
        while product > limit {
            product *= self.unit();
            times += 1;
        }
        times
    }

    pub(super) fn seconds(&mut self, range: std::ops::RangeInclusive<u32>) -> u32 {
        self.0.random_range(range)
    }

    /// Whole part of a shifted Weibull: (shift, scale, shape). Skewed as yards are: mostly short, now and then long.
    pub(super) fn skewed(&mut self, (shift, scale, shape): (f64, f64, f64)) -> i64 {
        let tail = -libm::log(1.0 - self.unit());
        #[expect(clippy::cast_possible_truncation, reason = "yards: a hundred or so at most")]
        let yards = (shift + scale * libm::pow(tail, 1.0 / shape)).floor() as i64;
        yards
    }

    /// Normal, by the sum of twelve uniform draws: tails beyond six deviations matter to no game.
    pub(super) fn normal(&mut self, mean: f64, deviation: f64) -> f64 {
        let sum: f64 = (0..12).map(|_| self.unit()).sum();
        mean + deviation * (sum - 6.0)
    }

    /// An index, by weight.
    pub(super) fn weighted(&mut self, weights: impl Iterator<Item = u32> + Clone) -> usize {
        let mut left = self.0.random_range(0..weights.clone().sum::<u32>().max(1));
        for (index, weight) in weights.enumerate() {
            if left < weight {
                return index;
            }
            left -= weight;
        }
        0
    }
}
