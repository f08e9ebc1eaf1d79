//! What can be found with what there is, and how long it takes to find what is sought.

use super::Contrast;
use super::normal;
use super::sequence::{Sides, Tuning};

/// What the experiment can tell at its present size, and when it will be able to tell more.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Reach {
    /// The difference that a test at the present size finds with the declared power.
    pub fixed_sample: f64,
    /// The same for the interval that holds at all times.
    pub always_valid: f64,
    /// The difference that is sought.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sought: Option<f64>,
    /// How many more units, of both arms, the interval that holds at all times needs to find that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub units_left: Option<u64>,
    /// The same in time, if units keep coming as they did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds_left: Option<f64>,
}

impl Reach {
    /// `elapsed`: how long it took to see the units so far, in seconds.
    pub fn new(
        contrast: &Contrast,
        alpha: f64,
        power: f64,
        tuning: Tuning,
        sought: Option<f64>,
        elapsed: Option<f64>,
    ) -> Reach {
        let needed = |units: u64| tuning.allowed(units, alpha, Sides::Two).sqrt() + normal::quantile(power);
        let always_valid = needed(contrast.units) * contrast.standard_error();
        let units_left = sought.and_then(|sought| units_left(contrast, sought, needed));
        let rate =
            elapsed.filter(|seconds| *seconds > 0.0).map(|seconds| super::moments::number(contrast.units) / seconds);
        Reach {
            fixed_sample: (normal::quantile(1.0 - alpha / 2.0) + normal::quantile(power)) * contrast.standard_error(),
            always_valid,
            sought,
            units_left,
            seconds_left: units_left.zip(rate).map(|(units, rate)| super::moments::number(units) / rate),
        }
    }
}

/// The standard error falls with the root of the number of units.
fn units_left(contrast: &Contrast, sought: f64, needed: impl Fn(u64) -> f64) -> Option<u64> {
    const SOONER_OR_LATER: u64 = 1 << 50;
    if sought.is_nan() || sought <= 0.0 || contrast.units == 0 {
        return None;
    }
    let spread = contrast.standard_error() * super::moments::number(contrast.units).sqrt();
    let enough = |units: u64| needed(units) * spread / super::moments::number(units).sqrt() <= sought;
    if enough(contrast.units) {
        return Some(0);
    }
    let (mut low, mut high) = (contrast.units, contrast.units.saturating_mul(2));
    while !enough(high) {
        if SOONER_OR_LATER < high {
            return None;
        }
        (low, high) = (high, high * 2);
    }
    while low + 1 < high {
        let middle = low.midpoint(high);
        if enough(middle) { high = middle } else { low = middle }
    }
    Some(high - contrast.units)
}

/// The power of the two-sided fixed-sample test where the true difference is so large.
pub fn of_fixed_test(difference: f64, standard_error: f64, alpha: f64) -> f64 {
    let z = normal::quantile(1.0 - alpha / 2.0);
    let shift = difference.abs() / standard_error;
    normal::below(shift - z) + normal::below(-shift - z)
}
