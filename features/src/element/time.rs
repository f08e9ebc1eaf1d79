//! Writing points in time, and taking them apart. All in UTC, proleptic Gregorian calendar.

use chrono::{DateTime, Datelike, Utc};
use smol_str::{SmolStr, format_smolstr};

use super::typed::{Interval, Timestamp};
use crate::value::Micros;

const SECOND: i64 = 1_000_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Writes `YYYY-MM-DD HH:MM:SS`, with six digits of the second if it is not whole; reads back as the same time.
/// `None` outside the years 0 to 9999, which have no such spelling.
pub fn format_timestamp(time: Micros) -> Option<SmolStr> {
    let moment = moment(time)?;
    if !(0..=9999).contains(&moment.year()) {
        return None;
    }
    let of_day = time.rem_euclid(DAY);
    let (hour, minute, second) = (of_day / HOUR, of_day % HOUR / MINUTE, of_day % MINUTE / SECOND);
    let (year, month, day) = (moment.year(), moment.month(), moment.day());
    Some(match of_day % SECOND {
        0 => format_smolstr!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}"),
        micros => format_smolstr!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}.{micros:06}"),
    })
}

/// `None` beyond some 262,000 years either way, where the calendar ends.
fn moment(time: Micros) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp_micros(time)
}

#[expect(clippy::cast_precision_loss, reason = "a double holds 285 years of microseconds exactly")]
fn seconds(micros: Micros) -> f64 {
    micros as f64 / 1e6
}

pub(super) fn epoch(time: Timestamp) -> f64 {
    seconds(time.0)
}

pub(super) fn interval_epoch(interval: Interval) -> f64 {
    seconds(interval.0)
}

pub(super) fn year(time: Timestamp) -> Option<i64> {
    moment(time.0).map(|m| i64::from(m.year()))
}

pub(super) fn month(time: Timestamp) -> Option<i64> {
    moment(time.0).map(|m| i64::from(m.month()))
}

pub(super) fn day(time: Timestamp) -> Option<i64> {
    moment(time.0).map(|m| i64::from(m.day()))
}

pub(super) fn hour(time: Timestamp) -> i64 {
    time.0.rem_euclid(DAY) / HOUR
}

pub(super) fn minute(time: Timestamp) -> i64 {
    time.0.rem_euclid(HOUR) / MINUTE
}

pub(super) fn second(time: Timestamp) -> f64 {
    seconds(time.0.rem_euclid(MINUTE))
}

pub(super) fn day_of_week(time: Timestamp) -> i64 {
    // 1970-01-01 was a Thursday.
    (time.0.div_euclid(DAY) + 4).rem_euclid(7)
}

pub(super) fn day_of_year(time: Timestamp) -> Option<i64> {
    moment(time.0).map(|m| i64::from(m.ordinal()))
}
