//! The list of imported parts, in order.

use std::io::Write;
use std::path::{Path, PathBuf};

use crate::batch::error::{BatchError, FileFault};
use crate::batch::write::write_atomically;

/// Changed whenever an older binary could not read the file.
const FORMAT: u32 = 1;

#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    format: u32,
    /// The number of the next part: numbers are never used twice.
    pub(super) next: u64,
    pub(super) parts: Vec<ManifestPart>,
}

/// One imported file.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ManifestPart {
    /// In the manifest's folder.
    pub(super) file: String,
    pub(super) rows: u64,
    /// The name of the file that it was imported from.
    pub(super) source: String,
    /// BLAKE3 of that file's bytes, in hex.
    pub(super) digest: String,
}

impl Manifest {
    pub(super) fn empty() -> Manifest {
        Manifest { format: FORMAT, next: 1, parts: Vec::new() }
    }

    fn path(folder: &Path) -> PathBuf {
        folder.join("manifest.json")
    }

    /// Empty where nothing was imported yet.
    pub(super) fn load(folder: &Path) -> Result<Manifest, BatchError> {
        let path = Manifest::path(folder);
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Manifest::empty()),
            Err(error) => return Err(BatchError::file(&path, error)),
        };
        let unreadable = |reason: String| BatchError::Manifest { path: path.clone(), reason };
        let manifest: Manifest = serde_json::from_slice(&bytes).map_err(|error| unreadable(error.to_string()))?;
        if manifest.format != FORMAT {
            return Err(unreadable(format!("its format is {}, this binary reads {FORMAT}", manifest.format)));
        }
        Ok(manifest)
    }

    pub(super) fn save(&self, folder: &Path) -> Result<(), BatchError> {
        let path = Manifest::path(folder);
        let write = |file: &mut std::fs::File| {
            let text = serde_json::to_string_pretty(self).map_err(std::io::Error::other)?;
            writeln!(file, "{text}").map_err(FileFault::Io)
        };
        write_atomically(&path, write).map_err(|fault| BatchError::file(&path, fault))
    }

    pub(super) fn holds(&self, digest: &str) -> bool {
        self.parts.iter().any(|part| part.digest == digest)
    }
}
