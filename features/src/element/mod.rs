//! The one table of element functions. Every host calls these and nothing else, so that equal inputs give equal bits.

use crate::value::Type;

/// A strict function of one to three values, typed. (Skeleton: the real table follows.)
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Element {
    AddFloat,
}

/// A function found for the given argument types.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Overload {
    pub element: Element,
    /// What the arguments must be converted to; differs from the given types only by Int → Float.
    pub parameters: &'static [Type],
    pub result: Type,
}

/// No overload of a function takes these arguments.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ResolveError {
    #[error("no function `{name}`")]
    Unknown { name: String, nearest: Option<&'static str> },
    #[error("`{name}` does not take ({})", given.iter().map(|t| t.name()).collect::<Vec<_>>().join(", "))]
    Mismatch { name: String, given: Vec<Type>, accepted: Vec<String> },
}

impl Element {
    /// Finds the overload of `name` for arguments of the types `given`.
    ///
    /// Names: operators as written (`+ - * / % = <> < <= > >=`), unary minus `neg`, `not`, functions by their SQL name
    /// in lower case, casts as `cast:TYPE`, extracts as `extract:UNIT`.
    pub fn resolve(name: &str, given: &[Type]) -> Result<Overload, ResolveError> {
        todo!("{name} {given:?}")
    }

    /// A stable name that tells overloads apart; part of view hashes.
    pub fn name(self) -> &'static str {
        todo!()
    }
}
