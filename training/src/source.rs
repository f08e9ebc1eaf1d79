//! Where history comes from.

use std::sync::Arc;

use features::batch::{BatchError, History, read_history, read_imported};
use features::project::Project;
use features::schema::Stream;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Files that match a pattern.
    Files(String),
    /// What `clutch data import` keeps in the project.
    Imported,
}

impl Source {
    /// `progress` is told the rows read so far.
    pub fn read(
        &self,
        project: &Project,
        stream: &Arc<Stream>,
        progress: &(dyn Fn(u64) + Sync),
    ) -> Result<History, BatchError> {
        match self {
            Source::Files(pattern) => read_history(stream, pattern, progress),
            Source::Imported => read_imported(project, stream, progress),
        }
    }

    /// As a manifest records it.
    pub fn describe(&self) -> String {
        match self {
            Source::Files(pattern) => pattern.clone(),
            Source::Imported => "imported history".to_owned(),
        }
    }
}
