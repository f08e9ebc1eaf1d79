//! Which path is what, and what stands there.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::super::RegistryError;
use crate::reference::{check_name, version_number};

#[derive(Debug, Clone)]
pub(super) struct Layout {
    root: PathBuf,
}

impl Layout {
    pub(super) fn new(root: PathBuf) -> Layout {
        Layout { root }
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    pub(super) fn model(&self, model: &str) -> PathBuf {
        self.root.join(model)
    }

    pub(super) fn versions_dir(&self, model: &str) -> PathBuf {
        self.model(model).join("versions")
    }

    pub(super) fn version(&self, model: &str, number: u32) -> PathBuf {
        self.versions_dir(model).join(number.to_string())
    }

    pub(super) fn staging(&self, model: &str) -> PathBuf {
        self.model(model).join("staging")
    }

    pub(super) fn aliases(&self, model: &str) -> PathBuf {
        self.model(model).join("aliases.json")
    }

    pub(super) fn history(&self, model: &str) -> PathBuf {
        self.model(model).join("history.jsonl")
    }

    pub(super) fn publish_lock(&self, model: &str) -> PathBuf {
        self.model(model).join("publish.lock")
    }

    pub(super) fn aliases_lock(&self, model: &str) -> PathBuf {
        self.model(model).join("aliases.lock")
    }

    /// Models with a version, by name.
    pub(super) fn models(&self) -> Result<Vec<String>, RegistryError> {
        let mut models = Vec::new();
        for name in subfolders(&self.root)? {
            if check_name(&name).is_ok() && !self.numbers(&name)?.is_empty() {
                models.push(name);
            }
        }
        models.sort_unstable();
        Ok(models)
    }

    /// Ascending, and at least one. A name that no model can have is simply unknown, and reaches no path.
    pub(super) fn versions(&self, model: &str) -> Result<Vec<u32>, RegistryError> {
        let numbers = if check_name(model).is_ok() { self.numbers(model)? } else { Vec::new() };
        if numbers.is_empty() { Err(RegistryError::unknown_model(model, &self.models()?)) } else { Ok(numbers) }
    }

    /// Ascending; none of a model that is not there.
    pub(super) fn numbers(&self, model: &str) -> Result<Vec<u32>, RegistryError> {
        let names = subfolders(&self.versions_dir(model))?;
        let mut numbers: Vec<u32> = names.iter().filter_map(|name| version_number(name)).collect();
        numbers.sort_unstable();
        Ok(numbers)
    }
}

/// Names of the folders in a folder; none if it is not there.
fn subfolders(dir: &Path) -> Result<Vec<String>, RegistryError> {
    let failed = |source| RegistryError::Io { action: "list", path: dir.to_path_buf(), source };
    let entries = match std::fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound) => return Ok(Vec::new()),
        Err(error) => return Err(failed(error)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(failed)?;
        if entry.path().is_dir()
            && let Ok(name) = entry.file_name().into_string()
        {
            names.push(name);
        }
    }
    Ok(names)
}
