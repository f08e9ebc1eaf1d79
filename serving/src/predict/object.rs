//! A small JSON object read into names and raw values, and one raw value read as a declared type.

use std::borrow::Cow;
use std::fmt;

use features::timestamp::parse_timestamp;
use features::value::{Type, Value};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The members of a JSON object as they stand; a name may occur twice.
#[derive(Debug)]
pub(super) struct Object<'a>(pub(super) Vec<(Cow<'a, str>, &'a str)>);

impl<'a> Object<'a> {
    /// `None` if the text is valid JSON of another kind.
    pub(super) fn parse(json: &'a str) -> Option<Object<'a>> {
        serde_json::from_str(json).ok()
    }
}

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Members)
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Object<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object<'de>, A::Error> {
        let mut members = Vec::with_capacity(16);
        while let Some((Name(name), value)) = map.next_entry::<Name<'de>, &'de RawValue>()? {
            members.push((name, value.get()));
        }
        Ok(Object(members))
    }
}

/// Borrowed unless it holds escapes.
struct Name<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Name<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

/// Reads one valid JSON value as `ty`; null is NULL. The error says what was found, for "not …" in a sentence.
pub(crate) fn typed(ty: Type, json: &str) -> Result<Value, String> {
    if json == "null" {
        return Ok(Value::Null);
    }
    let found = || Err(kind(json).to_owned());
    match ty {
        Type::Bool => match json {
            "true" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            _ => found(),
        },
        Type::Int | Type::Interval if is_number(json) => {
            let whole = json.parse::<i64>().ok().or_else(|| whole_number(json));
            let int = whole.ok_or_else(|| format!("{json}: it has a fraction or does not fit in 64 bits"))?;
            Ok(if ty == Type::Int { Value::Int(int) } else { Value::Interval(int) })
        }
        Type::Float if is_number(json) => match json.parse::<f64>() {
            Ok(x) if x.is_finite() => Ok(Value::Float(x)),
            _ => Err(format!("{json}: it is out of range")),
        },
        Type::String if json.starts_with('"') => match serde_json::from_str::<String>(json) {
            Ok(text) => Ok(Value::String(text.into())),
            Err(_) => Err("a string with a lone surrogate".to_owned()),
        },
        Type::Timestamp if json.starts_with('"') => {
            let text = serde_json::from_str::<String>(json).map_err(|_| "a string with a lone surrogate".to_owned())?;
            match parse_timestamp(&text) {
                Some(at) => Ok(Value::Timestamp(at)),
                None => Err(format!("{json}: write it like \"2025-02-09T23:30:00Z\"")),
            }
        }
        _ => found(),
    }
}

/// Some writers print whole numbers as `3.0`.
fn whole_number(json: &str) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let x = json.parse::<f64>().ok()?;
    #[expect(clippy::cast_possible_truncation, reason = "whole and at most 2^53 in size: exact")]
    let whole = (x.fract() == 0.0 && x.abs() <= EXACT).then_some(x as i64);
    whole
}

fn is_number(json: &str) -> bool {
    json.starts_with(|c: char| c == '-' || c.is_ascii_digit())
}

fn kind(json: &str) -> &'static str {
    match json.as_bytes().first() {
        Some(b'"') => "a string",
        Some(b'{') => "an object",
        Some(b'[') => "an array",
        Some(b't' | b'f') => "a boolean",
        Some(b'n') => "null",
        _ => "a number",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn reads(ty: Type, json: &str, expected: &Value) {
        assert_eq!(typed(ty, json).as_ref(), Ok(expected), "{json}");
    }

    #[track_caller]
    fn refuses(ty: Type, json: &str, found: &str) {
        assert_eq!(typed(ty, json), Err(found.to_owned()), "{json}");
    }

    #[test]
    fn values_are_read_as_their_declared_type() {
        reads(Type::Int, "3", &Value::Int(3));
        reads(Type::Int, "3.0", &Value::Int(3));
        reads(Type::Float, "3", &Value::Float(3.0));
        reads(Type::Float, "-2.5e-3", &Value::Float(-0.0025));
        reads(Type::Bool, "true", &Value::Bool(true));
        reads(Type::String, r#""a\nb""#, &Value::String("a\nb".into()));
        reads(Type::Timestamp, r#""1970-01-01T00:00:01Z""#, &Value::Timestamp(1_000_000));
        for ty in [Type::Bool, Type::Int, Type::Float, Type::String, Type::Timestamp] {
            reads(ty, "null", &Value::Null);
        }
    }

    #[test]
    fn what_does_not_fit_is_named() {
        refuses(Type::Int, "3.5", "3.5: it has a fraction or does not fit in 64 bits");
        refuses(Type::Int, "1e30", "1e30: it has a fraction or does not fit in 64 bits");
        refuses(Type::Float, "1e999", "1e999: it is out of range");
        refuses(Type::Float, r#""NaN""#, "a string");
        refuses(Type::Float, "[1]", "an array");
        refuses(Type::Bool, "1", "a number");
        refuses(Type::String, "true", "a boolean");
        refuses(Type::Timestamp, r#""noon""#, "\"noon\": write it like \"2025-02-09T23:30:00Z\"");
    }

    #[test]
    fn names_keep_their_order_and_their_repeats() {
        let object = Object::parse(r#"{"b": 1, "a\u0062": [2], "b": {}}"#).unwrap();
        let names: Vec<&str> = object.0.iter().map(|(name, _)| name.as_ref()).collect();
        assert_eq!(names, ["b", "ab", "b"]);
        assert_eq!(object.0[1].1, "[2]");
        assert!(Object::parse("[1]").is_none());
    }
}
