//! The embedded registry: a folder.
//!
//! ```text
//! ROOT/MODEL/versions/3/…      an artifact; never changes once it is there
//! ROOT/MODEL/aliases.json      where each alias stands, and the latest move
//! ROOT/MODEL/history.jsonl     every move, a line each
//! ROOT/MODEL/staging/…         what a writer is writing
//! ROOT/MODEL/*.lock            advisory locks of writers; readers need none
//! ```
//!
//! A reader sees only what one rename made visible: of a version's folder, or of `aliases.json`.

mod aliases;
mod disk;
mod layout;
mod publish;

use std::path::PathBuf;

use aliases::AliasFile;
use disk::Disk;
use layout::Layout;

use super::{AliasChange, AliasMove, Clock, Registry, RegistryError, Version};
use crate::artifact::{Artifact, Files};

pub struct DirectoryRegistry {
    layout: Layout,
    clock: Clock,
    disk: Disk,
}

impl DirectoryRegistry {
    /// The folder need not exist: it is made by the first `publish`, and empty until then.
    pub fn new(root: impl Into<PathBuf>, clock: Clock) -> DirectoryRegistry {
        DirectoryRegistry { layout: Layout::new(root.into()), clock, disk: Disk::default() }
    }
}

impl Registry for DirectoryRegistry {
    fn publish(&self, artifact: &Artifact) -> Result<u32, RegistryError> {
        let files = artifact.to_files().map_err(|reason| RegistryError::Unstorable { reason })?;
        publish::publish(&self.layout, &self.disk, &artifact.manifest().model, &files)
    }

    fn models(&self) -> Result<Vec<String>, RegistryError> {
        self.layout.models()
    }

    fn versions(&self, model: &str) -> Result<Vec<u32>, RegistryError> {
        self.layout.versions(model)
    }

    fn load(&self, model: &str, number: u32) -> Result<Version, RegistryError> {
        let versions = self.versions(model)?;
        if !versions.contains(&number) {
            let newest = versions.last().copied();
            return Err(RegistryError::UnknownVersion { model: model.to_owned(), number, newest });
        }
        let files: Files = disk::read_files(&self.layout.version(model, number))?;
        match Artifact::from_files(&files) {
            Ok(artifact) => Ok(Version { model: model.to_owned(), number, artifact }),
            Err(reason) => Err(RegistryError::Broken { model: model.to_owned(), number, reason }),
        }
    }

    fn aliases(&self, model: &str) -> Result<Vec<(String, u32)>, RegistryError> {
        self.versions(model)?;
        Ok(AliasFile::read(&self.layout.aliases(model))?.aliases.into_iter().collect())
    }

    fn move_alias(&self, model: &str, change: &AliasChange<'_>) -> Result<AliasMove, RegistryError> {
        let versions = self.versions(model)?;
        if !versions.contains(&change.to) {
            let newest = versions.last().copied();
            return Err(RegistryError::UnknownVersion { model: model.to_owned(), number: change.to, newest });
        }
        aliases::make_move(&self.layout, &self.disk, model, change, (self.clock)())
    }

    fn history(&self, model: &str) -> Result<Vec<AliasMove>, RegistryError> {
        self.versions(model)?;
        aliases::history(&self.layout, model)
    }

    /// A digest of everything visible, so that no crash can leave a change unannounced.
    fn revision(&self) -> Result<u64, RegistryError> {
        let mut digest = blake3::Hasher::new();
        for model in self.models()? {
            digest.update(model.as_bytes()).update(&[0]);
            for number in self.versions(&model)? {
                digest.update(&number.to_le_bytes());
            }
            digest.update(&[0; 4]);
            let aliases = disk::read(&self.layout.aliases(&model))?.unwrap_or_default();
            digest.update(blake3::hash(&aliases).as_bytes());
        }
        let mut first = [0; 8];
        digest.finalize_xof().fill(&mut first);
        Ok(u64::from_le_bytes(first))
    }
}

impl std::fmt::Debug for DirectoryRegistry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DirectoryRegistry").field("layout", &self.layout).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
