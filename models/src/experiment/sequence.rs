//! Intervals that hold at every moment at once, so that one may look as often as one likes and stop when one likes.
//!
//! The boundary is Robbins' normal mixture in the asymptotic form of Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas 2024
//! ("Time-uniform central limit theory and asymptotic confidence sequences", theorem 2.2; one-sided, appendix B.1): with x
//! as the units seen over those it is tuned to, |difference| / standard error stays below
//! √((x + 1) / x · (2 ln(1/α) + ln(x + 1))) at all times, but for a share α of experiments.
//!
//! The variance is not the one seen so far but, for each difference in question, what it would be around that difference.
//! Given what units are like, assignment is a coin with known sides, so the difference is a martingale under "no
//! difference", and Delyon 2009 ("Exponential inequalities for sums of weighted variables", theorem 2.2) shows that any
//! such sum obeys the boundary, from the first unit on and whatever the distribution, if its variance is taken as a third
//! of the squares seen in each arm and two thirds of what the coin would have made of the squares of both: rare or skewed
//! outcomes, or a small arm, cannot mislead an early look. Where the arms' own squares come to more, they count alone: arms
//! may differ in spread. With many units all of these are the same. The price is that there is no interval before about
//! two dozen units.

use super::{Contrast, Interval};

/// For which number of units intervals are to be tightest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tuning {
    pub units: f64,
}

impl Tuning {
    /// Units seen, on the mixture's scale. The mixture is the one that is tightest at `units`, to the approximation of
    /// Howard et al. 2021, section 3.5.
    fn scale(self, seen: u64, alpha: f64) -> f64 {
        let evidence = -2.0 * alpha.ln();
        super::moments::number(seen) * (evidence + (evidence + 1.0).ln()) / self.units.max(1.0)
    }

    /// The square of how many standard errors are allowed.
    pub(super) fn allowed(self, seen: u64, alpha: f64, sides: Sides) -> f64 {
        let x = self.scale(seen, alpha);
        match sides {
            Sides::Two => (x + 1.0) / x * ((x + 1.0).ln() - 2.0 * alpha.ln()),
            Sides::One => (x + 1.0) / x * 2.0 * ((x + 1.0).sqrt() / (2.0 * alpha)).ln_1p(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sides {
    One,
    Two,
}

/// Of the true difference, at all times; `None` where nothing is excluded yet.
pub(super) fn interval(contrast: &Contrast, alpha: f64, tuning: Tuning) -> Option<Interval> {
    within(contrast, tuning.allowed(contrast.units, alpha, Sides::Two))
}

/// At all times the true difference is above the first and, as likely, below the second; each for itself.
pub(super) fn bounds(contrast: &Contrast, alpha: f64, tuning: Tuning) -> Option<Interval> {
    within(contrast, tuning.allowed(contrast.units, alpha, Sides::One))
}

/// All δ with (difference − δ)² ≤ allowed · variance at δ.
fn within(contrast: &Contrast, allowed: f64) -> Option<Interval> {
    let mut widest = Interval { low: contrast.difference, high: contrast.difference };
    for spread in contrast.spreads {
        let leading = 1.0 - allowed * spread.curvature;
        if leading.is_nan() || leading <= 0.0 {
            return None;
        }
        let middle = allowed * spread.slope / (2.0 * leading);
        let radius = (middle * middle + allowed * spread.constant.max(0.0) / leading).sqrt();
        widest.low = widest.low.min(contrast.difference - middle - radius);
        widest.high = widest.high.max(contrast.difference - middle + radius);
    }
    (widest.low.is_finite() && widest.high.is_finite()).then_some(widest)
}

/// Of "there is no difference", at all times: the smallest α whose interval excludes 0, with the mixture of `alpha`.
pub(super) fn p_value(contrast: &Contrast, alpha: f64, tuning: Tuning) -> f64 {
    let x = tuning.scale(contrast.units, alpha);
    if contrast.difference == 0.0 || x <= 0.0 {
        return 1.0;
    }
    let evidence = contrast.difference.powi(2) / contrast.variance_at(contrast.difference);
    ((x + 1.0).sqrt() * (-evidence * x / (2.0 * (x + 1.0))).exp()).min(1.0)
}
