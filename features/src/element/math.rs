//! Rounding and elementary functions. `ln`, `exp` and `power` come from the `libm` crate, not from the platform's C
//! library, so that a model trained on one machine sees the same bits on another.

use super::typed::Overflow;

/// Powers of ten that a double holds exactly.
const TENS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
];

pub(super) fn abs_int(x: i64) -> Result<i64, Overflow> {
    x.checked_abs().ok_or(Overflow)
}

pub(super) fn abs_float(x: f64) -> f64 {
    x.abs()
}

pub(super) fn ceil(x: f64) -> f64 {
    x.ceil()
}

pub(super) fn floor(x: f64) -> f64 {
    x.floor()
}

/// Half away from zero.
pub(super) fn round(x: f64) -> f64 {
    x.round()
}

/// Scales, rounds half away from zero, scales back. Beyond the digits that a double has, `x` itself; where the power
/// of ten is no exact double (22 places either way), `x` or zero.
pub(super) fn round_digits(x: f64, digits: i64) -> f64 {
    let Some(&scale) = usize::try_from(digits.unsigned_abs()).ok().and_then(|n| TENS.get(n)) else {
        return if digits > 0 { x } else { 0.0 };
    };
    if digits < 0 {
        return (x / scale).round() * scale;
    }
    let scaled = x * scale;
    // From 2^52 on a double has no fraction left to round.
    if scaled.abs() < 4_503_599_627_370_496.0 { scaled.round() / scale } else { x }
}

pub(super) fn sqrt(x: f64) -> f64 {
    x.sqrt()
}

pub(super) fn ln(x: f64) -> f64 {
    libm::log(x)
}

pub(super) fn exp(x: f64) -> f64 {
    libm::exp(x)
}

pub(super) fn power(x: f64, y: f64) -> f64 {
    libm::pow(x, y)
}

/// To the nearest integer, half away from zero.
pub(super) fn to_int(x: f64) -> Result<i64, Overflow> {
    let rounded = x.round();
    // The bounds are exact doubles; i64::MAX itself is not one.
    if (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&rounded) {
        #[expect(clippy::cast_possible_truncation, reason = "in range, as checked")]
        Ok(rounded as i64)
    } else {
        Err(Overflow)
    }
}
