//! Reading and writing points in time, and taking them apart. All in UTC, proleptic Gregorian calendar.

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use smol_str::{SmolStr, format_smolstr};

use super::typed::{Interval, Timestamp};
use crate::value::Micros;

const SECOND: i64 = 1_000_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Reads `YYYY-MM-DD`, `YYYY-MM-DD HH:MM:SS[.f…]` (UTC; the blank may be a `T`) and RFC 3339 with `Z` or an offset.
/// Digits of a second beyond the sixth are cut off. Anything else is `None`: blanks around it, other separators, days
/// that do not exist, leap seconds.
pub fn parse_timestamp(text: &str) -> Option<Micros> {
    let mut rest = Reader(text.as_bytes());
    let year = rest.number(4)?;
    rest.byte(b"-")?;
    let month = rest.number(2)?;
    rest.byte(b"-")?;
    let day = rest.number(2)?;
    let date =
        NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, u32::try_from(month).ok()?, u32::try_from(day).ok()?)?;
    let midnight = date.and_time(chrono::NaiveTime::MIN).and_utc().timestamp() * SECOND;
    if rest.0.is_empty() {
        return Some(midnight);
    }
    rest.byte(b" Tt")?;
    let hour = rest.below(24)?;
    rest.byte(b":")?;
    let minute = rest.below(60)?;
    rest.byte(b":")?;
    let second = rest.below(60)?;
    let fraction = if rest.byte(b".").is_some() { rest.fraction()? } else { 0 };
    let offset = rest.offset()?;
    rest.0.is_empty().then_some(midnight + hour * HOUR + minute * MINUTE + second * SECOND + fraction - offset)
}

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

/// What is left of a spelling.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    /// One of `allowed`; leaves everything in place if it is another.
    fn byte(&mut self, allowed: &[u8]) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        allowed.contains(first).then(|| {
            self.0 = rest;
            *first
        })
    }

    fn digit(&mut self) -> Option<i64> {
        self.byte(b"0123456789").map(|d| i64::from(d - b'0'))
    }

    /// Exactly so many digits.
    fn number(&mut self, digits: usize) -> Option<i64> {
        (0..digits).try_fold(0, |n, _| Some(n * 10 + self.digit()?))
    }

    fn below(&mut self, limit: i64) -> Option<i64> {
        self.number(2).filter(|n| *n < limit)
    }

    /// Digits after the point, at least one, in microseconds.
    fn fraction(&mut self) -> Option<Micros> {
        let mut scale = SECOND / 10;
        let mut micros = self.digit()? * scale;
        while let Some(digit) = self.digit() {
            scale /= 10;
            micros += digit * scale;
        }
        Some(micros)
    }

    /// Nothing, `Z`, or `±HH:MM`.
    fn offset(&mut self) -> Option<Micros> {
        let Some(sign) = self.byte(b"Zz+-") else { return Some(0) };
        if matches!(sign, b'Z' | b'z') {
            return Some(0);
        }
        let hours = self.below(24)?;
        self.byte(b":")?;
        let offset = hours * HOUR + self.below(60)? * MINUTE;
        Some(if sign == b'-' { -offset } else { offset })
    }
}
