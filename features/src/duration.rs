//! Lengths of time as people write them, in units of fixed length: `30s` and `7d` in a project, `1 day 2 hours` in SQL.

use crate::value::Micros;

/// Why a text is no length of time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DurationError {
    #[error("`{0}` is no length of time")]
    Malformed(String),
    #[error("`{0}` is no unit of time")]
    Unit(String),
    #[error("a {0} has no fixed length")]
    NotFixed(&'static str),
    #[error("`{0}` is longer than a timestamp can tell")]
    TooLong(String),
    #[error("`{0}` is finer than a microsecond")]
    TooFine(String),
}

/// Reads `NUMBER UNIT [NUMBER UNIT …]`; the space between number and unit may be left out.
pub fn parse(text: &str) -> Result<Micros, DurationError> {
    let malformed = || DurationError::Malformed(text.to_owned());
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(malformed());
    }
    let mut total: i128 = 0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !matches!(c, '0'..='9' | '.' | '-' | '+')).unwrap_or(rest.len());
        let (number, tail) = rest.split_at(digits);
        let tail = tail.trim_start();
        let letters = tail.find(|c: char| !c.is_alphabetic()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(letters);
        if number.is_empty() || unit.is_empty() {
            return Err(malformed());
        }
        total = total.checked_add(amount(number, unit_length(unit)?, text)?).ok_or_else(malformed)?;
        rest = tail.trim_start();
    }
    i64::try_from(total).map_err(|_| DurationError::TooLong(text.to_owned()))
}

/// `number` units, exactly.
fn amount(number: &str, unit: Micros, text: &str) -> Result<i128, DurationError> {
    let malformed = || DurationError::Malformed(text.to_owned());
    let (negative, magnitude) = match number.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, number.strip_prefix('+').unwrap_or(number)),
    };
    let (whole, fraction) = magnitude.split_once('.').unwrap_or((magnitude, ""));
    let digits = format!("{whole}{fraction}");
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(malformed());
    }
    if 18 < digits.len() {
        return Err(DurationError::TooLong(text.to_owned()));
    }
    let scaled = digits.parse::<i128>().map_err(|_| malformed())? * i128::from(unit);
    let scale = 10_i128.pow(u32::try_from(fraction.len()).map_err(|_| malformed())?);
    if scaled % scale != 0 {
        return Err(DurationError::TooFine(text.to_owned()));
    }
    Ok(if negative { -scaled / scale } else { scaled / scale })
}

fn unit_length(unit: &str) -> Result<Micros, DurationError> {
    Ok(match unit.to_lowercase().as_str() {
        "us" | "µs" | "microsecond" | "microseconds" => 1,
        "ms" | "millisecond" | "milliseconds" => 1_000,
        "s" | "sec" | "secs" | "second" | "seconds" => 1_000_000,
        "m" | "min" | "mins" | "minute" | "minutes" => 60_000_000,
        "h" | "hour" | "hours" => 3_600_000_000,
        "d" | "day" | "days" => 86_400_000_000,
        "w" | "week" | "weeks" => 604_800_000_000,
        "mon" | "month" | "months" => return Err(DurationError::NotFixed("month")),
        "y" | "year" | "years" => return Err(DurationError::NotFixed("year")),
        _ => return Err(DurationError::Unit(unit.to_owned())),
    })
}

/// The shortest way to write a length: `5m`, `1d`, `90s`.
pub fn format(length: Micros) -> String {
    let units =
        [("d", 86_400_000_000), ("h", 3_600_000_000), ("m", 60_000_000), ("s", 1_000_000), ("ms", 1_000), ("us", 1)];
    let (unit, size) = units.into_iter().find(|(_, size)| length % size == 0).unwrap_or(("us", 1));
    if length == 0 { "0s".to_owned() } else { format!("{}{unit}", length / size) }
}

#[cfg(test)]
mod tests {
    use super::{DurationError, format, parse};

    #[test]
    fn short_and_long_forms_are_read() {
        assert_eq!(parse("500ms"), Ok(500_000));
        assert_eq!(parse("10m"), Ok(600_000_000));
        assert_eq!(parse("1 day 2 hours"), Ok(93_600_000_000));
        assert_eq!(parse("1.5 hours"), Ok(5_400_000_000));
        assert_eq!(parse("-5 minutes"), Ok(-300_000_000));
    }

    #[test]
    fn months_and_years_have_no_fixed_length() {
        assert_eq!(parse("1 month"), Err(DurationError::NotFixed("month")));
        assert_eq!(parse("2 years"), Err(DurationError::NotFixed("year")));
    }

    #[test]
    fn nonsense_is_refused() {
        for text in ["", "10", "m", "1.2.3 s", "--1 s", "5 parsecs", "1 s s", "10:30"] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert_eq!(parse("99999999999 weeks"), Err(DurationError::TooLong("99999999999 weeks".to_owned())));
        assert_eq!(parse("0.1 us"), Err(DurationError::TooFine("0.1 us".to_owned())));
    }

    #[test]
    fn lengths_are_written_in_the_largest_whole_unit() {
        assert_eq!(format(300_000_000), "5m");
        assert_eq!(format(90_000_000), "90s");
        assert_eq!(format(0), "0s");
        assert_eq!(format(1_500), "1500us");
    }
}
