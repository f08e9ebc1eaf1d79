//! A file that appears whole or not at all.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::batch::error::FileFault;

/// Lets `write` fill a temporary file beside `path`, makes it durable, and gives it its name. On failure nothing is
/// left behind and what stood at `path` stays.
pub(in crate::batch) fn write_atomically(
    path: &Path,
    write: impl FnOnce(&mut File) -> Result<(), FileFault>,
) -> Result<(), FileFault> {
    let temporary = Temporary::beside(path);
    let mut file = File::create(&temporary.path)?;
    write(&mut file)?;
    file.sync_all()?;
    std::fs::rename(&temporary.path, path)?;
    Ok(sync_folder(path)?)
}

/// Makes the names in a file's folder durable.
fn sync_folder(path: &Path) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

/// Removed when it goes out of scope, if it still has its temporary name.
struct Temporary {
    path: PathBuf,
}

impl Temporary {
    fn beside(path: &Path) -> Temporary {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        Temporary { path: path.with_file_name(format!(".{name}.{}-{number}.tmp", std::process::id())) }
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // Gone already after a rename.
        let _ = std::fs::remove_file(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::batch::fixture::Folder;

    #[test]
    fn a_write_that_fails_half_way_leaves_what_was_there() {
        let folder = Folder::new();
        let path = folder.write("a.csv", "old");
        let full = |file: &mut File| {
            file.write_all(b"half of the new")?;
            Err(FileFault::Io(std::io::ErrorKind::StorageFull.into()))
        };
        assert!(write_atomically(&path, full).is_err());
        assert_eq!(folder.names(), ["a.csv"]);
        assert_eq!(std::fs::read_to_string(path).unwrap(), "old");
    }

    #[test]
    fn a_write_that_ends_well_replaces_what_was_there() {
        let folder = Folder::new();
        let path = folder.write("a.csv", "old");
        write_atomically(&path, |file| Ok(file.write_all(b"new")?)).unwrap();
        assert_eq!(folder.names(), ["a.csv"]);
        assert_eq!(std::fs::read_to_string(path).unwrap(), "new");
    }
}
