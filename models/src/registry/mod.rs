//! Versions and aliases of models.

use crate::artifact::Artifact;
use crate::reference::ModelRef;

/// A stored version.
#[derive(Debug, Clone, PartialEq)]
pub struct Version {
    pub model: String,
    pub number: u32,
    pub artifact: Artifact,
}

#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    #[error("the registry has no model `{name}`")]
    UnknownModel { name: String, nearest: Option<String> },
    #[error("model `{model}` has no version {number}")]
    UnknownVersion { model: String, number: u32 },
    #[error("model `{model}` has no alias `{alias}`")]
    UnknownAlias { model: String, alias: String },
    #[error("the artifact of `{model}` version {number} is broken: {reason}")]
    Broken { model: String, number: u32, reason: String },
    #[error("{action} `{path}`")]
    Io { action: &'static str, path: std::path::PathBuf, source: std::io::Error },
}

/// Keeps versions and aliases.
///
/// Contract, checked by `contract::registry`:
/// * Versions count from 1 for each model and never change; two writers never get the same number.
/// * A version is visible whole or not at all, whatever step a writer dies at.
/// * Aliases move atomically; each move is kept in the history.
pub trait Registry: Send + Sync + std::fmt::Debug {
    fn publish(&self, artifact: &Artifact) -> Result<u32, RegistryError>;
    fn models(&self) -> Result<Vec<String>, RegistryError>;
    /// Ascending.
    fn versions(&self, model: &str) -> Result<Vec<u32>, RegistryError>;
    /// Reads and checks the artifact.
    fn load(&self, model: &str, number: u32) -> Result<Version, RegistryError>;
    fn resolve(&self, reference: &ModelRef) -> Result<u32, RegistryError>;
    fn aliases(&self, model: &str) -> Result<Vec<(String, u32)>, RegistryError>;
    /// Moves an alias; `expected` makes the move conditional on where it stands now. `reason` goes to the history.
    fn set_alias(&self, model: &str, alias: &str, number: u32, reason: &str) -> Result<(), RegistryError>;
    fn history(&self, model: &str) -> Result<Vec<AliasMove>, RegistryError>;
    /// Changes whenever anything in the registry changes: what a server polls to pick up a new champion.
    fn revision(&self) -> Result<u64, RegistryError>;
}

#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct AliasMove {
    pub at: String,
    pub alias: String,
    pub from: Option<u32>,
    pub to: u32,
    pub reason: String,
}
