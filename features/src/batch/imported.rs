//! The history that a project keeps: imported Parquet files under `.clutch/history/STREAM`, in the order of import.
//!
//! A folder holds `manifest.json`, which names the parts in order, the parts themselves, and the rejects of each
//! source file. The manifest is replaced in one step after its parts are durable: a crash anywhere leaves the history
//! as it was before the file at hand, and at worst an unnamed part that the next import removes.

mod ids;
mod import;
mod lock;
mod manifest;

use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use import::{Added, Import};

use self::lock::Lock;
use self::manifest::Manifest;
use super::error::BatchError;
use super::history::{History, read_files};
use crate::project::Project;
use crate::schema::Stream;

/// The imported history of one stream.
#[derive(Debug, Clone)]
pub struct HistoryStore {
    stream: Arc<Stream>,
    folder: PathBuf,
}

impl HistoryStore {
    /// `state_dir`: [`Project::state_dir`].
    pub fn new(state_dir: &Path, stream: &Arc<Stream>) -> HistoryStore {
        HistoryStore { stream: Arc::clone(stream), folder: state_dir.join("history").join(stream.name.as_str()) }
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Number of events imported so far.
    pub fn rows(&self) -> Result<u64, BatchError> {
        Ok(Manifest::load(&self.folder)?.parts.iter().map(|part| part.rows).sum())
    }

    /// Everything imported, in the order of import. `progress` is told (rows read so far).
    pub fn read(&self, progress: &(dyn Fn(u64) + Sync)) -> Result<History, BatchError> {
        let manifest = Manifest::load(&self.folder)?;
        if manifest.parts.is_empty() {
            return Err(BatchError::NoHistory { stream: self.stream.name.to_string() });
        }
        let files: Vec<PathBuf> = manifest.parts.iter().map(|part| self.folder.join(&part.file)).collect();
        read_files(&self.stream, &files, progress)
    }

    /// Begins to import; fails if somebody else does. `replace`: what is there gives way to the new files, in one step
    /// at [`Import::finish`].
    pub fn begin(&self, replace: bool) -> Result<Import, BatchError> {
        std::fs::create_dir_all(&self.folder).map_err(|error| BatchError::file(&self.folder, error))?;
        let lock = Lock::take(&self.folder, &self.stream.name)?;
        Import::begin(Arc::clone(&self.stream), self.folder.clone(), lock, replace)
    }
}

/// The imported history of a stream of the project; see [`HistoryStore::read`].
pub fn read_imported(
    project: &Project,
    stream: &Arc<Stream>,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<History, BatchError> {
    HistoryStore::new(&project.state_dir(), stream).read(progress)
}

#[cfg(test)]
mod tests;
