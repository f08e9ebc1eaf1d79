//! When each event is to be sent.

use std::str::FromStr;
use std::time::Duration;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// `--rate`
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Rate {
    /// As fast as they are predicted.
    Max,
    PerSecond(f64),
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("write a number of events a second such as 5000/s, or max")]
pub(crate) struct NoRate;

impl FromStr for Rate {
    type Err = NoRate;

    fn from_str(text: &str) -> Result<Rate, NoRate> {
        if text == "max" {
            return Ok(Rate::Max);
        }
        let number: f64 = text.strip_suffix("/s").unwrap_or(text).parse().map_err(|_| NoRate)?;
        if (1e-3..=1e7).contains(&number) { Ok(Rate::PerSecond(number)) } else { Err(NoRate) }
    }
}

/// `--arrivals`
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Spacing {
    /// Evenly spaced.
    Steady,
    /// At random times, independent of each other.
    Poisson,
}

/// Times of events after the start, without end, never going back.
#[derive(Debug)]
pub(super) struct Arrivals {
    rate: Rate,
    spacing: Spacing,
    rng: ChaCha8Rng,
    sent: u64,
    /// Seconds.
    last: f64,
}

impl Arrivals {
    pub(super) fn new(rate: Rate, spacing: Spacing, seed: u64) -> Arrivals {
        Arrivals { rate, spacing, rng: ChaCha8Rng::seed_from_u64(seed), sent: 0, last: 0.0 }
    }

    pub(super) fn is_max(&self) -> bool {
        self.rate == Rate::Max
    }

    /// How many events a time holds on average; `None` at full speed.
    pub(super) fn within(&self, time: Duration) -> Option<u64> {
        match self.rate {
            Rate::Max => None,
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "rates and times are positive and bounded"
            )]
            Rate::PerSecond(rate) => Some((rate * time.as_secs_f64()).round().max(1.0) as u64),
        }
    }

    /// When the next event is to be sent; `None`: as soon as it can be.
    pub(super) fn next(&mut self) -> Option<Duration> {
        let Rate::PerSecond(rate) = self.rate else { return None };
        self.last = match self.spacing {
            Spacing::Steady => self.sent as f64 / rate,
            // The gaps of a Poisson process are exponential.
            Spacing::Poisson => self.last - (1.0 - self.rng.random::<f64>()).ln() / rate,
        };
        self.sent += 1;
        Some(Duration::from_secs_f64(self.last))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(spacing: Spacing, count: usize) -> Vec<f64> {
        let mut arrivals = Arrivals::new(Rate::PerSecond(1000.0), spacing, 7);
        (0..count).map(|_| arrivals.next().expect("a time").as_secs_f64()).collect()
    }

    #[test]
    fn steady_events_are_evenly_spaced() {
        assert_eq!(times(Spacing::Steady, 4), [0.0, 0.001, 0.002, 0.003]);
    }

    #[test]
    fn random_events_have_exponential_gaps_of_the_mean_that_the_rate_says() {
        let times = times(Spacing::Poisson, 100_001);
        let gaps: Vec<f64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert!(gaps.iter().all(|gap| *gap >= 0.0));
        let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
        let variance = gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / gaps.len() as f64;
        // Of an exponential distribution mean and deviation are equal; four standard errors of the mean.
        assert!((mean - 1e-3).abs() < 4.0 * 1e-3 / (gaps.len() as f64).sqrt(), "{mean}");
        assert!((variance.sqrt() / mean - 1.0).abs() < 0.02, "{variance}");
    }

    #[test]
    fn what_is_no_rate_is_refused() {
        for text in ["", "fast", "0/s", "-1/s", "2/m", "NaN", "inf"] {
            assert_eq!(text.parse::<Rate>(), Err(NoRate), "{text}");
        }
        assert_eq!("5000/s".parse(), Ok(Rate::PerSecond(5000.0)));
        assert_eq!("max".parse(), Ok(Rate::Max));
    }
}
