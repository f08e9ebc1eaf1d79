//! How a field's points in time are spelt, where it says so.

use std::fmt::{self, Write};

use chrono::format::{Item, Parsed, StrftimeItems};
use chrono::{DateTime, Datelike, NaiveDateTime, NaiveTime, Timelike};

use super::{parse_timestamp, why_no_timestamp};
use crate::value::Micros;

/// How the points in time of a field are spelt. Whatever is declared, RFC 3339 with its offset is read as well: it cannot
/// be mistaken for anything else.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum TimeFormat {
    /// The spellings of [`parse_timestamp`]; numbers are microseconds since 1970.
    #[default]
    Usual,
    /// Numbers since 1970, also in quotes.
    Epoch(Epoch),
    /// A pattern of chrono's strftime.
    Pattern(Pattern),
}

/// 2^53: up to here every whole number is a float.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// So many of it make a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Epoch {
    Seconds,
    Millis,
    Micros,
    Nanos,
}

/// A pattern that tells at least a day.
#[derive(Debug, Clone, PartialEq)]
pub struct Pattern {
    text: String,
    items: Vec<Item<'static>>,
}

/// Why a format cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    #[error("there is no format `{0}`")]
    Unknown(String),
    #[error("`{0}` is no pattern")]
    Malformed(String),
    #[error("`%Z` names a zone, and a name does not tell the offset")]
    ZoneName,
    #[error("`{0}` does not tell which day it is")]
    NoDay(String),
    #[error("`{0}` tells a part of the time of day")]
    PartOfTime(String),
}

impl FormatError {
    /// What would be right.
    pub fn help(&self) -> &'static str {
        match self {
            FormatError::Unknown(_) => {
                "write \"epoch_s\", \"epoch_ms\", \"epoch_us\", \"epoch_ns\", or a pattern such as \"%m/%d/%Y %H:%M\""
            }
            FormatError::Malformed(_) => {
                "%Y year, %m month, %d day, %H hour, %M minute, %S second, %.f fraction, %z offset"
            }
            FormatError::ZoneName => "write %z where the text has an offset such as +0200",
            FormatError::NoDay(_) => "name year, month and day: \"%Y-%m-%d %H:%M\"",
            FormatError::PartOfTime(_) => "name hour and minute, %H:%M or %I:%M %p, or leave both out",
        }
    }
}

impl TimeFormat {
    /// Reads a declared format.
    pub fn parse(text: &str) -> Result<TimeFormat, FormatError> {
        Ok(match text {
            "epoch_s" => TimeFormat::Epoch(Epoch::Seconds),
            "epoch_ms" => TimeFormat::Epoch(Epoch::Millis),
            "epoch_us" => TimeFormat::Epoch(Epoch::Micros),
            "epoch_ns" => TimeFormat::Epoch(Epoch::Nanos),
            _ if text.contains('%') => TimeFormat::Pattern(Pattern::new(text)?),
            _ => return Err(FormatError::Unknown(text.to_owned())),
        })
    }

    /// The time that a text spells.
    pub fn text(&self, text: &str) -> Option<Micros> {
        match self {
            TimeFormat::Usual => parse_timestamp(text),
            TimeFormat::Epoch(epoch) => epoch.text(text).or_else(|| unmistakable(text)),
            TimeFormat::Pattern(pattern) => pattern.read(text).or_else(|| unmistakable(text)),
        }
    }

    /// The time that a whole number is. To a pattern it is the text of its digits.
    pub fn whole(&self, number: i64) -> Option<Micros> {
        match self {
            TimeFormat::Usual => Some(number),
            TimeFormat::Epoch(epoch) => epoch.whole(number),
            TimeFormat::Pattern(pattern) => pattern.read(&number.to_string()),
        }
    }

    /// The time that a float is: with a fraction the nearest microsecond. Nothing beyond 2^53, where floats lose digits.
    pub fn float(&self, number: f64) -> Option<Micros> {
        match self {
            _ if number.is_nan() || number.abs() > EXACT => None,
            #[expect(clippy::cast_possible_truncation, reason = "whole, and at most 2^53 in size")]
            _ if number.fract() == 0.0 => self.whole(number as i64),
            TimeFormat::Epoch(epoch) => epoch.fraction(number),
            TimeFormat::Usual | TimeFormat::Pattern(_) => None,
        }
    }

    /// What is expected, for messages.
    pub fn expected(&self) -> String {
        match self {
            TimeFormat::Usual => "a timestamp (RFC 3339 or microseconds)".to_owned(),
            other => format!("a timestamp (format {other})"),
        }
    }

    /// What would be right where nothing is read.
    pub fn why_not(&self, text: &str) -> Option<&'static str> {
        (*self == TimeFormat::Usual).then(|| why_no_timestamp(text))
    }
}

/// As it is declared; nothing for the usual spellings.
impl fmt::Display for TimeFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TimeFormat::Usual => "",
            TimeFormat::Epoch(Epoch::Seconds) => "epoch_s",
            TimeFormat::Epoch(Epoch::Millis) => "epoch_ms",
            TimeFormat::Epoch(Epoch::Micros) => "epoch_us",
            TimeFormat::Epoch(Epoch::Nanos) => "epoch_ns",
            TimeFormat::Pattern(pattern) => &pattern.text,
        })
    }
}

/// RFC 3339 with its offset.
fn unmistakable(text: &str) -> Option<Micros> {
    DateTime::parse_from_rfc3339(text).ok().and_then(|_| parse_timestamp(text))
}

impl Epoch {
    fn text(self, text: &str) -> Option<Micros> {
        let plain = !text.is_empty() && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'-' | b'.'));
        if !plain {
            return None;
        }
        match text.parse::<i64>() {
            Ok(number) => self.whole(number),
            Err(_) => TimeFormat::Epoch(self).float(text.parse().ok()?),
        }
    }

    fn whole(self, number: i64) -> Option<Micros> {
        match self {
            Epoch::Seconds => number.checked_mul(1_000_000),
            Epoch::Millis => number.checked_mul(1_000),
            Epoch::Micros => Some(number),
            Epoch::Nanos => Some(number.div_euclid(1_000)),
        }
    }

    fn fraction(self, number: f64) -> Option<Micros> {
        let micros = match self {
            Epoch::Seconds => number * 1e6,
            Epoch::Millis => number * 1e3,
            Epoch::Micros => number,
            Epoch::Nanos => (number / 1e3).floor(),
        };
        #[expect(clippy::cast_possible_truncation, reason = "whole, and at most 2^53 in size")]
        (micros.abs() <= EXACT).then(|| micros.round() as i64)
    }
}

impl Pattern {
    fn new(text: &str) -> Result<Pattern, FormatError> {
        let malformed = || FormatError::Malformed(text.to_owned());
        let items = StrftimeItems::new(text).parse_to_owned().map_err(|_| malformed())?;
        if text.replace("%%", "").contains("%Z") {
            return Err(FormatError::ZoneName);
        }
        let pattern = Pattern { text: text.to_owned(), items };
        // What a pattern writes it must be able to read: a time with every part different from another's.
        let sample = DateTime::from_timestamp_micros(981_173_106_789_012).ok_or_else(malformed)?;
        let mut written = String::new();
        write!(written, "{}", sample.format_with_items(pattern.items.iter())).map_err(|_| malformed())?;
        match pattern.read(&written) {
            Some(_) => Ok(pattern),
            None if pattern.tells_the_day(&written) => Err(FormatError::PartOfTime(text.to_owned())),
            None => Err(FormatError::NoDay(text.to_owned())),
        }
    }

    fn tells_the_day(&self, text: &str) -> bool {
        let mut parsed = Parsed::new();
        chrono::format::parse(&mut parsed, text, self.items.iter()).is_ok() && parsed.to_naive_date().is_ok()
    }

    /// In UTC unless the text says otherwise; at midnight where there is no time of day.
    fn read(&self, text: &str) -> Option<Micros> {
        if text.trim() != text {
            return None;
        }
        let mut parsed = Parsed::new();
        chrono::format::parse(&mut parsed, text, self.items.iter()).ok()?;
        let at: NaiveDateTime = match parsed.to_datetime() {
            Ok(at) => at.naive_utc(),
            Err(_) => match parsed.to_naive_datetime_with_offset(0) {
                Ok(at) => at,
                Err(_) if parsed.hour_mod_12().is_none() && parsed.minute().is_none() => {
                    parsed.to_naive_date().ok()?.and_time(NaiveTime::MIN)
                }
                Err(_) => return None,
            },
        };
        // Chrono keeps a leap second as a second of two.
        let plain = at.nanosecond() < 1_000_000_000 && (0..=9999).contains(&at.year());
        plain.then(|| at.and_utc().timestamp_micros())
    }
}
