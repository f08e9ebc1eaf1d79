//! The proleptic Gregorian calendar, by counting: days of a year, years of 400.

use crate::value::Micros;

const DAY: Micros = 86_400_000_000;
/// A leap year's months.
const MONTHS: [i64; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
/// Days in 400 years, after which the calendar repeats.
const CYCLE: i64 = 146_097;
/// The years in which times have a date: the range of the library that the element functions use.
const YEARS: std::ops::RangeInclusive<i64> = -262_143..=262_142;

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Date {
    pub(super) year: i64,
    pub(super) month: i64,
    pub(super) day: i64,
}

impl Date {
    pub(super) fn of(time: Micros) -> Option<Date> {
        // Days since 2000-01-01, the first day of a cycle.
        let days = time.div_euclid(DAY) - 10_957;
        let mut year = 2000 + 400 * days.div_euclid(CYCLE);
        let mut left = days.rem_euclid(CYCLE);
        while left >= days_of(year) {
            left -= days_of(year);
            year += 1;
        }
        let mut month = 1;
        while left >= days_of_month(year, month)? {
            left -= days_of_month(year, month)?;
            month += 1;
        }
        YEARS.contains(&year).then_some(Date { year, month, day: left + 1 })
    }

    pub(super) fn day_of_year(self) -> i64 {
        (1..self.month).filter_map(|month| days_of_month(self.year, month)).sum::<i64>() + self.day
    }

    /// Midnight, if there is such a day.
    fn start(self) -> Option<Micros> {
        if self.day < 1 || self.day > days_of_month(self.year, self.month)? {
            return None;
        }
        let cycles = (self.year - 2000).div_euclid(400);
        let years: i64 = (2000..2000 + (self.year - 2000).rem_euclid(400)).map(days_of).sum();
        Some((10_957 + cycles * CYCLE + years + self.day_of_year() - 1) * DAY)
    }
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_of(year: i64) -> i64 {
    if is_leap(year) { 366 } else { 365 }
}

fn days_of_month(year: i64, month: i64) -> Option<i64> {
    let days = *MONTHS.get(usize::try_from(month - 1).ok()?)?;
    Some(if month == 2 && !is_leap(year) { 28 } else { days })
}

/// `YYYY-MM-DD HH:MM:SS[.ffffff]`, for the years that have four digits.
pub(super) fn write(time: Micros) -> Option<String> {
    let Date { year, month, day } = Date::of(time)?;
    if !(0..=9999).contains(&year) {
        return None;
    }
    let of_day = time.rem_euclid(DAY);
    let (seconds, micros) = (of_day / 1_000_000, of_day % 1_000_000);
    let fraction = if micros == 0 { String::new() } else { format!(".{micros:06}") };
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    Some(format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}{fraction}"))
}

/// A date; a date and a time, taken as UTC or with its offset, also in the compact form; or a date of mail.
pub(super) fn read(text: &str) -> Option<Micros> {
    if !text.is_ascii() {
        return None;
    }
    if let Some(dashed) = from_compact(text) {
        return clock(&dashed);
    }
    if text.as_bytes().get(4) == Some(&b'-') { clock(text) } else { mail(text) }
}

/// The dashed form of `20240905T202000Z`.
fn from_compact(text: &str) -> Option<String> {
    let (day, rest) = text.split_at_checked(8)?;
    let rest = rest.strip_prefix(['T', 't'])?;
    let (clock, rest) = rest.split_at_checked(4)?;
    if !day.bytes().chain(clock.bytes()).all(|b| b.is_ascii_digit()) || rest.starts_with(':') {
        return None;
    }
    let colon = if rest.starts_with(|c: char| c.is_ascii_digit()) { ":" } else { "" };
    let (year, month, day, hour, minute) = (&day[..4], &day[4..6], &day[6..], &clock[..2], &clock[2..]);
    Some(format!("{year}-{month}-{day}T{hour}:{minute}{colon}{rest}"))
}

fn clock(text: &str) -> Option<Micros> {
    let (date, rest) = text.split_at_checked(10)?;
    let date = Date {
        year: number(date, "0000-__-__")?,
        month: number(date, "____-00-__")?,
        day: number(date, "____-__-00")?,
    };
    let midnight = date.start()?;
    if rest.is_empty() {
        return Some(midnight);
    }
    let (clock, rest) = rest.split_at_checked(6)?;
    let clock = clock.strip_prefix([' ', 'T', 't'])?;
    let (hour, minute) = (number(clock, "00:__")?, number(clock, "__:00")?);
    let (second, rest) = match rest.starts_with(':') {
        true => (number(rest.get(..3)?, ":00")?, &rest[3..]),
        false => (0, rest),
    };
    let with_second = rest.len() < text.len() - 16;
    let (fraction, zone) = match rest.strip_prefix('.').filter(|_| with_second) {
        None => (0, rest),
        Some(rest) => {
            let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            let six: String = rest[..digits].chars().chain("000000".chars()).take(6).collect();
            if digits == 0 {
                return None;
            }
            (six.parse().ok()?, &rest[digits..])
        }
    };
    let ahead = minutes_ahead(zone)?;
    let in_range = hour < 24 && minute < 60 && second < 60;
    let seconds = hour * 3600 + minute * 60 + second - ahead * 60;
    in_range.then_some(midnight + seconds * 1_000_000 + fraction)
}

/// Nothing, `Z`, ` UTC`, ` GMT`, or an offset; a blank may stand before all but nothing.
fn minutes_ahead(zone: &str) -> Option<i64> {
    if matches!(zone, "" | " UTC" | " GMT") {
        return Some(0);
    }
    let zone = zone.strip_prefix(' ').unwrap_or(zone);
    if matches!(zone, "Z" | "z") {
        return Some(0);
    }
    let sign = match zone.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, minutes) = match zone.len() {
        3 => (number(&zone[1..], "00")?, 0),
        5 => (number(&zone[1..], "00__")?, number(&zone[1..], "__00")?),
        6 => (number(&zone[1..], "00:__")?, number(&zone[1..], "__:00")?),
        _ => return None,
    };
    (hours < 24 && minutes < 60).then_some(sign * (hours * 60 + minutes))
}

/// What chrono reads, if it is also what chrono would write.
fn mail(text: &str) -> Option<Micros> {
    const ZONES: [&str; 11] = ["GMT", "UTC", "UT", "EST", "EDT", "CST", "CDT", "MST", "MDT", "PST", "PDT"];
    let (local, zone) = text.rsplit_once(' ')?;
    let known = ZONES.contains(&zone) || zone.len() == 5 && zone.starts_with(['+', '-']);
    let at =
        chrono::DateTime::parse_from_rfc2822(&format!("{local} {}", if zone == "UTC" { "GMT" } else { zone })).ok()?;
    let patterns = ["%-d %b %Y %H:%M", "%d %b %Y %H:%M"].into_iter().flat_map(|day| {
        ["", "%a, "].into_iter().flat_map(move |weekday| ["", ":%S"].map(|second| format!("{weekday}{day}{second}")))
    });
    let written = patterns.map(|pattern| at.naive_local().format(&pattern).to_string());
    let whole = chrono::Timelike::nanosecond(&at) == 0;
    (known && whole && written.into_iter().any(|written| written == local)).then(|| at.timestamp_micros())
}

/// The digits that stand where the pattern has zeros, if every other place has a digit (`_`) or the pattern's own sign.
fn number(text: &str, pattern: &str) -> Option<i64> {
    if text.len() != pattern.len() {
        return None;
    }
    let mut number = 0;
    for (found, wanted) in text.chars().zip(pattern.chars()) {
        match (found.to_digit(10), wanted) {
            (Some(digit), '0') => number = number * 10 + i64::from(digit),
            (Some(_), '_') => {}
            (None, wanted) if found == wanted => {}
            _ => return None,
        }
    }
    Some(number)
}
