//! The interval and the test of a sample whose size was fixed beforehand: narrower than those that hold at all times, and
//! wrong far more often than they say if one looks repeatedly.

use statrs::distribution::{ContinuousCDF, StudentsT};

use super::{Contrast, Interval};

/// Welch's.
pub(super) fn interval(contrast: &Contrast, alpha: f64) -> Option<Interval> {
    let t = student(contrast)?.inverse_cdf(1.0 - alpha / 2.0);
    let half = t * contrast.standard_error();
    Some(Interval { low: contrast.difference - half, high: contrast.difference + half })
}

/// Two-sided.
pub(super) fn p_value(contrast: &Contrast) -> Option<f64> {
    let error = contrast.standard_error();
    if error <= 0.0 {
        return None;
    }
    Some(2.0 * student(contrast)?.sf((contrast.difference / error).abs()))
}

fn student(contrast: &Contrast) -> Option<StudentsT> {
    StudentsT::new(0.0, 1.0, contrast.degrees_of_freedom).ok()
}
