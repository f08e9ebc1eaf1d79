//! Moves of an alias from one version to another.

use features::value::Micros;

use super::RegistryError;
use crate::reference::check_name;

/// A move that somebody asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AliasChange<'a> {
    pub alias: &'a str,
    pub to: u32,
    pub expected: Expected,
    pub kind: MoveKind,
    /// Goes to the history; may be empty.
    pub reason: &'a str,
}

impl AliasChange<'_> {
    /// The move that this makes of an alias that stands at `from`, or why it may not be made.
    pub(super) fn happen(&self, model: &str, from: Option<u32>, at: Micros) -> Result<AliasMove, RegistryError> {
        check_name(self.alias).map_err(|reason| RegistryError::Name { name: self.alias.to_owned(), reason })?;
        if !self.expected.admits(from) {
            return Err(RegistryError::AliasMoved {
                model: model.to_owned(),
                alias: self.alias.to_owned(),
                found: from,
            });
        }
        let (alias, reason) = (self.alias.to_owned(), self.reason.to_owned());
        Ok(AliasMove { at, alias, from, to: self.to, kind: self.kind, reason })
    }
}

/// Where the alias must stand for the move to happen: what makes "read, decide, move" safe beside other writers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    Anywhere,
    /// The model does not have the alias yet.
    Unset,
    At(u32),
}

impl Expected {
    fn admits(self, found: Option<u32>) -> bool {
        match self {
            Expected::Anywhere => true,
            Expected::Unset => found.is_none(),
            Expected::At(number) => found == Some(number),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MoveKind {
    Promotion,
    /// Takes the latest promotion back.
    Rollback,
}

/// A move that happened.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct AliasMove {
    #[serde(with = "crate::timestamp::serde_rfc3339")]
    pub at: Micros,
    pub alias: String,
    /// `None`: the model did not have the alias.
    pub from: Option<u32>,
    pub to: u32,
    pub kind: MoveKind,
    pub reason: String,
}
