//! What a Bayesian says: a normal prior of the difference around none, a normal likelihood from the estimate and its
//! standard error, and from the posterior how likely the challenger is the better and what choosing wrongly would cost.

use super::Contrast;
use super::normal;

/// About the true difference, in the direction that is better.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Belief {
    /// Standard deviation of the prior of the difference; its mean is 0.
    pub prior_sd: f64,
    pub posterior_mean: f64,
    pub posterior_sd: f64,
    /// That the challenger is better than the champion.
    pub probability_better: f64,
    /// What is lost on average, in units of the metric, if the challenger is chosen: the posterior mean of max(0, harm).
    pub expected_loss_of_challenger: f64,
    /// The same if the champion is kept.
    pub expected_loss_of_champion: f64,
}

impl Belief {
    pub fn new(contrast: &Contrast, prior_sd: f64, higher_is_better: bool) -> Option<Belief> {
        let (prior, seen) = (prior_sd * prior_sd, contrast.variance);
        if prior.is_nan() || prior <= 0.0 || seen <= 0.0 {
            return None;
        }
        let variance = prior * seen / (prior + seen);
        let mean = contrast.difference * prior / (prior + seen);
        let sd = variance.sqrt();
        let gain = if higher_is_better { mean } else { -mean };
        // The mean of max(0, X) of a normal X: m Φ(m/s) + s φ(m/s).
        let positive_part = |m: f64| m * normal::below(m / sd) + sd * normal::density(m / sd);
        Some(Belief {
            prior_sd,
            posterior_mean: mean,
            posterior_sd: sd,
            probability_better: normal::below(gain / sd),
            expected_loss_of_challenger: positive_part(-gain).max(0.0),
            expected_loss_of_champion: positive_part(gain).max(0.0),
        })
    }
}
