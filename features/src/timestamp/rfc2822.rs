//! Dates as mail and HTTP headers write them (RFC 2822 section 3.3), without comments and two-digit years.

use super::spelling::{HOUR, MINUTE, Reader, SECOND, midnight};
use crate::value::Micros;

const DAY: Micros = 24 * HOUR;
/// From 1970-01-01 on, which was a Thursday.
const WEEKDAYS: [&[u8]; 7] = [b"Thu", b"Fri", b"Sat", b"Sun", b"Mon", b"Tue", b"Wed"];
const MONTHS: [&[u8]; 12] =
    [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];
/// The zones that the RFC defines, with their hours.
const ZONES: [(&[u8], i64); 11] = [
    (b"GMT", 0),
    (b"UTC", 0),
    (b"UT", 0),
    (b"EST", -5),
    (b"EDT", -4),
    (b"CST", -6),
    (b"CDT", -5),
    (b"MST", -7),
    (b"MDT", -6),
    (b"PST", -8),
    (b"PDT", -7),
];

/// `[Thu, ]5 Sep 2024 20:20[:01] GMT`, or `+0000` in the place of GMT.
pub(super) fn parse(text: &[u8]) -> Option<Micros> {
    let mut rest = Reader(text);
    let weekday = WEEKDAYS.iter().position(|name| rest.word(name).is_some());
    if weekday.is_some() {
        rest.word(b", ")?;
    }
    let first = rest.digit()?;
    let day = rest.digit().map_or(first, |second| first * 10 + second);
    rest.word(b" ")?;
    let month = MONTHS.iter().position(|name| rest.word(name).is_some())?;
    rest.word(b" ")?;
    let year = rest.number(4)?;
    rest.word(b" ")?;
    let midnight = midnight(year, month as i64 + 1, day)?;
    let wrong_day = weekday.is_some_and(|weekday| (midnight / DAY).rem_euclid(7) != weekday as i64);
    let hour = rest.below(24)?;
    rest.word(b":")?;
    let minute = rest.below(60)?;
    let second = if rest.word(b":").is_some() { rest.below(60)? * SECOND } else { 0 };
    rest.word(b" ")?;
    let zone = ZONES.iter().find(|(name, _)| rest.word(name).is_some());
    let offset = match (zone, rest.byte(b"+-")) {
        (Some((_, hours)), None) => hours * HOUR,
        (None, Some(sign)) => {
            let ahead = rest.below(24)? * HOUR + rest.below(60)? * MINUTE;
            if sign == b'-' { -ahead } else { ahead }
        }
        _ => return None,
    };
    (rest.0.is_empty() && !wrong_day).then_some(midnight + hour * HOUR + minute * MINUTE + second - offset)
}
