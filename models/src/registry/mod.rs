//! Versions and aliases of models.

mod alias;
mod directory;
mod error;
mod memory;
mod promotion;

use std::sync::Arc;

use features::value::Micros;

pub use alias::{AliasChange, AliasMove, Expected, MoveKind};
pub use directory::DirectoryRegistry;
pub use error::RegistryError;
pub use memory::MemoryRegistry;
pub use promotion::{CHAMPION, PromotionError, Published, known_parity, promote, publish_and_maybe_promote, rollback};

use crate::artifact::Artifact;
use crate::reference::{ModelRef, Selector};

/// Tells the time of alias moves.
pub type Clock = Arc<dyn Fn() -> Micros + Send + Sync>;

/// A stored version.
#[derive(Debug, Clone, PartialEq)]
pub struct Version {
    pub model: String,
    pub number: u32,
    pub artifact: Artifact,
}

/// Keeps versions and aliases.
///
/// Contract, checked by `contract::registry`:
/// * Versions count from 1 for each model and never change; two writers never get the same number.
/// * A version is visible whole or not at all, whatever step a writer dies at.
/// * Aliases move atomically; each move is kept in the history, in order, and nothing that did not happen.
/// * What cannot be read back whole is [`RegistryError::Broken`], and the other versions stay usable.
pub trait Registry: Send + Sync + std::fmt::Debug {
    /// Stores a version of `artifact.manifest().model` and returns its number. It gets no alias.
    fn publish(&self, artifact: &Artifact) -> Result<u32, RegistryError>;

    /// Models with at least one version, by name.
    fn models(&self) -> Result<Vec<String>, RegistryError>;

    /// Ascending.
    fn versions(&self, model: &str) -> Result<Vec<u32>, RegistryError>;

    /// Reads and checks the artifact.
    fn load(&self, model: &str, number: u32) -> Result<Version, RegistryError>;

    /// By name.
    fn aliases(&self, model: &str) -> Result<Vec<(String, u32)>, RegistryError>;

    /// Moves an alias, if it stands where the caller expects it.
    fn move_alias(&self, model: &str, change: &AliasChange<'_>) -> Result<AliasMove, RegistryError>;

    /// Oldest first.
    fn history(&self, model: &str) -> Result<Vec<AliasMove>, RegistryError>;

    /// Changes whenever anything in the registry changes: what a server polls to pick up a new champion.
    fn revision(&self) -> Result<u64, RegistryError>;

    /// Moves an alias from wherever it stands.
    fn set_alias(&self, model: &str, alias: &str, number: u32, reason: &str) -> Result<AliasMove, RegistryError> {
        let change = AliasChange { alias, to: number, expected: Expected::Anywhere, kind: MoveKind::Promotion, reason };
        self.move_alias(model, &change)
    }

    /// The version that a reference means right now.
    fn resolve(&self, reference: &ModelRef) -> Result<u32, RegistryError> {
        let model = &reference.name;
        let versions = self.versions(model)?;
        match &reference.selector {
            Selector::Newest => versions.last().copied().ok_or_else(|| RegistryError::unknown_model(model, &[])),
            Selector::Version(number) if versions.contains(number) => Ok(*number),
            Selector::Version(number) => Err(RegistryError::UnknownVersion {
                model: model.clone(),
                number: *number,
                newest: versions.last().copied(),
            }),
            Selector::Alias(alias) => {
                let aliases = self.aliases(model)?;
                let found = aliases.iter().find(|(name, _)| name == alias);
                found.map(|(_, number)| *number).ok_or_else(|| RegistryError::unknown_alias(model, alias, &aliases))
            }
        }
    }
}
