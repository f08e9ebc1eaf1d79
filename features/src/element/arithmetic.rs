//! Arithmetic of numbers and intervals. A float result that is not finite becomes NULL where the function is applied.

use super::math::to_int;
use super::typed::{Interval, Overflow, Timestamp};

pub(super) fn add_int(a: i64, b: i64) -> Result<i64, Overflow> {
    a.checked_add(b).ok_or(Overflow)
}

pub(super) fn sub_int(a: i64, b: i64) -> Result<i64, Overflow> {
    a.checked_sub(b).ok_or(Overflow)
}

pub(super) fn mul_int(a: i64, b: i64) -> Result<i64, Overflow> {
    a.checked_mul(b).ok_or(Overflow)
}

pub(super) fn rem_int(a: i64, b: i64) -> Option<i64> {
    // The one quotient that does not fit (i64::MIN / -1) leaves no remainder.
    (b != 0).then(|| a.wrapping_rem(b))
}

pub(super) fn neg_int(a: i64) -> Result<i64, Overflow> {
    a.checked_neg().ok_or(Overflow)
}

pub(super) fn add_float(a: f64, b: f64) -> f64 {
    a + b
}

pub(super) fn sub_float(a: f64, b: f64) -> f64 {
    a - b
}

pub(super) fn mul_float(a: f64, b: f64) -> f64 {
    a * b
}

/// x/0 is infinite and 0/0 is NaN: both NULL.
pub(super) fn div_float(a: f64, b: f64) -> f64 {
    a / b
}

/// x%0 is NaN: NULL.
pub(super) fn rem_float(a: f64, b: f64) -> f64 {
    a % b
}

pub(super) fn neg_float(a: f64) -> f64 {
    -a
}

pub(super) fn add_timestamp_interval(a: Timestamp, b: Interval) -> Result<Timestamp, Overflow> {
    add_int(a.0, b.0).map(Timestamp)
}

pub(super) fn add_interval_timestamp(a: Interval, b: Timestamp) -> Result<Timestamp, Overflow> {
    add_int(a.0, b.0).map(Timestamp)
}

pub(super) fn sub_timestamp_interval(a: Timestamp, b: Interval) -> Result<Timestamp, Overflow> {
    sub_int(a.0, b.0).map(Timestamp)
}

pub(super) fn sub_timestamps(a: Timestamp, b: Timestamp) -> Result<Interval, Overflow> {
    sub_int(a.0, b.0).map(Interval)
}

pub(super) fn add_interval(a: Interval, b: Interval) -> Result<Interval, Overflow> {
    add_int(a.0, b.0).map(Interval)
}

pub(super) fn sub_interval(a: Interval, b: Interval) -> Result<Interval, Overflow> {
    sub_int(a.0, b.0).map(Interval)
}

pub(super) fn neg_interval(a: Interval) -> Result<Interval, Overflow> {
    neg_int(a.0).map(Interval)
}

pub(super) fn mul_interval_int(a: Interval, b: i64) -> Result<Interval, Overflow> {
    mul_int(a.0, b).map(Interval)
}

pub(super) fn mul_int_interval(a: i64, b: Interval) -> Result<Interval, Overflow> {
    mul_int(a, b.0).map(Interval)
}

#[expect(clippy::cast_precision_loss, reason = "a double holds 285 years of microseconds exactly")]
pub(super) fn mul_interval_float(a: Interval, b: f64) -> Result<Interval, Overflow> {
    to_int(a.0 as f64 * b).map(Interval)
}

pub(super) fn mul_float_interval(a: f64, b: Interval) -> Result<Interval, Overflow> {
    mul_interval_float(b, a)
}

#[expect(clippy::cast_precision_loss, reason = "a double holds 285 years of microseconds exactly")]
pub(super) fn div_interval_float(a: Interval, b: f64) -> Option<Result<Interval, Overflow>> {
    (b != 0.0).then(|| to_int(a.0 as f64 / b).map(Interval))
}
