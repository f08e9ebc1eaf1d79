//! ONNX Runtime, a shared library that is loaded when the first model needs it. A process has one.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

use ort::environment::Environment;

/// Where the library is looked for, in this order, and then by the system's loader.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LibraryPlaces {
    /// What `CLUTCH_ONNXRUNTIME` says: the library, or a folder with it. Nothing else is tried where it is set.
    pub named: Option<PathBuf>,
    /// Folders: `.clutch/lib` of the project and others, and those of `LD_LIBRARY_PATH`.
    pub folders: Vec<PathBuf>,
}

/// A library that could be loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Library {
    /// A bare name where the system's loader finds it.
    pub path: PathBuf,
    /// The `23` of version 1.23.
    pub minor: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuntimeError {
    #[error("ONNX Runtime is not here, and this model needs it: run `make onnxruntime` (or scripts/onnxruntime.sh PROJECT), or name its library with CLUTCH_ONNXRUNTIME; looked in {}", .looked.join(", "))]
    Missing { looked: Vec<String> },
    #[error("{} holds no libonnxruntime: name the library itself, or the folder that it is in", .path.display())]
    NotThere { path: PathBuf },
    #[error("{} cannot be used as ONNX Runtime ({reason}): run `make onnxruntime`, which fetches one that can", .path.display())]
    Unusable { path: PathBuf, reason: String },
}

/// The places of this process; until they are set, only the system's loader is asked.
static PLACES: OnceLock<LibraryPlaces> = OnceLock::new();
static LOADED: Mutex<Option<Environment>> = Mutex::new(None);

impl LibraryPlaces {
    /// Says where this process looks, once, at its start. Later calls change nothing.
    pub fn use_them(self) {
        let _ = PLACES.set(self);
    }

    /// The library that would be loaded. Loads and unloads it to see.
    pub fn find(&self) -> Result<Library, RuntimeError> {
        let path = self.locate()?;
        match ort::util::probe(&path) {
            Some(minor) if ort::MINOR_VERSION <= minor => Ok(Library { path, minor }),
            Some(minor) => Err(RuntimeError::Unusable {
                path,
                reason: format!("it is version 1.{minor}, and 1.{} or newer is needed", ort::MINOR_VERSION),
            }),
            None if path.is_absolute() => {
                Err(RuntimeError::Unusable { path, reason: "it is damaged, or made for another machine".to_owned() })
            }
            None => Err(self.missing()),
        }
    }

    /// A file where there is one, else the name that the system's loader knows.
    fn locate(&self) -> Result<PathBuf, RuntimeError> {
        if let Some(named) = &self.named {
            let found = if named.is_dir() { library_in(named) } else { Some(named.clone()).filter(|p| p.is_file()) };
            return found.map(|path| absolute(&path)).ok_or_else(|| RuntimeError::NotThere { path: named.clone() });
        }
        let found = self.folders.iter().find_map(|folder| library_in(folder));
        Ok(found.map_or_else(|| PathBuf::from(library_name()), |path| absolute(&path)))
    }

    fn missing(&self) -> RuntimeError {
        let folders = self.folders.iter().map(|folder| folder.display().to_string());
        RuntimeError::Missing { looked: folders.chain(["the system's library folders".to_owned()]).collect() }
    }
}

/// The process's ONNX Runtime, loaded by the first call that finds it.
pub fn environment() -> Result<Environment, RuntimeError> {
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(environment) = &*loaded {
        return Ok(environment.clone());
    }
    let library = PLACES.get().cloned().unwrap_or_default().find()?;
    let unusable = |reason: String| RuntimeError::Unusable { path: library.path.clone(), reason };
    let builder = ort::init_from(&library.path).map_err(|error| unusable(error.to_string()))?;
    let environment = builder.with_name("clutch").with_telemetry(false).build().map_err(|e| unusable(e.to_string()))?;
    environment.set_log_level(ort::logging::LogLevel::Error);
    tracing::info!(path = %library.path.display(), version = %format!("1.{}", library.minor), "loaded ONNX Runtime");
    *loaded = Some(environment.clone());
    Ok(environment)
}

fn library_name() -> String {
    format!("{}onnxruntime{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX)
}

/// `libonnxruntime.so`, or one with a version behind it; of several the last by name.
fn library_in(folder: &Path) -> Option<PathBuf> {
    let name = library_name();
    let plain = folder.join(&name);
    if plain.is_file() {
        return Some(plain);
    }
    let entries = std::fs::read_dir(folder).ok()?;
    let versioned = |path: &PathBuf| {
        let file = path.file_name().and_then(|file| file.to_str()).unwrap_or_default();
        file.starts_with(&format!("{name}.")) && path.is_file()
    };
    entries.flatten().map(|entry| entry.path()).filter(versioned).max()
}

/// A relative path would be looked for beside the executable.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_library_says_where_it_was_looked_for_and_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let places = LibraryPlaces { named: None, folders: vec![folder.path().to_path_buf()] };
        let text = places.missing().to_string();
        assert!(text.contains("make onnxruntime") && text.contains(&folder.path().display().to_string()), "{text}");
        match places.find() {
            Err(error) => assert_eq!(error, places.missing()),
            // A machine may have one in its system folders, which only the loader knows.
            Ok(library) => assert_eq!(library.path, PathBuf::from(library_name())),
        }
    }

    #[test]
    fn a_broken_library_is_an_error_and_no_abort() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(format!("{}.1.23.2", library_name()));
        std::fs::write(&path, b"no library at all").unwrap();
        for places in [
            LibraryPlaces { named: Some(path.clone()), folders: Vec::new() },
            LibraryPlaces { named: Some(folder.path().to_path_buf()), folders: Vec::new() },
            LibraryPlaces { named: None, folders: vec![folder.path().to_path_buf()] },
        ] {
            assert!(matches!(places.find(), Err(RuntimeError::Unusable { path: found, .. }) if found == path));
        }
    }

    #[test]
    fn a_named_library_that_is_not_there_is_not_replaced_by_another() {
        let folder = tempfile::tempdir().unwrap();
        let named = folder.path().join("nothing");
        let places = LibraryPlaces { named: Some(named.clone()), folders: Vec::new() };
        assert_eq!(places.find(), Err(RuntimeError::NotThere { path: named }));
    }
}
