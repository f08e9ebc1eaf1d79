//! Where a project's tables are.

use std::path::{Path, PathBuf};

use features::project::{Project, TablesConnection};

use super::{SqliteTables, Tables, TablesError};

/// A file of `.clutch`, or the PostgreSQL that `[connections]` names.
#[derive(Debug, Clone)]
pub enum TablesPlace {
    File(PathBuf),
    Postgres(TablesConnection),
}

impl TablesPlace {
    /// `state_dir`: the project's `.clutch`.
    pub fn of(project: &Project, state_dir: &Path) -> TablesPlace {
        match &project.connections.tables {
            Some(connection) => TablesPlace::Postgres(connection.clone()),
            None => TablesPlace::File(state_dir.join("tables.db")),
        }
    }

    /// Opens them for one thread.
    pub fn open(&self) -> Result<Box<dyn Tables>, TablesError> {
        match self {
            TablesPlace::File(path) => Ok(Box::new(SqliteTables::open(path)?)),
            #[cfg(feature = "postgres")]
            TablesPlace::Postgres(connection) => Ok(Box::new(super::PostgresTables::open(connection)?)),
            #[cfg(not(feature = "postgres"))]
            TablesPlace::Postgres(_) => Err(TablesError::NoPostgres),
        }
    }
}

impl std::fmt::Display for TablesPlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            TablesPlace::File(path) => path.display().fmt(f),
            TablesPlace::Postgres(connection) => connection.fmt(f),
        }
    }
}
