//! What every subcommand is handed: where the project is and how to speak.

use std::path::{Path, PathBuf};

use anyhow::Result;
use features::project::Project;
use models::predictor::onnx::LibraryPlaces;

use crate::cli::Global;

/// The only place that reads the environment.
#[derive(Debug, Clone)]
pub(crate) struct Context {
    pub(crate) project_dir: PathBuf,
    /// Print one JSON object as the last line of standard output, and nothing else there.
    pub(crate) json: bool,
    /// `--state-dir`
    own_dir: Option<PathBuf>,
}

impl Context {
    pub(crate) fn new(global: &Global) -> Context {
        Context { project_dir: global.project.clone(), json: global.json, own_dir: global.state_dir.clone() }
    }

    /// Loads and checks the project; problems end the command with exit code 2.
    pub(crate) fn project(&self) -> Result<Project> {
        let project = Project::load(&self.project_dir, &environment)?;
        Ok(Project { own_dir: self.own_dir.clone(), ..project })
    }

    /// Where ONNX Runtime is looked for: as `CLUTCH_ONNXRUNTIME` says, else in `.clutch/lib` of the project, of the working
    /// directory and of the repository that this binary was built in, and in the folders of `LD_LIBRARY_PATH`.
    pub(crate) fn onnxruntime(&self) -> LibraryPlaces {
        let set = |name| environment(name).filter(|value| !value.is_empty());
        let own = [self.project_dir.clone(), PathBuf::from(".")].into_iter().chain(repository());
        let own = own.map(|folder| folder.join(".clutch/lib"));
        let loader = set("LD_LIBRARY_PATH").unwrap_or_default();
        let folders = own.chain(std::env::split_paths(&loader).filter(|folder| folder.is_absolute()));
        LibraryPlaces { named: set("CLUTCH_ONNXRUNTIME").map(PathBuf::from), folders: folders.collect() }
    }

    /// The registry's folder: `--registry`, else what the project says, else `.clutch/registry`.
    pub(crate) fn registry_dir(&self, given: Option<&Path>, project: &Project) -> PathBuf {
        given
            .map(Path::to_path_buf)
            .or_else(|| project.connections.registry.clone())
            .unwrap_or_else(|| project.state_dir().join("registry"))
    }
}

/// The repository that holds this binary, where `make onnxruntime` puts the library.
fn repository() -> Option<PathBuf> {
    let binary = std::env::current_exe().ok()?;
    binary.ancestors().find(|folder| folder.join("scripts/onnxruntime.sh").is_file()).map(Path::to_path_buf)
}

/// An environment variable, if set and valid Unicode.
#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
pub(crate) fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
