//! Conversions between types. Text is read strictly: no blanks around it, the whole of it.

use smol_str::{SmolStr, ToSmolStr, format_smolstr};

use super::time::format_timestamp;
use super::typed::Timestamp;
use crate::timestamp::parse_timestamp;

pub(super) fn same<T>(x: T) -> T {
    x
}

pub(super) fn bool_to_int(x: bool) -> i64 {
    i64::from(x)
}

pub(super) fn bool_to_float(x: bool) -> f64 {
    f64::from(u8::from(x))
}

pub(super) fn bool_to_string(x: bool) -> SmolStr {
    SmolStr::new_static(if x { "true" } else { "false" })
}

pub(super) fn int_to_bool(x: i64) -> bool {
    x != 0
}

#[expect(clippy::cast_precision_loss, reason = "beyond 2^53 the nearest double, as documented in the table")]
pub(super) fn int_to_float(x: i64) -> f64 {
    x as f64
}

pub(super) fn int_to_string(x: i64) -> SmolStr {
    x.to_smolstr()
}

pub(super) fn float_to_bool(x: f64) -> bool {
    x != 0.0
}

/// The shortest text that reads back as the same double.
pub(super) fn float_to_string(x: f64) -> SmolStr {
    format_smolstr!("{x:?}")
}

pub(super) fn string_to_bool(text: &str) -> Option<bool> {
    match text {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

pub(super) fn string_to_int(text: &str) -> Option<i64> {
    text.parse().ok()
}

/// Spellings of infinity and NaN give what is not finite, hence NULL.
pub(super) fn string_to_float(text: &str) -> Option<f64> {
    text.parse().ok()
}

pub(super) fn string_to_timestamp(text: &str) -> Option<Timestamp> {
    parse_timestamp(text).map(Timestamp)
}

pub(super) fn timestamp_to_string(time: Timestamp) -> Option<SmolStr> {
    format_timestamp(time.0)
}
