use proptest::prelude::*;

use super::*;

/// 2024-09-05 20:20:00 UTC.
const AT: i64 = 1_725_567_600_000_000;
const DAY: i64 = 86_400_000_000;

#[test]
fn one_point_in_time_has_many_spellings() {
    for spelling in [
        "2024-09-05T20:20:00Z",
        "2024-09-05t20:20:00z",
        "2024-09-05T20:20Z",
        "2024-09-05T20:20",
        "2024-09-05 20:20",
        "2024-09-05 20:20:00 UTC",
        "2024-09-05 20:20:00 GMT",
        "2024-09-05 20:20:00 Z",
        "2024-09-05T22:20:00+02:00",
        "2024-09-05T22:20:00+0200",
        "2024-09-05T22:20:00+02",
        "2024-09-05 14:50:00 -0530",
        "2024-09-05T20:20:00.000Z",
        "2024-09-05T20:20:00-00:00",
        "20240905T202000Z",
        "20240905T202000",
        "20240905T2020",
        "20240905T222000.000000000+0200",
        "Thu, 5 Sep 2024 20:20:00 GMT",
        "Thu, 05 Sep 2024 20:20:00 +0000",
        "5 Sep 2024 20:20 UT",
        "05 Sep 2024 16:20:00 EDT",
        "5 Sep 2024 13:20:00 -0700",
    ] {
        assert_eq!(parse_timestamp(spelling), Some(AT), "{spelling}");
    }
    assert_eq!(parse_timestamp("2024-09-05"), Some(AT.div_euclid(DAY) * DAY));
}

#[test]
fn digits_of_a_second_are_cut_off_after_the_sixth() {
    for (fraction, micros) in
        [("1", 100_000), ("000001", 1), ("123456", 123_456), ("1234569", 123_456), ("999999999", 999_999)]
    {
        assert_eq!(parse_timestamp(&format!("2024-09-05T20:20:00.{fraction}Z")), Some(AT + micros), "{fraction}");
    }
    // Before 1970 too the earlier microsecond.
    assert_eq!(parse_timestamp("1969-12-31T23:59:59.9999999Z"), Some(-1));
}

#[test]
fn what_may_mean_several_things_is_refused_with_a_remedy() {
    let (day_or_month, number) = ("is it the day or the month", "a number may count anything");
    for (spelling, remedy) in [
        ("9/5/2024", day_or_month),
        ("9/5/2024 8:20 PM", day_or_month),
        ("05.09.2024", day_or_month),
        ("05-09-2024", day_or_month),
        ("1725567600", number),
        ("1725567600.5", number),
        ("-1", number),
        ("20240905", number),
        (" 2024-09-05", "there are blanks"),
        ("2024-09-05\n", "there are blanks"),
        ("\u{feff}2024-09-05", "it begins with a byte order mark"),
        ("2016-12-31T23:59:60Z", "a second runs from 0 to 59"),
        ("2024-09-05T24:00:00Z", "an hour runs from 0 to 23"),
        ("+12024-09-05T00:00:00Z", "years run from 0000 to 9999"),
        ("-0001-09-05", "years run from 0000 to 9999"),
        ("", "write it like"),
        ("noon", "write it like"),
        ("2024-9-5", "write it like"),
        ("2023-02-29", "write it like"),
        ("2024-09-05Z", "write it like"),
        ("2024-09-05T20:20:00.", "write it like"),
        ("2024-09-05T20:20:00,5Z", "write it like"),
        ("2024-09-05T20:20:00+24:00", "write it like"),
        ("2024-09-05T20:20:00+02:", "write it like"),
        ("2024-09-05T20", "write it like"),
        ("2024-09-05 20:20:00 EST", "write it like"),
        ("Fri, 5 Sep 2024 20:20:00 GMT", "write it like"),
        ("5 sep 2024 20:20:00 GMT", "write it like"),
        ("5 Sep 24 20:20:00 GMT", "write it like"),
        ("5 Sep 2024 20:20:00", "write it like"),
        ("２０２４-09-05", "write it like"),
    ] {
        assert_eq!(parse_timestamp(spelling), None, "{spelling}");
        assert!(why_no_timestamp(spelling).starts_with(remedy), "{spelling}: {}", why_no_timestamp(spelling));
    }
}

fn format(text: &str) -> TimeFormat {
    TimeFormat::parse(text).unwrap()
}

#[test]
fn numbers_count_what_the_format_says() {
    for (name, number) in [
        ("epoch_s", 1_725_567_600),
        ("epoch_ms", 1_725_567_600_000),
        ("epoch_us", AT),
        ("epoch_ns", 1_725_567_600_000_000_999),
    ] {
        assert_eq!(format(name).whole(number), Some(AT), "{name}");
        assert_eq!(format(name).text(&number.to_string()), Some(AT), "{name}");
    }
    assert_eq!(format("epoch_s").float(1_725_567_600.123_456), Some(AT + 123_456));
    assert_eq!(format("epoch_s").text("1725567600.5"), Some(AT + 500_000));
    assert_eq!(format("epoch_ms").float(0.0015), Some(2));
    assert_eq!(format("epoch_ns").whole(-1), Some(-1));
    assert_eq!(format("epoch_s").whole(i64::MAX), None);
    assert_eq!(format("epoch_s").float(f64::NAN), None);
    assert_eq!(format("epoch_s").text("1e9"), None);
}

#[test]
fn a_pattern_reads_what_it_describes() {
    for (pattern, text, expected) in [
        ("%m/%d/%Y", "9/5/2024", AT.div_euclid(DAY) * DAY),
        ("%m/%d/%Y %H:%M", "09/05/2024 20:20", AT),
        ("%d/%m/%Y %I:%M %p", "05/09/2024 08:20 PM", AT),
        ("%Y%m%d", "20240905", AT.div_euclid(DAY) * DAY),
        ("%d.%m.%Y %H:%M:%S%.f %z", "05.09.2024 22:20:00.25 +0200", AT + 250_000),
        ("%Y-%m-%dT%H:%M:%S%.fZ", "2024-09-05T20:20:00.1234567Z", AT + 123_456),
    ] {
        assert_eq!(format(pattern).text(text), Some(expected), "{pattern}");
    }
    assert_eq!(format("%Y%m%d").whole(20_240_905), Some(AT.div_euclid(DAY) * DAY));
    for text in ["2024-09-05", "13/45/2024", " 9/5/2024", "9/5/2024 ", "9/5/2024 20:20", "9/5/-2024", ""] {
        assert_eq!(format("%m/%d/%Y").text(text), None, "{text}");
    }
    assert_eq!(format("%Y-%m-%d %H:%M:%S").text("2016-12-31 23:59:60"), None);
}

#[test]
fn whatever_the_format_rfc_3339_with_its_offset_is_read() {
    for name in ["epoch_ms", "%m/%d/%Y"] {
        assert_eq!(format(name).text("2024-09-05T20:20:00Z"), Some(AT), "{name}");
        assert_eq!(format(name).text("2024-09-05T20:20:00"), None, "{name}");
    }
}

#[test]
fn formats_that_tell_no_time_are_refused() {
    use FormatError::{Malformed, NoDay, PartOfTime, Unknown, ZoneName};
    for (text, expected) in [
        ("epoch", Unknown("epoch".to_owned())),
        ("rfc3339", Unknown("rfc3339".to_owned())),
        ("%", Malformed("%".to_owned())),
        ("%Y-%m-%d %Q", Malformed("%Y-%m-%d %Q".to_owned())),
        ("%H:%M", NoDay("%H:%M".to_owned())),
        ("%d/%m %H:%M", NoDay("%d/%m %H:%M".to_owned())),
        ("%Y-%m-%d %H", PartOfTime("%Y-%m-%d %H".to_owned())),
        ("%Y-%m-%d %I:%M", PartOfTime("%Y-%m-%d %I:%M".to_owned())),
        ("%Y-%m-%d %H:%M %Z", ZoneName),
    ] {
        assert_eq!(TimeFormat::parse(text), Err(expected), "{text}");
    }
}

proptest! {
    /// Chrono reads the same, as far as it reads what is read here.
    #[test]
    fn times_agree_with_chrono(at in -62_167_219_200_000_000..253_402_300_799_999_999_i64, ahead in -1_439..1_440_i32) {
        let offset = chrono::FixedOffset::east_opt(ahead * 60).unwrap();
        let time = chrono::DateTime::from_timestamp_micros(at).unwrap().with_timezone(&offset);
        prop_assume!((1..=9999).contains(&chrono::Datelike::year(&time)));
        prop_assert_eq!(parse_timestamp(&time.to_rfc3339()), Some(at));
        prop_assert_eq!(parse_timestamp(&time.format("%Y%m%dT%H%M%S%.6f%z").to_string()), Some(at));
        let whole = at.div_euclid(1_000_000) * 1_000_000;
        prop_assert_eq!(parse_timestamp(&time.to_rfc2822()), Some(whole));
        prop_assert_eq!(format("%d/%m/%Y %H:%M:%S%.f %z").text(&time.format("%d/%m/%Y %H:%M:%S%.f %z").to_string()), Some(at));
    }

    #[test]
    fn no_text_makes_it_fail(text in "\\PC{0,40}|[0-9TZ:+. -]{0,30}") {
        let _ = (parse_timestamp(&text), why_no_timestamp(&text), TimeFormat::parse(&text));
        let _ = (format("epoch_s").text(&text), format("%m/%d/%Y %H:%M").text(&text));
    }
}
