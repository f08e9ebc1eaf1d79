//! JSON written straight into a record, without a tree in between.

use features::value::{Micros, Value};
use serde::Serialize;

/// Any value as serde writes it. Writing into memory cannot fail, and nothing written here refuses to be serialised.
pub(crate) fn put<T: Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) {
    let start = out.len();
    if serde_json::to_writer(&mut *out, value).is_err() {
        out.truncate(start);
        out.extend_from_slice(b"null");
    }
}

/// `"name":`, preceded by a comma unless it is the first of its object.
pub(crate) fn put_name(out: &mut Vec<u8>, name: &str) {
    if out.last() != Some(&b'{') {
        out.push(b',');
    }
    put(out, name);
    out.push(b':');
}

/// A field or column: timestamps as RFC 3339, everything else as the JSON of its type.
pub(crate) fn put_value(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(b) => put(out, b),
        Value::Int(i) | Value::Interval(i) => put(out, i),
        Value::Float(x) => put(out, x),
        Value::String(text) => put(out, text.as_str()),
        Value::Timestamp(time) => put_time(out, *time),
    }
}

/// A point in time as RFC 3339, without quotes.
pub(crate) fn rfc3339(time: Micros) -> String {
    let mut out = Vec::with_capacity(32);
    put_time(&mut out, time);
    String::from_utf8_lossy(&out).trim_matches('"').to_owned()
}

/// Microseconds since 1970 as an RFC 3339 string in UTC with six decimals. A year before 0 or beyond 9999 is written
/// with its sign, which RFC 3339 does not know and ISO 8601 does.
pub(crate) fn put_time(out: &mut Vec<u8>, time: Micros) {
    const DAY: i64 = 86_400_000_000;
    let (year, month, day) = civil(time.div_euclid(DAY));
    let micros = time.rem_euclid(DAY);
    let (seconds, micros) = (micros / 1_000_000, micros % 1_000_000);
    out.push(b'"');
    if (0..=9999).contains(&year) {
        put_digits::<4>(out, year);
    } else {
        out.push(if year < 0 { b'-' } else { b'+' });
        put_digits::<6>(out, year.abs());
    }
    for (separator, number) in
        [(b'-', month), (b'-', day), (b'T', seconds / 3600), (b':', seconds / 60 % 60), (b':', seconds % 60)]
    {
        out.push(separator);
        put_digits::<2>(out, number);
    }
    out.push(b'.');
    put_digits::<6>(out, micros);
    out.extend_from_slice(b"Z\"");
}

fn put_digits<const N: usize>(out: &mut Vec<u8>, mut number: i64) {
    let mut digits = [b'0'; N];
    for digit in digits.iter_mut().rev() {
        // A remainder of ten fits a byte.
        *digit += u8::try_from(number % 10).unwrap_or_default();
        number /= 10;
    }
    out.extend_from_slice(&digits);
}

/// Year, month and day of a number of days since 1970-01-01, in the proleptic Gregorian calendar. Counts from March 1st
/// of the year 0, so that the leap day is the last of its year: 146,097 days make 400 years.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, SecondsFormat};
    use proptest::prelude::*;

    use super::*;

    fn text(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn times_are_written_in_rfc_3339() {
        for (time, expected) in [
            (0, r#""1970-01-01T00:00:00.000000Z""#),
            (-1, r#""1969-12-31T23:59:59.999999Z""#),
            (1_725_567_601_500_000, r#""2024-09-05T20:20:01.500000Z""#),
            (951_782_400_000_000, r#""2000-02-29T00:00:00.000000Z""#),
            (253_402_300_800_000_000, r#""+010000-01-01T00:00:00.000000Z""#),
        ] {
            assert_eq!(text(|out| put_time(out, time)), expected);
        }
    }

    #[test]
    fn values_are_written_as_their_types_are() {
        for (value, expected) in [
            (Value::Null, "null"),
            (Value::Bool(true), "true"),
            (Value::Int(-3), "-3"),
            (Value::Float(0.1), "0.1"),
            (Value::Float(2.0), "2.0"),
            (Value::String("a\"\n\u{e9}".into()), "\"a\\\"\\n\u{e9}\""),
            (Value::Timestamp(0), r#""1970-01-01T00:00:00.000000Z""#),
        ] {
            assert_eq!(text(|out| put_value(out, &value)), expected);
        }
    }

    #[test]
    fn names_are_separated_by_commas() {
        let object = text(|out| {
            out.push(b'{');
            put_name(out, "a");
            put(out, &1);
            put_name(out, "b");
            put(out, "}");
            out.push(b'}');
        });
        assert_eq!(object, r#"{"a":1,"b":"}"}"#);
    }

    proptest! {
        #[test]
        fn times_agree_with_chrono(time in -60_000_000_000_000_000..250_000_000_000_000_000_i64) {
            let expected = DateTime::from_timestamp_micros(time).expect("in range");
            let expected = format!("\"{}\"", expected.to_rfc3339_opts(SecondsFormat::Micros, true));
            prop_assert_eq!(text(|out| put_time(out, time)), expected);
        }
    }
}
