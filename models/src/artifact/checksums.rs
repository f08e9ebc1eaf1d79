//! `checksums.json`: so that a file changed, swapped or cut short is found before it predicts.

use std::collections::BTreeMap;

use super::{ArtifactError, CHECKSUMS, Files};

#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct Checksums {
    algorithm: Algorithm,
    /// File name to 64 hexadecimal digits.
    files: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
enum Algorithm {
    Blake3,
}

impl Checksums {
    /// Of every file but the checksums themselves.
    pub(super) fn of(files: &Files) -> Checksums {
        let digest = |bytes: &[u8]| blake3::hash(bytes).to_hex().to_string();
        let others = files.iter().filter(|(name, _)| *name != CHECKSUMS);
        Checksums {
            algorithm: Algorithm::Blake3,
            files: others.map(|(name, bytes)| (name.to_owned(), digest(bytes))).collect(),
        }
    }

    /// Every file listed is there and unchanged. Files beside them (as MLflow adds some) are none of our business.
    pub(super) fn verify(&self, files: &Files) -> Result<(), ArtifactError> {
        for (file, expected) in &self.files {
            if blake3::hash(files.require(file)?).to_hex().as_str() != expected {
                return Err(ArtifactError::Checksum { file: file.clone() });
            }
        }
        Ok(())
    }

    pub(super) fn covers(&self, file: &str) -> bool {
        self.files.contains_key(file)
    }
}
