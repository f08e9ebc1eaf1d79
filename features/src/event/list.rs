//! Finding a list in a JSON text and taking it apart, its elements as they stand.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use smol_str::SmolStr;

use crate::schema::MAX_ELEMENTS;

/// What a list holds.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Entries<'a> {
    List(Vec<&'a str>),
    /// An object's values with their names, in the order of the names: numbers by what they count, and before any other
    /// name. The order in which a writer happens to put them does not matter.
    Object(Vec<(SmolStr, &'a str)>),
}

/// Why there is nothing to take apart.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ListError {
    #[error("a list is expected, {0} was found")]
    NoList(&'static str),
    #[error("more than {MAX_ELEMENTS} elements")]
    TooMany,
    #[error("`{0}` stands twice in one object")]
    Twice(SmolStr),
}

/// The value at the end of `way`; null is as if it were not there. `Err`: two values stand at one place on the way.
pub(super) fn find<'a>(json: &'a str, way: &[SmolStr]) -> Result<Option<&'a str>, ()> {
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let found = Finder { way }.deserialize(&mut deserializer).map_err(|_| ())?;
    Ok(found.map(RawValue::get).filter(|found| *found != "null"))
}

/// Takes apart one JSON value.
pub(super) fn entries(json: &str) -> Result<Entries<'_>, ListError> {
    let kind = match json.as_bytes().first() {
        Some(b'[') => {
            let Capped(values): Capped<&RawValue> = parsed(json)?;
            return Ok(Entries::List(values.into_iter().map(RawValue::get).collect()));
        }
        Some(b'{') => {
            let Capped(members): Capped<(Cow<'_, str>, &RawValue)> = parsed(json)?;
            let members = members.into_iter().map(|(name, value)| (SmolStr::from(name), value.get()));
            return in_order(members.collect());
        }
        Some(b'"') => "a string",
        Some(b't' | b'f') => "a bool",
        _ => "a number",
    };
    Err(ListError::NoList(kind))
}

/// The JSON is known to be valid: what fails is the cap.
fn parsed<'a, T: Deserialize<'a>>(json: &'a str) -> Result<T, ListError> {
    serde_json::from_str(json).map_err(|_| ListError::TooMany)
}

fn in_order(mut members: Vec<(SmolStr, &str)>) -> Result<Entries<'_>, ListError> {
    members.sort_by(|a, b| by_name(&a.0, &b.0));
    let twice = members.windows(2).find(|pair| pair[0].0 == pair[1].0);
    twice.map_or(Ok(()), |pair| Err(ListError::Twice(pair[0].0.clone())))?;
    Ok(Entries::Object(members))
}

fn by_name(a: &str, b: &str) -> Ordering {
    let number = |name: &str| {
        let digits = !name.is_empty() && name.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| name.trim_start_matches('0').len())
    };
    match (number(a), number(b)) {
        (Some(x), Some(y)) => {
            let digits = |name: &str, length: usize| name[name.len() - length..].to_owned();
            x.cmp(&y).then_with(|| digits(a, x).cmp(&digits(b, y))).then_with(|| a.cmp(b))
        }
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => a.cmp(b),
    }
}

/// At most [`MAX_ELEMENTS`] elements or members.
struct Capped<T>(Vec<T>);

impl<T> Capped<T> {
    fn push<E: serde::de::Error>(&mut self, element: T) -> Result<(), E> {
        if self.0.len() >= MAX_ELEMENTS as usize {
            return Err(E::custom("too many elements"));
        }
        self.0.push(element);
        Ok(())
    }
}

impl<'de> Deserialize<'de> for Capped<&'de RawValue> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Elements;
        impl<'de> Visitor<'de> for Elements {
            type Value = Capped<&'de RawValue>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut elements = Capped(Vec::new());
                while let Some(element) = seq.next_element()? {
                    elements.push(element)?;
                }
                Ok(elements)
            }
        }
        deserializer.deserialize_seq(Elements)
    }
}

impl<'de> Deserialize<'de> for Capped<(Cow<'de, str>, &'de RawValue)> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Capped<(Cow<'de, str>, &'de RawValue)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Capped(Vec::new());
                while let Some(member) = map.next_entry()? {
                    members.push(member)?;
                }
                Ok(members)
            }
        }
        deserializer.deserialize_map(Members)
    }
}

/// Looks for the value at the end of the way.
struct Finder<'w> {
    way: &'w [SmolStr],
}

impl<'de> DeserializeSeed<'de> for Finder<'_> {
    type Value = Option<&'de RawValue>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        match self.way {
            [] => <&RawValue>::deserialize(deserializer).map(Some),
            _ => deserializer.deserialize_any(self),
        }
    }
}

impl<'de> Visitor<'de> for Finder<'_> {
    type Value = Option<&'de RawValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let Some((next, rest)) = self.way.split_first() else { return Ok(None) };
        let (mut found, mut met) = (None, false);
        while let Some(name) = map.next_key::<Cow<'de, str>>()? {
            if name != next.as_str() {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            if std::mem::replace(&mut met, true) {
                return Err(serde::de::Error::custom("it stands twice"));
            }
            found = map.next_value_seed(Finder { way: rest })?;
        }
        Ok(found)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let Some((next, rest)) = self.way.split_first() else { return Ok(None) };
        let wanted = next.parse::<usize>().ok().filter(|nth| nth.to_string() == next.as_str());
        let mut found = None;
        for nth in 0_usize.. {
            let more = match wanted == Some(nth) {
                true => match seq.next_element_seed(Finder { way: rest })? {
                    Some(element) => {
                        found = element;
                        true
                    }
                    None => false,
                },
                false => seq.next_element::<IgnoredAny>()?.is_some(),
            };
            if !more {
                break;
            }
        }
        Ok(found)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn way(path: &str) -> Vec<SmolStr> {
        crate::schema::way_of(path)
    }

    #[test]
    fn a_list_is_found_through_objects_and_arrays() {
        let json = r#"{"a":[1,{"x/y":{"l":[ {"k" : 1}, null ]}}]}"#;
        assert_eq!(find(json, &way("/a/1/x~1y/l")), Ok(Some(r#"[ {"k" : 1}, null ]"#)));
        for missing in ["/a/2", "/a/0/l", "/b", "/a/01/x~1y/l"] {
            assert_eq!(find(json, &way(missing)), Ok(None), "{missing}");
        }
        assert_eq!(find(r#"{"l":null}"#, &way("/l")), Ok(None));
        assert_eq!(find(r#"{"l":[],"l":[]}"#, &way("/l")), Err(()));
    }

    #[test]
    fn elements_come_as_they_stand() {
        assert_eq!(
            entries(r#"[1, {"a":[2]},null , "x"]"#),
            Ok(Entries::List(vec!["1", r#"{"a":[2]}"#, "null", "\"x\""]))
        );
        assert_eq!(entries("[]"), Ok(Entries::List(Vec::new())));
        for (json, kind) in [("1", "a number"), ("\"x\"", "a string"), ("true", "a bool")] {
            assert_eq!(entries(json), Err(ListError::NoList(kind)));
        }
    }

    #[test]
    fn an_objects_values_come_in_the_order_of_their_names() {
        let Ok(Entries::Object(members)) = entries(r#"{"b":1,"10":2,"9":3,"007":4,"7":5,"":6,"a":7}"#) else {
            panic!("an object")
        };
        let names: Vec<&str> = members.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["007", "7", "9", "10", "", "a", "b"]);
        assert_eq!(entries(r#"{"a":1,"a":2}"#), Err(ListError::Twice("a".into())));
    }

    #[test]
    fn huge_lists_are_refused() {
        let list = |length: u32| format!("[{}0]", "0,".repeat(length as usize - 1));
        assert!(entries(&list(MAX_ELEMENTS)).is_ok());
        assert_eq!(entries(&list(MAX_ELEMENTS + 1)), Err(ListError::TooMany));
    }
}
