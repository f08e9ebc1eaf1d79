//! Reading one JSON value as a value of a declared type.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use smol_str::SmolStr;

use crate::schema::Field;
use crate::value::{Type, Value};

/// Whole numbers beyond this may have lost digits when they were written as floats.
const EXACT: f64 = 9_007_199_254_740_992.0; // 2^53

/// The first whole number above the range of an int.
const RANGE: f64 = 9_223_372_036_854_775_808.0; // 2^63

/// A reason shows so much of a text that is not of the field's type.
const SHOWN: usize = 40;

/// Writes the value into `slot`; null leaves it as it is. Why a value was refused is told in `refused`, as errors that
/// pass through the parser carry only text.
pub(super) struct ScalarSeed<'a> {
    pub(super) field: &'a Field,
    pub(super) slot: &'a mut Value,
    pub(super) refused: &'a mut Option<Refused>,
}

pub(super) struct Refused(pub(super) String);

impl ScalarSeed<'_> {
    fn set<E: Error>(self, value: Value) -> Result<(), E> {
        *self.slot = value;
        Ok(())
    }

    #[cold]
    fn refuse<E: Error>(self, reason: String) -> Result<(), E> {
        *self.refused = Some(Refused(reason));
        Err(E::custom("refused"))
    }

    #[cold]
    fn unexpected<E: Error>(self, found: impl fmt::Display) -> Result<(), E> {
        let reason = format!("{} is expected, {found} was found", expected(self.field));
        self.refuse(reason)
    }

    fn set_whole<E: Error>(self, i: i64) -> Result<(), E> {
        match self.field.ty {
            Type::Int => self.set(Value::Int(i)),
            Type::Float => self.set(Value::Float(i as f64)),
            Type::Timestamp => match self.field.format.whole(i) {
                Some(time) => self.set(Value::Timestamp(time)),
                None => self.unexpected(format_args!("the number {i}")),
            },
            Type::Bool | Type::String | Type::Interval => self.unexpected(format_args!("the number {i}")),
        }
    }
}

impl<'de> DeserializeSeed<'de> for ScalarSeed<'_> {
    type Value = ();

    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ScalarSeed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&expected(self.field))
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E: Error>(self, b: bool) -> Result<(), E> {
        match self.field.ty {
            Type::Bool => self.set(Value::Bool(b)),
            _ => self.unexpected(b),
        }
    }

    fn visit_i64<E: Error>(self, i: i64) -> Result<(), E> {
        self.set_whole(i)
    }

    fn visit_u64<E: Error>(self, i: u64) -> Result<(), E> {
        match (i64::try_from(i), self.field.ty) {
            (Ok(i), _) => self.set_whole(i),
            (Err(_), Type::Float) => self.set(Value::Float(i as f64)),
            (Err(_), Type::Int | Type::Timestamp) => self.refuse(format!("{i} does not fit 64 bits")),
            (Err(_), _) => self.unexpected(format_args!("the number {i}")),
        }
    }

    fn visit_f64<E: Error>(self, x: f64) -> Result<(), E> {
        match self.field.ty {
            // The parser refuses numbers beyond the doubles.
            Type::Float if x.is_finite() => self.set(Value::Float(x)),
            Type::Int | Type::Timestamp if x.fract() == 0.0 && x.abs() <= EXACT => self.set_whole(x as i64),
            Type::Int | Type::Timestamp if x.abs() >= RANGE => self.refuse(format!("{x:e} does not fit 64 bits")),
            Type::Int | Type::Timestamp if x.fract() == 0.0 => {
                self.refuse(format!("{x:e} is written as a float and beyond 2^53, where floats lose digits"))
            }
            Type::Timestamp if let Some(time) = self.field.format.float(x) => self.set(Value::Timestamp(time)),
            _ => self.unexpected(format_args!("the number {x}")),
        }
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        match self.field.ty {
            Type::String => match self.field.values.as_ref().map(|values| values.read(text)) {
                None => self.set(Value::String(SmolStr::new(text))),
                Some(Ok(value)) => self.set(Value::String(value)),
                Some(Err(error)) => self.refuse(error.to_string()),
            },
            Type::Timestamp => match (self.field.format.text(text), self.field.format.why_not(text)) {
                (Some(time), _) => self.set(Value::Timestamp(time)),
                (None, Some(why)) => {
                    let reason = format!("{} is expected, {} was found: {why}", expected(self.field), Quoted(text));
                    self.refuse(reason)
                }
                (None, None) => self.unexpected(Quoted(text)),
            },
            _ => self.unexpected(format_args!("the string {}", Quoted(text))),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, _: A) -> Result<(), A::Error> {
        self.unexpected("an object")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<(), A::Error> {
        self.unexpected("an array")
    }
}

fn expected(field: &Field) -> String {
    let expected = match field.ty {
        Type::Bool => "true or false",
        Type::Int => "an int",
        Type::Float => "a number",
        Type::String => "a string",
        Type::Timestamp => return field.format.expected(),
        Type::Interval => "nothing",
    };
    expected.to_owned()
}

/// Text in quotes, cut where it is long.
struct Quoted<'a>(&'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.char_indices().nth(SHOWN) {
            None => write!(f, "{:?}", self.0),
            Some((end, _)) => write!(f, "{:?}…", &self.0[..end]),
        }
    }
}
