//! Why a text is no timestamp, and what to do.

/// What would be right where [`super::parse_timestamp`] reads nothing.
pub fn why_no_timestamp(text: &str) -> &'static str {
    let bytes = text.as_bytes();
    let digits = bytes.iter().filter(|b| b.is_ascii_digit()).count();
    if text.starts_with('\u{feff}') {
        return "it begins with a byte order mark: take it away";
    }
    if text.trim() != text {
        return "there are blanks around it: take them away";
    }
    let is_signed = matches!(bytes.first(), Some(b'+' | b'-'));
    if is_signed && bytes.iter().skip(1).any(|b| *b == b'-') {
        return "years run from 0000 to 9999";
    }
    let numeric = digits > 0 && bytes.iter().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-'));
    if numeric && text.split(['.', '-']).filter(|part| !part.is_empty()).count() < 3 {
        return "a number may count anything: declare format = \"epoch_s\", \"epoch_ms\", \"epoch_us\" or \"epoch_ns\"";
    }
    if numeric && bytes.get(4) != Some(&b'-') {
        return DAY_OR_MONTH;
    }
    if text.contains('/') && digits >= 3 {
        return DAY_OR_MONTH;
    }
    if text.contains(":60") {
        return "a second runs from 0 to 59: a leap second has no place of its own";
    }
    if ["T24:", "t24:", " 24:"].iter().any(|hour| text.contains(hour)) {
        return "an hour runs from 0 to 23: the end of a day is 00:00 of the next";
    }
    "write it like \"2024-09-05T20:20:00Z\", or declare the field's format"
}

const DAY_OR_MONTH: &str =
    "is it the day or the month that comes first? declare format = \"%m/%d/%Y\" or \"%d/%m/%Y\", as it is written";
