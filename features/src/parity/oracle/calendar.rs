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

/// A date; a date and a time, taken as UTC; or RFC 3339 with its offset.
pub(super) fn read(text: &str) -> Option<Micros> {
    if !text.is_ascii() {
        return None;
    }
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
    let (clock, rest) = rest.split_at_checked(9)?;
    if !clock.starts_with([' ', 'T', 't']) {
        return None;
    }
    let clock = &clock[1..];
    let (hour, minute, second) = (number(clock, "00:__:__")?, number(clock, "__:00:__")?, number(clock, "__:__:00")?);
    let (fraction, offset) = match rest.strip_prefix('.') {
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
    let sign = match offset.chars().next() {
        None => 0,
        Some('Z' | 'z') if offset.len() == 1 => 0,
        Some('+') if offset.len() == 6 => 1,
        Some('-') if offset.len() == 6 => -1,
        _ => return None,
    };
    let ahead = if sign == 0 { 0 } else { number(&offset[1..], "00:__")? * 60 + number(&offset[1..], "__:00")? };
    let in_range = hour < 24 && minute < 60 && second < 60;
    let valid_offset = sign == 0 || (number(&offset[1..], "00:__")? < 24 && number(&offset[1..], "__:00")? < 60);
    let seconds = hour * 3600 + minute * 60 + second - sign * ahead * 60;
    (in_range && valid_offset).then_some(midnight + seconds * 1_000_000 + fraction)
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
