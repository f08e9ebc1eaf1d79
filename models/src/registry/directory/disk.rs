//! The steps by which the registry changes a disk, each of which may fail or be the last before a crash. Tests make any
//! of them fail; see `faults`.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::super::RegistryError;
use crate::artifact::Files;

/// Makes changes that are on the disk, not merely on their way to it, when a call returns.
#[derive(Debug, Default)]
pub(super) struct Disk {
    #[cfg(test)]
    pub(super) faults: faults::Faults,
}

impl Disk {
    /// With its parents, each made durable in its own parent.
    pub(super) fn create_dir(&self, path: &Path) -> Result<(), RegistryError> {
        if path.is_dir() {
            return Ok(());
        }
        let parent = parent_of(path);
        if parent != path {
            self.create_dir(parent)?;
        }
        match self.step().and_then(|()| fs::create_dir(path)) {
            Ok(()) => self.sync_dir(parent),
            Err(error) if error.kind() == ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
            Err(error) => Err(failed("create the folder", path)(error)),
        }
    }

    /// A new file, or one emptied first.
    pub(super) fn write(&self, path: &Path, bytes: &[u8]) -> Result<(), RegistryError> {
        let write = || {
            self.step()?;
            self.put(&mut File::create(path)?, bytes)
        };
        write().map_err(failed("write", path))
    }

    /// Cuts the file to `length` and adds `bytes` at its end.
    pub(super) fn append_at(&self, path: &Path, length: u64, bytes: &[u8]) -> Result<(), RegistryError> {
        let append = || {
            self.step()?;
            let mut file = OpenOptions::new().create(true).append(true).open(path)?;
            if file.metadata()?.len() != length {
                file.set_len(length)?;
            }
            self.put(&mut file, bytes)
        };
        append().map_err(failed("write", path))
    }

    /// Atomic. A folder replaces no folder that holds anything, by POSIX; the caller looks at the kind of the error.
    pub(super) fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step()?;
        fs::rename(from, to)
    }

    /// Makes the names in a folder durable.
    pub(super) fn sync_dir(&self, path: &Path) -> Result<(), RegistryError> {
        self.step().and_then(|()| File::open(path)?.sync_all()).map_err(failed("sync the folder", path))
    }

    pub(super) fn remove_dir(&self, path: &Path) -> io::Result<()> {
        self.step()?;
        fs::remove_dir_all(path)
    }

    /// Waits for the lock; it is held until the file is dropped, or its holder dies.
    pub(super) fn lock(&self, path: &Path) -> Result<File, RegistryError> {
        let lock = || {
            let file = self.open_lock(path)?;
            file.lock()?;
            Ok(file)
        };
        lock().map_err(failed("lock", path))
    }

    pub(super) fn open_lock(&self, path: &Path) -> io::Result<File> {
        self.step()?;
        OpenOptions::new().create(true).append(true).open(path)
    }

    fn put(&self, file: &mut File, bytes: &[u8]) -> io::Result<()> {
        // A crash in the middle of a write is one more step under test.
        let middle = if cfg!(test) { bytes.len() / 2 } else { bytes.len() };
        let (first, second) = bytes.split_at(middle);
        file.write_all(first)?;
        self.step()?;
        file.write_all(second)?;
        self.step()?;
        file.sync_all()
    }

    #[cfg(not(test))]
    fn step(&self) -> io::Result<()> {
        Ok(())
    }

    #[cfg(test)]
    fn step(&self) -> io::Result<()> {
        self.faults.step()
    }
}

/// The content of a file; `None` if there is none.
pub(super) fn read(path: &Path) -> Result<Option<Vec<u8>>, RegistryError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed("read", path)(error)),
    }
}

/// Every file of a folder; its subfolders are left alone.
pub(super) fn read_files(dir: &Path) -> Result<Files, RegistryError> {
    let mut files = Files::default();
    for entry in fs::read_dir(dir).map_err(failed("list", dir))? {
        let path = entry.map_err(failed("list", dir))?.path();
        if let (true, Some(name)) = (path.is_file(), path.file_name().and_then(|n| n.to_str())) {
            files.insert(name, fs::read(&path).map_err(failed("read", &path))?);
        }
    }
    Ok(files)
}

pub(super) fn failed(action: &'static str, path: &Path) -> impl Fn(io::Error) -> RegistryError {
    let path: PathBuf = path.to_path_buf();
    move |source| RegistryError::Io { action, path: path.clone(), source }
}

fn parent_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
        Some(parent) => parent,
        None => path,
    }
}

#[cfg(test)]
pub(super) mod faults;
