//! A value within a document, and where it stands.

use serde_json::Value;

use super::RiotError;

#[derive(Debug, Clone)]
pub(super) struct Place<'a> {
    value: &'a Value,
    path: String,
}

impl<'a> Place<'a> {
    pub(super) fn root(value: &'a Value) -> Place<'a> {
        Place { value, path: String::new() }
    }

    pub(super) fn value(&self) -> &'a Value {
        self.value
    }

    /// NULL is as good as absent.
    pub(super) fn find(&self, key: &str) -> Option<Place<'a>> {
        let value = self.value.get(key).filter(|value| !value.is_null())?;
        Some(Place { value, path: self.below(key) })
    }

    pub(super) fn get(&self, key: &str) -> Result<Place<'a>, RiotError> {
        self.find(key).ok_or_else(|| RiotError::Missing { place: self.below(key) })
    }

    pub(super) fn items(&self) -> Result<Vec<Place<'a>>, RiotError> {
        let items = self.value.as_array().ok_or_else(|| self.wrong("a list"))?;
        let place = |(index, value)| Place { value, path: format!("{}[{index}]", self.path) };
        Ok(items.iter().enumerate().map(place).collect())
    }

    pub(super) fn int(&self) -> Result<i64, RiotError> {
        self.value.as_i64().ok_or_else(|| self.wrong("a whole number"))
    }

    /// A whole number of things in a match: not negative, and nothing that sums could not hold.
    pub(super) fn count(&self) -> Result<i64, RiotError> {
        let count = self.int()?;
        if (0..=1_000_000_000).contains(&count) { Ok(count) } else { Err(self.at_odds("no match has so many")) }
    }

    pub(super) fn bool(&self) -> Result<bool, RiotError> {
        self.value.as_bool().ok_or_else(|| self.wrong("true or false"))
    }

    pub(super) fn text(&self) -> Result<&'a str, RiotError> {
        self.value.as_str().ok_or_else(|| self.wrong("text"))
    }

    /// Of what is there at all.
    pub(super) fn some_int(&self, key: &str) -> Result<Option<i64>, RiotError> {
        self.find(key).map(|place| place.int()).transpose()
    }

    pub(super) fn some_text(&self, key: &str) -> Result<Option<&'a str>, RiotError> {
        self.find(key).map(|place| place.text()).transpose()
    }

    pub(super) fn at_odds(&self, reason: &'static str) -> RiotError {
        RiotError::AtOdds { place: self.path.clone(), reason }
    }

    fn below(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    fn wrong(&self, expected: &'static str) -> RiotError {
        let found = match self.value {
            Value::Null => "nothing",
            Value::Bool(_) => "true or false",
            Value::Number(_) => "another number",
            Value::String(_) => "text",
            Value::Array(_) => "a list",
            Value::Object(_) => "an object",
        };
        RiotError::WrongType { place: self.path.clone(), expected, found }
    }
}
