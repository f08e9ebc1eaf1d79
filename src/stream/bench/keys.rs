//! Which key each event is of.

use std::str::FromStr;

use rand::Rng;

/// `--keys`: so many at a time.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Distribution {
    /// Each is hit alike.
    Uniform(usize),
    /// The key of rank k is hit in proportion to 1 / k^exponent.
    Zipf { exponent: f64, keys: usize },
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("write a number of keys such as 100000, or zipf:EXPONENT:N such as zipf:1.1:10000")]
pub(crate) struct NoKeys;

const MOST: usize = 10_000_000;

impl FromStr for Distribution {
    type Err = NoKeys;

    fn from_str(text: &str) -> Result<Distribution, NoKeys> {
        let keys = |text: &str| text.parse().ok().filter(|keys| (1..=MOST).contains(keys)).ok_or(NoKeys);
        let Some(zipf) = text.strip_prefix("zipf:") else { return Ok(Distribution::Uniform(keys(text)?)) };
        let (exponent, count) = zipf.split_once(':').ok_or(NoKeys)?;
        let exponent: f64 = exponent.parse().map_err(|_| NoKeys)?;
        if !(0.01..=10.0).contains(&exponent) {
            return Err(NoKeys);
        }
        Ok(Distribution::Zipf { exponent, keys: keys(count)? })
    }
}

/// Draws keys by number, from 0.
#[derive(Debug)]
pub(super) enum Draw {
    Uniform(usize),
    /// Sums of the shares up to each key.
    Table(Vec<f64>),
}

impl Draw {
    pub(super) fn new(distribution: &Distribution) -> Draw {
        match *distribution {
            Distribution::Uniform(keys) => Draw::Uniform(keys),
            Distribution::Zipf { exponent, keys } => {
                let mut sum = 0.0;
                let share = |rank: usize| (rank as f64).powf(-exponent);
                Draw::Table(
                    (1..=keys)
                        .map(|rank| {
                            sum += share(rank);
                            sum
                        })
                        .collect(),
                )
            }
        }
    }

    pub(super) fn keys(&self) -> usize {
        match self {
            Draw::Uniform(keys) => *keys,
            Draw::Table(sums) => sums.len(),
        }
    }

    pub(super) fn next(&self, rng: &mut impl Rng) -> usize {
        match self {
            Draw::Uniform(keys) => rng.random_range(0..*keys),
            Draw::Table(sums) => {
                let at = rng.random::<f64>() * sums.last().copied().unwrap_or_default();
                sums.partition_point(|sum| *sum <= at).min(sums.len() - 1)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::*;

    #[test]
    fn a_distribution_is_a_number_or_a_zipf() {
        assert_eq!("100000".parse(), Ok(Distribution::Uniform(100_000)));
        assert_eq!("zipf:1.1:10".parse(), Ok(Distribution::Zipf { exponent: 1.1, keys: 10 }));
        for text in ["", "0", "-1", "zipf", "zipf:1", "zipf:0:5", "zipf:1:0", "zipf:NaN:4", "1e3"] {
            assert_eq!(text.parse::<Distribution>(), Err(NoKeys), "{text}");
        }
    }

    #[test]
    fn keys_are_hit_as_often_as_their_shares_say() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let draw = Draw::new(&Distribution::Zipf { exponent: 1.0, keys: 3 });
        let mut hits = [0_u32; 3];
        for _ in 0..60_000 {
            hits[draw.next(&mut rng)] += 1;
        }
        // Shares 6/11, 3/11, 2/11; four standard errors are below 500 hits.
        for (hits, share) in hits.into_iter().zip([6.0, 3.0, 2.0]) {
            assert!((f64::from(hits) - 60_000.0 * share / 11.0).abs() < 500.0, "{hits}");
        }
    }
}
