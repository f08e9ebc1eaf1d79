//! What a bookmaker would say before a game, and a closed-form probability of winning during it.

use super::rates::market;
use super::side::{Pair, Side};
use crate::data::simulate::chance::Chance;

/// A side's hidden strength in points a game above the average.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Strength {
    pub(super) attack: f64,
    pub(super) defence: f64,
}

/// The lines, with nflverse's signs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Lines {
    /// > 0: the home side is favoured by so much.
    pub(super) spread: f64,
    pub(super) total: f64,
}

/// How many points each side's attack should score above the average; `neutral`: nobody is at home.
pub(super) fn advantage(strength: Pair<Strength>, neutral: bool) -> Pair<f64> {
    let home = if neutral { 0.0 } else { market::HOME_FIELD / 2.0 };
    Pair {
        home: strength.home.attack - strength.away.defence + home,
        away: strength.away.attack - strength.home.defence - home,
    }
}

/// The market knows the advantage but for some noise; lines come in half points.
pub(super) fn lines(advantage: Pair<f64>, chance: &mut Chance) -> Lines {
    let spread = chance.normal(advantage.home - advantage.away, market::SPREAD_NOISE);
    let both = market::TOTAL_SHARE * (advantage.home + advantage.away);
    let total = chance.normal(market::TOTAL + both, market::TOTAL_NOISE);
    Lines { spread: half_points(spread), total: half_points(total).clamp(32.0, 60.0) }
}

fn half_points(x: f64) -> f64 {
    // Adding 0.0 turns a negative zero into zero.
    (x * 2.0).round() / 2.0 + 0.0
}

/// The probability that `side` wins: the Brownian motion of Stern (1994), with the value of the ball where it lies.
/// `seconds` are left, `lead` and `yardline` are those of the side with the ball, `spread` is its own. A stand-in for
/// nflfastR's fitted models, so that a simulated history has the columns that are compared with.
pub(super) fn win_probability(lead: i64, spread: f64, seconds: u32, yardline: i64) -> f64 {
    let left = f64::from(seconds) / 3600.0;
    #[expect(clippy::cast_precision_loss, reason = "points and yards")]
    let (lead, ball) = (lead as f64, 0.06 * (100 - yardline) as f64 - 0.8);
    let deviation = (market::RESULT_DEVIATION * market::RESULT_DEVIATION * left + 1.0).sqrt();
    let z = (lead + ball * left.min(0.1) * 10.0 + spread * left) / deviation;
    0.5 * (1.0 + libm::erf(z / std::f64::consts::SQRT_2))
}

impl Lines {
    /// The spread as `side` sees it.
    pub(super) fn spread_of(self, side: Side) -> f64 {
        match side {
            Side::Home => self.spread,
            Side::Away => -self.spread,
        }
    }
}
