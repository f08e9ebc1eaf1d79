//! What every subcommand is handed: where the project is and how to speak.

use std::path::{Path, PathBuf};

use anyhow::Result;
use features::project::Project;

use crate::cli::Global;

/// The only place that reads the environment.
#[derive(Debug, Clone)]
pub(crate) struct Context {
    pub(crate) project_dir: PathBuf,
    /// Print one JSON object as the last line of standard output, and nothing else there.
    pub(crate) json: bool,
}

impl Context {
    pub(crate) fn new(global: &Global) -> Context {
        Context { project_dir: global.project.clone(), json: global.json }
    }

    /// Loads and checks the project; problems end the command with exit code 2.
    pub(crate) fn project(&self) -> Result<Project> {
        Ok(Project::load(&self.project_dir, &environment)?)
    }

    /// The registry's folder: `--registry`, else what the project says, else `.clutch/registry`.
    pub(crate) fn registry_dir(&self, given: Option<&Path>, project: &Project) -> PathBuf {
        given
            .map(Path::to_path_buf)
            .or_else(|| project.connections.registry.clone())
            .unwrap_or_else(|| project.state_dir().join("registry"))
    }
}

/// An environment variable, if set and valid Unicode.
#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
pub(crate) fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
