//! A value of a table.

use std::borrow::Cow;

/// Booleans and times are whole numbers.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell<'a> {
    Null,
    Int(i64),
    Real(f64),
    Text(Cow<'a, str>),
    Bytes(Cow<'a, [u8]>),
}

impl Cell<'_> {
    pub fn int(&self) -> Option<i64> {
        if let Cell::Int(int) = self { Some(*int) } else { None }
    }

    pub fn real(&self) -> Option<f64> {
        if let Cell::Real(real) = self { Some(*real) } else { None }
    }

    pub fn text(&self) -> Option<&str> {
        if let Cell::Text(text) = self { Some(text) } else { None }
    }

    pub fn bytes(&self) -> Option<&[u8]> {
        if let Cell::Bytes(bytes) = self { Some(bytes) } else { None }
    }
}

impl From<i64> for Cell<'_> {
    fn from(int: i64) -> Self {
        Cell::Int(int)
    }
}

impl From<u32> for Cell<'_> {
    fn from(int: u32) -> Self {
        Cell::Int(int.into())
    }
}

impl From<bool> for Cell<'_> {
    fn from(truth: bool) -> Self {
        Cell::Int(truth.into())
    }
}

impl From<f64> for Cell<'_> {
    fn from(real: f64) -> Self {
        Cell::Real(real)
    }
}

impl<'a> From<&'a str> for Cell<'a> {
    fn from(text: &'a str) -> Self {
        Cell::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Cell<'_> {
    fn from(text: String) -> Self {
        Cell::Text(Cow::Owned(text))
    }
}

impl<'a> From<&'a [u8]> for Cell<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Cell::Bytes(Cow::Borrowed(bytes))
    }
}

impl<'a, T: Into<Cell<'a>>> From<Option<T>> for Cell<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Cell::Null, Into::into)
    }
}
