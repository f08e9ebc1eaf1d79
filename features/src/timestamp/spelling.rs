//! The spellings that name one point in time, whoever reads them.

use chrono::NaiveDate;

use super::rfc2822;
use crate::value::Micros;

pub(super) const SECOND: Micros = 1_000_000;
pub(super) const MINUTE: Micros = 60 * SECOND;
pub(super) const HOUR: Micros = 60 * MINUTE;

/// Reads a point in time, in UTC where no offset says otherwise:
///
/// - `2024-09-05`, the midnight that begins the day;
/// - RFC 3339 and ISO 8601: `2024-09-05T20:20:01.5Z`, with a blank instead of the `T`, without seconds, without an offset,
///   with an offset `+02:00`, `+0200` or `+02`, with ` UTC` or ` GMT`;
/// - the compact form: `20240905T202001Z`, also without seconds and with an offset;
/// - RFC 2822: `Thu, 5 Sep 2024 20:20:01 GMT`.
///
/// Digits of a second beyond the sixth are cut off. Anything else is `None`: blanks around it, days that do not exist, a
/// weekday that is not the day's, 24:00, leap seconds, years that have not four digits.
pub fn parse_timestamp(text: &str) -> Option<Micros> {
    let bytes = text.as_bytes();
    match bytes.get(4) {
        Some(b'-') => dashed(bytes),
        Some(b'0'..=b'9') => compact(bytes),
        _ => rfc2822::parse(bytes),
    }
}

fn dashed(text: &[u8]) -> Option<Micros> {
    let mut rest = Reader(text);
    let year = rest.number(4)?;
    rest.byte(b"-")?;
    let month = rest.number(2)?;
    rest.byte(b"-")?;
    let midnight = midnight(year, month, rest.number(2)?)?;
    if rest.0.is_empty() {
        return Some(midnight);
    }
    rest.byte(b" Tt")?;
    let hour = rest.below(24)?;
    rest.byte(b":")?;
    let minute = rest.below(60)?;
    let second = if rest.byte(b":").is_some() { rest.second()? } else { 0 };
    rest.ending_with(midnight + hour * HOUR + minute * MINUTE + second)
}

fn compact(text: &[u8]) -> Option<Micros> {
    let mut rest = Reader(text);
    let midnight = midnight(rest.number(4)?, rest.number(2)?, rest.number(2)?)?;
    rest.byte(b"Tt")?;
    let (hour, minute) = (rest.below(24)?, rest.below(60)?);
    let second = if rest.0.first().is_some_and(u8::is_ascii_digit) { rest.second()? } else { 0 };
    rest.ending_with(midnight + hour * HOUR + minute * MINUTE + second)
}

/// The midnight that begins a day, if there is such a day.
pub(super) fn midnight(year: i64, month: i64, day: i64) -> Option<Micros> {
    let [month, day] = [month, day].map(|n| u32::try_from(n).ok());
    let date = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month?, day?)?;
    Some(date.and_time(chrono::NaiveTime::MIN).and_utc().timestamp() * SECOND)
}

/// What is left of a spelling.
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    /// One of `allowed`; leaves everything in place if it is another.
    pub(super) fn byte(&mut self, allowed: &[u8]) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        allowed.contains(first).then(|| {
            self.0 = rest;
            *first
        })
    }

    /// The bytes of `word`, or everything stays in place.
    pub(super) fn word(&mut self, word: &[u8]) -> Option<()> {
        self.0 = self.0.strip_prefix(word)?;
        Some(())
    }

    pub(super) fn digit(&mut self) -> Option<i64> {
        self.byte(b"0123456789").map(|d| i64::from(d - b'0'))
    }

    /// Exactly so many digits.
    pub(super) fn number(&mut self, digits: usize) -> Option<i64> {
        (0..digits).try_fold(0, |n, _| Some(n * 10 + self.digit()?))
    }

    pub(super) fn below(&mut self, limit: i64) -> Option<i64> {
        self.number(2).filter(|n| *n < limit)
    }

    /// Two digits, and a point with more if there are more.
    pub(super) fn second(&mut self) -> Option<Micros> {
        let whole = self.below(60)? * SECOND;
        if self.byte(b".").is_none() {
            return Some(whole);
        }
        let mut scale = SECOND / 10;
        let mut micros = self.digit()? * scale;
        while let Some(digit) = self.digit() {
            scale /= 10;
            micros += digit * scale;
        }
        Some(whole + micros)
    }

    /// `local` less the offset that follows, which ends the text; nothing is no offset.
    fn ending_with(mut self, local: Micros) -> Option<Micros> {
        if self.0.is_empty() {
            return Some(local);
        }
        let apart = self.byte(b" ").is_some();
        let universal =
            self.byte(b"Zz").is_some() || apart && (self.word(b"UTC").or_else(|| self.word(b"GMT"))).is_some();
        let offset = if universal { 0 } else { self.offset()? };
        self.0.is_empty().then_some(local - offset)
    }

    /// `±HH:MM`, `±HHMM` or `±HH`.
    fn offset(&mut self) -> Option<Micros> {
        let sign = self.byte(b"+-")?;
        let hours = self.below(24)?;
        let colon = self.byte(b":").is_some();
        let minutes = if colon || !self.0.is_empty() { self.below(60)? } else { 0 };
        let offset = hours * HOUR + minutes * MINUTE;
        Some(if sign == b'-' { -offset } else { offset })
    }
}
