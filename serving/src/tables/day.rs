//! Days: what predictions are kept, and dropped, by.

use chrono::{DateTime, Datelike, NaiveDate};
use features::value::Micros;

/// A day in UTC, as the number YYYYMMDD.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(i64);

impl Day {
    /// A time beyond what a calendar holds is on its first or last day.
    pub fn of(time: Micros) -> Day {
        let date = DateTime::from_timestamp_micros(time).map(|time| time.date_naive());
        let date = date.filter(|date| (1..=9999).contains(&date.year()));
        match date {
            Some(date) => Day(i64::from(date.year()) * 10_000 + i64::from(date.month()) * 100 + i64::from(date.day())),
            None => Day(if time < 0 { 10_101 } else { 99_991_231 }),
        }
    }

    pub(crate) fn numbered(number: i64) -> Day {
        Day(number)
    }

    pub fn number(self) -> i64 {
        self.0
    }

    /// The first microsecond of it.
    pub fn start(self) -> Micros {
        let part = |number: i64| u32::try_from(number % 100).unwrap_or(1);
        let year = i32::try_from(self.0 / 10_000).unwrap_or(1);
        let date = NaiveDate::from_ymd_opt(year, part(self.0 / 100), part(self.0));
        date.and_then(|date| date.and_hms_opt(0, 0, 0)).map_or(0, |time| time.and_utc().timestamp_micros())
    }
}

impl std::fmt::Display for Day {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_on_its_day_in_utc() {
        for (time, day) in [(0, 19_700_101), (-1, 19_691_231), (1_764_288_000_000_000, 20_251_128)] {
            assert_eq!(Day::of(time).number(), day);
        }
        assert_eq!(Day::of(i64::MAX).number(), 99_991_231);
        assert_eq!(Day::of(i64::MIN).number(), 10_101);
    }

    #[test]
    fn a_day_begins_at_midnight() {
        let day = Day::of(1_764_288_000_000_000 + 77);
        assert_eq!(day.start(), 1_764_288_000_000_000);
        assert_eq!(Day::of(day.start() - 1).number(), 20_251_127);
    }
}
