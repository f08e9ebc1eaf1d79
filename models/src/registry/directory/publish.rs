//! A new version: written aside, then made visible by one rename.
//!
//! The rename is also what gives a number to one writer only: POSIX lets a folder replace another only if that is empty,
//! and a version's never is. So two writers who choose the same number cannot both succeed, on network file systems and
//! without `RENAME_NOREPLACE` too, and the loser takes the next.

use std::fs::{File, TryLockError};
use std::io::ErrorKind;
use std::path::Path;

use super::super::RegistryError;
use super::disk::{Disk, failed};
use super::layout::Layout;
use crate::artifact::Files;
use crate::reference::check_name;

pub(super) fn publish(layout: &Layout, disk: &Disk, model: &str, files: &Files) -> Result<u32, RegistryError> {
    check_name(model).map_err(|reason| RegistryError::Name { name: model.to_owned(), reason })?;
    disk.create_dir(&layout.versions_dir(model))?;
    disk.create_dir(&layout.staging(model))?;
    let _writing = clean_and_enter(layout, disk, model)?;

    let staged = layout.staging(model).join(uuid::Uuid::new_v4().simple().to_string());
    let published = stage(disk, &staged, files).and_then(|()| reveal(layout, disk, model, &staged));
    if published.is_err() {
        // Otherwise the next writer does it.
        let _ = disk.remove_dir(&staged);
    }
    let number = published?;
    // The model's own folders too: whoever made them may have died before that was durable.
    for folder in [&layout.versions_dir(model), &layout.model(model), layout.root()] {
        disk.sync_dir(folder)?;
    }
    Ok(number)
}

fn stage(disk: &Disk, staged: &Path, files: &Files) -> Result<(), RegistryError> {
    disk.create_dir(staged)?;
    for (name, bytes) in files.iter() {
        disk.write(&staged.join(name), bytes)?;
    }
    disk.sync_dir(staged)
}

fn reveal(layout: &Layout, disk: &Disk, model: &str, staged: &Path) -> Result<u32, RegistryError> {
    let newest = layout.numbers(model)?.last().copied().unwrap_or(0);
    for number in newest.saturating_add(1)..=u32::MAX {
        let place = layout.version(model, number);
        match disk.rename(staged, &place) {
            Ok(()) => return Ok(number),
            Err(error) if is_taken(&error) && place.symlink_metadata().is_ok() => {}
            Err(error) => return Err(failed("move the new version to", &place)(error)),
        }
    }
    Err(RegistryError::Full { model: model.to_owned() })
}

/// By another writer's version, or by a file that is none of ours.
fn is_taken(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::DirectoryNotEmpty | ErrorKind::AlreadyExists | ErrorKind::NotADirectory)
}

/// Writers share a lock while they write, so whoever gets it alone knows that everything staged belongs to the dead.
fn clean_and_enter(layout: &Layout, disk: &Disk, model: &str) -> Result<File, RegistryError> {
    let path = layout.publish_lock(model);
    let lock = disk.open_lock(&path).map_err(failed("lock", &path))?;
    match lock.try_lock() {
        Ok(()) => {
            clean(disk, &layout.staging(model));
            lock.unlock().map_err(failed("unlock", &path))?;
        }
        Err(TryLockError::WouldBlock) => {}
        Err(TryLockError::Error(error)) => return Err(failed("lock", &path)(error)),
    }
    lock.lock_shared().map_err(failed("lock", &path))?;
    Ok(lock)
}

/// Leftovers take room and do no harm: if they cannot be removed, a later writer will try again.
fn clean(disk: &Disk, staging: &Path) {
    let Ok(entries) = std::fs::read_dir(staging) else { return };
    for entry in entries.flatten() {
        if let Err(error) = disk.remove_dir(&entry.path()) {
            tracing::warn!(path = %entry.path().display(), %error, "could not remove what a dead writer left");
        }
    }
}
