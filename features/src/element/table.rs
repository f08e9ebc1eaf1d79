//! THE table. An entry's types and its rule for NULL and overflow are derived from its function's Rust signature
//! ([`super::NullRule`]); its line of documentation says what users read. Order matters to nobody; names are for ever:
//! they are part of view hashes.

use super::apply::{chunk1, chunk2, chunk3, word1, word2, word3};
use super::entry::{Entry, Scalar, Signature};
use super::typed::{Interval, Timestamp};
use super::{arithmetic as a, cast, compare as c, math as m, text, time as t};

macro_rules! unary {
    ($sql:literal, $name:literal, $f:expr, $doc:literal) => {
        Entry {
            sql: $sql,
            name: $name,
            doc: $doc,
            signature: Signature::unary($f),
            scalar: Scalar::Unary(|a, effects| word1($f, a, effects)),
            chunk: |args, rows, out| chunk1($f, args, rows, out),
        }
    };
}

macro_rules! binary {
    ($sql:literal, $name:literal, $f:expr, $doc:literal) => {
        Entry {
            sql: $sql,
            name: $name,
            doc: $doc,
            signature: Signature::binary($f),
            scalar: Scalar::Binary(|a, b, effects| word2($f, a, b, effects)),
            chunk: |args, rows, out| chunk2($f, args, rows, out),
        }
    };
}

macro_rules! ternary {
    ($sql:literal, $name:literal, $f:expr, $doc:literal) => {
        Entry {
            sql: $sql,
            name: $name,
            doc: $doc,
            signature: Signature::ternary($f),
            scalar: Scalar::Ternary(|args, effects| word3($f, args, effects)),
            chunk: |args, rows, out| chunk3($f, args, rows, out),
        }
    };
}

pub(super) static TABLE: &[Entry] = &[
    // Arithmetic.
    binary!("+", "add_int", a::add_int, "Sum; NULL and counted if it does not fit 64 bits."),
    binary!("-", "sub_int", a::sub_int, "Difference; NULL and counted if it does not fit 64 bits."),
    binary!("*", "mul_int", a::mul_int, "Product; NULL and counted if it does not fit 64 bits."),
    binary!("%", "rem_int", a::rem_int, "Remainder with the sign of the dividend (-7 % 2 = -1); x % 0 is NULL."),
    unary!("neg", "neg_int", a::neg_int, "Negation; NULL and counted for the least integer."),
    binary!("+", "add_float", a::add_float, "Sum; NULL if not finite."),
    binary!("-", "sub_float", a::sub_float, "Difference; NULL if not finite."),
    binary!("*", "mul_float", a::mul_float, "Product; NULL if not finite."),
    binary!("/", "div_float", a::div_float, "Quotient, always a float (7 / 2 = 3.5); x / 0 is NULL."),
    binary!("%", "rem_float", a::rem_float, "Exact remainder with the sign of the dividend; x % 0 is NULL."),
    unary!("neg", "neg_float", a::neg_float, "Negation."),
    // Comparison.
    binary!("=", "eq_bool", c::eq::<bool>, "Whether two booleans are equal."),
    binary!("<>", "ne_bool", c::ne::<bool>, "Whether two booleans differ."),
    binary!("<", "lt_bool", c::lt::<bool>, "Whether the first is false and the second true."),
    binary!("<=", "le_bool", c::le::<bool>, "Whether the first is false or the second true."),
    binary!(">", "gt_bool", c::gt::<bool>, "Whether the first is true and the second false."),
    binary!(">=", "ge_bool", c::ge::<bool>, "Whether the first is true or the second false."),
    binary!("=", "eq_int", c::eq::<i64>, "Whether two integers are equal."),
    binary!("<>", "ne_int", c::ne::<i64>, "Whether two integers differ."),
    binary!("<", "lt_int", c::lt::<i64>, "Whether the first integer is less."),
    binary!("<=", "le_int", c::le::<i64>, "Whether the first integer is less or equal."),
    binary!(">", "gt_int", c::gt::<i64>, "Whether the first integer is greater."),
    binary!(">=", "ge_int", c::ge::<i64>, "Whether the first integer is greater or equal."),
    binary!("=", "eq_float", c::eq::<f64>, "Whether two floats are equal; 0.0 equals -0.0."),
    binary!("<>", "ne_float", c::ne::<f64>, "Whether two floats differ; 0.0 equals -0.0."),
    binary!("<", "lt_float", c::lt::<f64>, "Whether the first float is less."),
    binary!("<=", "le_float", c::le::<f64>, "Whether the first float is less or equal."),
    binary!(">", "gt_float", c::gt::<f64>, "Whether the first float is greater."),
    binary!(">=", "ge_float", c::ge::<f64>, "Whether the first float is greater or equal."),
    binary!("=", "eq_string", c::eq::<&str>, "Whether two texts are equal, byte by byte."),
    binary!("<>", "ne_string", c::ne::<&str>, "Whether two texts differ in a byte."),
    binary!("<", "lt_string", c::lt::<&str>, "Whether the first text sorts before, by Unicode code points."),
    binary!("<=", "le_string", c::le::<&str>, "Whether the first text sorts before or is equal."),
    binary!(">", "gt_string", c::gt::<&str>, "Whether the first text sorts after, by Unicode code points."),
    binary!(">=", "ge_string", c::ge::<&str>, "Whether the first text sorts after or is equal."),
    binary!("=", "eq_timestamp", c::eq::<Timestamp>, "Whether two times are the same."),
    binary!("<>", "ne_timestamp", c::ne::<Timestamp>, "Whether two times differ."),
    binary!("<", "lt_timestamp", c::lt::<Timestamp>, "Whether the first time is earlier."),
    binary!("<=", "le_timestamp", c::le::<Timestamp>, "Whether the first time is earlier or the same."),
    binary!(">", "gt_timestamp", c::gt::<Timestamp>, "Whether the first time is later."),
    binary!(">=", "ge_timestamp", c::ge::<Timestamp>, "Whether the first time is later or the same."),
    binary!("=", "eq_interval", c::eq::<Interval>, "Whether two intervals are equally long."),
    binary!("<>", "ne_interval", c::ne::<Interval>, "Whether two intervals differ in length."),
    binary!("<", "lt_interval", c::lt::<Interval>, "Whether the first interval is shorter."),
    binary!("<=", "le_interval", c::le::<Interval>, "Whether the first interval is shorter or equally long."),
    binary!(">", "gt_interval", c::gt::<Interval>, "Whether the first interval is longer."),
    binary!(">=", "ge_interval", c::ge::<Interval>, "Whether the first interval is longer or equally long."),
    unary!("not", "not", c::not, "Logical negation."),
    // What LEAST, GREATEST and clamp are made of. LEAST and GREATEST skip NULLs; that is done where they are lowered.
    binary!("least", "least_bool", c::least::<bool>, "The lesser boolean: false if either is."),
    binary!("least", "least_int", c::least::<i64>, "The lesser integer."),
    binary!("least", "least_float", c::least::<f64>, "The lesser float; of 0.0 and -0.0 the first."),
    binary!("least", "least_string", c::least::<&str>, "The text that sorts first, by Unicode code points."),
    binary!("least", "least_timestamp", c::least::<Timestamp>, "The earlier time."),
    binary!("least", "least_interval", c::least::<Interval>, "The shorter interval."),
    binary!("greatest", "greatest_bool", c::greatest::<bool>, "The greater boolean: true if either is."),
    binary!("greatest", "greatest_int", c::greatest::<i64>, "The greater integer."),
    binary!("greatest", "greatest_float", c::greatest::<f64>, "The greater float; of 0.0 and -0.0 the first."),
    binary!("greatest", "greatest_string", c::greatest::<&str>, "The text that sorts last, by Unicode code points."),
    binary!("greatest", "greatest_timestamp", c::greatest::<Timestamp>, "The later time."),
    binary!("greatest", "greatest_interval", c::greatest::<Interval>, "The longer interval."),
    ternary!("clamp", "clamp_int", c::clamp::<i64>, "x held between low and high; NULL if low > high."),
    ternary!("clamp", "clamp_float", c::clamp::<f64>, "x held between low and high; NULL if low > high."),
    // Rounding and elementary functions.
    unary!("abs", "abs_int", m::abs_int, "Absolute value; NULL and counted for the least integer."),
    unary!("abs", "abs_float", m::abs_float, "Absolute value."),
    unary!("ceil", "ceil", m::ceil, "The least whole number not below x."),
    unary!("floor", "floor", m::floor, "The greatest whole number not above x."),
    unary!("round", "round", m::round, "The nearest whole number, half away from zero (2.5 gives 3)."),
    binary!(
        "round",
        "round_digits",
        m::round_digits,
        "x to so many decimals, half away from zero once scaled by a power of ten; negative: before the point."
    ),
    unary!("sqrt", "sqrt", m::sqrt, "Square root, correctly rounded; NULL below zero."),
    unary!("ln", "ln", m::ln, "Natural logarithm; NULL at zero and below."),
    unary!("exp", "exp", m::exp, "e to the power of x; NULL if not finite."),
    binary!("power", "power", m::power, "x to the power of y; NULL if not finite or not real."),
    // Text.
    unary!("lower", "lower", text::lower, "Text in lower case, by Unicode."),
    unary!("upper", "upper", text::upper, "Text in upper case, by Unicode."),
    unary!("length", "length", text::length, "Length in characters."),
    // Time.
    binary!("+", "add_timestamp_interval", a::add_timestamp_interval, "Later time; NULL and counted beyond 64 bits."),
    binary!("+", "add_interval_timestamp", a::add_interval_timestamp, "Later time; NULL and counted beyond 64 bits."),
    binary!("-", "sub_timestamp_interval", a::sub_timestamp_interval, "Earlier time; NULL and counted beyond 64 bits."),
    binary!(
        "-",
        "sub_timestamps",
        a::sub_timestamps,
        "Time from the second to the first; NULL and counted beyond 64 bits."
    ),
    binary!("+", "add_interval", a::add_interval, "Sum of intervals; NULL and counted beyond 64 bits."),
    binary!("-", "sub_interval", a::sub_interval, "Difference of intervals; NULL and counted beyond 64 bits."),
    unary!("neg", "neg_interval", a::neg_interval, "The interval backwards; NULL and counted for the least one."),
    binary!(
        "*",
        "mul_interval_int",
        a::mul_interval_int,
        "So many times the interval; NULL and counted beyond 64 bits."
    ),
    binary!(
        "*",
        "mul_int_interval",
        a::mul_int_interval,
        "So many times the interval; NULL and counted beyond 64 bits."
    ),
    binary!(
        "*",
        "mul_interval_float",
        a::mul_interval_float,
        "So many times the interval, to the nearest microsecond; NULL and counted beyond 64 bits."
    ),
    binary!(
        "*",
        "mul_float_interval",
        a::mul_float_interval,
        "So many times the interval, to the nearest microsecond; NULL and counted beyond 64 bits."
    ),
    binary!(
        "/",
        "div_interval_float",
        a::div_interval_float,
        "That part of the interval, to the nearest microsecond; x / 0 is NULL; NULL and counted beyond 64 bits."
    ),
    unary!("extract:epoch", "epoch", t::epoch, "Seconds since 1970-01-01 00:00:00 UTC, with fraction."),
    unary!("extract:epoch", "interval_epoch", t::interval_epoch, "Length in seconds, with fraction."),
    unary!("extract:year", "year", t::year, "Calendar year (UTC); NULL beyond some 262,000 years either way."),
    unary!("extract:month", "month", t::month, "Month of the year, 1 to 12; NULL where the year is."),
    unary!("extract:day", "day", t::day, "Day of the month, 1 to 31; NULL where the year is."),
    unary!("extract:hour", "hour", t::hour, "Hour of the day, 0 to 23."),
    unary!("extract:minute", "minute", t::minute, "Minute of the hour, 0 to 59."),
    unary!("extract:second", "second", t::second, "Second of the minute with fraction, from 0 to below 60."),
    unary!("extract:dow", "day_of_week", t::day_of_week, "Day of the week, 0 (Sunday) to 6."),
    unary!("extract:doy", "day_of_year", t::day_of_year, "Day of the year, 1 to 366; NULL where the year is."),
    // Casts.
    unary!("cast:bool", "same_bool", cast::same::<bool>, "The boolean itself."),
    unary!("cast:bool", "int_to_bool", cast::int_to_bool, "False for 0, else true."),
    unary!("cast:bool", "float_to_bool", cast::float_to_bool, "False for 0.0 and -0.0, else true."),
    unary!("cast:bool", "string_to_bool", cast::string_to_bool, "Reads `true` or `false`; anything else is NULL."),
    unary!("cast:int", "same_int", cast::same::<i64>, "The integer itself."),
    unary!("cast:int", "bool_to_int", cast::bool_to_int, "0 for false, 1 for true."),
    unary!(
        "cast:int",
        "float_to_int",
        m::to_int,
        "The nearest integer, half away from zero; NULL and counted beyond 64 bits."
    ),
    unary!(
        "cast:int",
        "string_to_int",
        cast::string_to_int,
        "Reads decimal digits with an optional sign; anything else, or beyond 64 bits, is NULL."
    ),
    unary!("cast:float", "same_float", cast::same::<f64>, "The float itself."),
    unary!("cast:float", "bool_to_float", cast::bool_to_float, "0.0 for false, 1.0 for true."),
    unary!("cast:float", "int_to_float", cast::int_to_float, "The same number; beyond 2^53 the nearest float."),
    unary!(
        "cast:float",
        "string_to_float",
        cast::string_to_float,
        "Reads a decimal number with optional sign and exponent; anything else, or not finite, is NULL."
    ),
    unary!("cast:string", "same_string", cast::same::<&str>, "The text itself."),
    unary!("cast:string", "bool_to_string", cast::bool_to_string, "`true` or `false`."),
    unary!("cast:string", "int_to_string", cast::int_to_string, "Decimal digits."),
    unary!(
        "cast:string",
        "float_to_string",
        cast::float_to_string,
        "The shortest decimal number that reads back as the same float."
    ),
    unary!(
        "cast:string",
        "timestamp_to_string",
        cast::timestamp_to_string,
        "`YYYY-MM-DD HH:MM:SS[.ffffff]` in UTC; NULL outside the years 0 to 9999."
    ),
    unary!("cast:timestamp", "same_timestamp", cast::same::<Timestamp>, "The time itself."),
    unary!(
        "cast:timestamp",
        "string_to_timestamp",
        cast::string_to_timestamp,
        "Reads a day, ISO 8601 and RFC 3339 (`T` or blank, also compact, seconds and offset optional), and RFC 2822; in UTC \
         where no offset is given. Anything else is NULL."
    ),
    unary!("cast:interval", "same_interval", cast::same::<Interval>, "The interval itself."),
];
