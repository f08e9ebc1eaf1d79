//! Importing: file by file, each complete or not at all.

use std::borrow::Cow;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::ids::Ids;
use super::lock::Lock;
use super::manifest::{Manifest, ManifestPart};
use crate::batch::error::{BatchError, FileFault, Note};
use crate::batch::history::{History, Reject, read_files};
use crate::batch::read;
use crate::batch::write::{write_atomically, write_table};
use crate::column::{Column, Table};
use crate::schema::Stream;

/// An import under way. Each file is part of the history once [`Import::add`] returns (or, when replacing, once
/// [`Import::finish`] returns); dropping the import loses nothing else.
#[derive(Debug)]
pub struct Import {
    stream: Arc<Stream>,
    folder: PathBuf,
    manifest: Manifest,
    /// What stands there until [`Import::finish`].
    replacing: bool,
    ids: Ids,
    _lock: Lock,
}

/// What became of one file.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Added {
    pub file: PathBuf,
    /// Events that are new.
    pub added: u64,
    /// Events whose business id was there before, in the history or earlier in the file.
    pub present: u64,
    /// Rows that are no events; written with their reasons to `rejects`.
    pub rejected: u64,
    pub rejects: Option<PathBuf>,
    pub notes: Vec<Note>,
}

impl Import {
    pub(super) fn begin(
        stream: Arc<Stream>,
        folder: PathBuf,
        lock: Lock,
        replacing: bool,
    ) -> Result<Import, BatchError> {
        let found = match Manifest::load(&folder) {
            Err(BatchError::Manifest { .. }) if replacing => None,
            found => Some(found?),
        };
        let mut import =
            Import { stream, folder, manifest: Manifest::empty(), replacing, ids: Ids::default(), _lock: lock };
        match found {
            Some(found) if replacing => import.manifest.next = found.next,
            Some(found) => {
                import.manifest = found;
                import.remove_unnamed()?;
                import.remember_ids()?;
            }
            None => import.manifest.next = import.first_unused()?,
        }
        Ok(import)
    }

    /// Imports one file: the events whose business id is new. Importing a file again adds nothing.
    /// `progress` is told (rows of this file read so far).
    pub fn add(&mut self, file: &Path, progress: &(dyn Fn(u64) + Sync)) -> Result<Added, BatchError> {
        let digest = digest(file).map_err(|error| BatchError::file(file, error))?;
        let history = read_files(&self.stream, &[file.to_path_buf()], progress)?;
        self.add_history(file, &digest, history)
    }

    /// Imports events that are in memory; `digest` tells them from others where they have no business id.
    pub fn add_history(&mut self, file: &Path, digest: &str, history: History) -> Result<Added, BatchError> {
        let new = self.new_rows(digest, &history.table);
        let rejects = self.keep(file, digest, &history, &new).inspect_err(|_| self.forget(&history.table, &new))?;
        let added = new.len() as u64;
        Ok(Added {
            file: file.to_path_buf(),
            added,
            present: history.len() as u64 - added,
            rejected: history.rejects.len() as u64,
            rejects,
            notes: history.notes,
        })
    }

    /// Writes the rejects and the rows `new`.
    fn keep(
        &mut self,
        file: &Path,
        digest: &str,
        history: &History,
        new: &[usize],
    ) -> Result<Option<PathBuf>, BatchError> {
        let rejects = self.write_rejects(digest, &history.rejects)?;
        if !new.is_empty() {
            let source = file.file_name().unwrap_or(file.as_os_str()).to_string_lossy().into_owned();
            self.append(&choose(&history.table, new), source, digest)?;
        }
        Ok(rejects)
    }

    /// Undoes [`Import::new_rows`] for rows that could not be kept.
    fn forget(&mut self, table: &Table, new: &[usize]) {
        let columns = id_columns(&self.stream, table);
        for &row in new {
            self.ids.remove(&columns, row);
        }
    }

    /// Ends the import. When replacing, this is the moment at which the new history takes the old one's place.
    pub fn finish(self) -> Result<(), BatchError> {
        if self.replacing {
            self.manifest.save(&self.folder)?;
            self.remove_unnamed()?;
        }
        Ok(())
    }

    /// The rows whose id is new. Those without an id, or with a NULL in it, are new unless the same file was imported.
    fn new_rows(&mut self, digest: &str, table: &Table) -> Vec<usize> {
        let columns = id_columns(&self.stream, table);
        let again = self.manifest.holds(digest);
        let is_new = |row: &usize| match columns.iter().all(|column| column.is_valid(*row)) && !columns.is_empty() {
            true => self.ids.insert(&columns, *row),
            false => !again,
        };
        (0..table.rows).filter(is_new).collect()
    }

    fn append(&mut self, table: &Table, source: String, digest: &str) -> Result<(), BatchError> {
        let file = format!("{:06}.parquet", self.manifest.next);
        write_table(&self.folder.join(&file), table)?;
        self.manifest.next += 1;
        self.manifest.parts.push(ManifestPart { file, rows: table.rows as u64, source, digest: digest.to_owned() });
        if self.replacing {
            return Ok(());
        }
        // Told as failed, the part must not come in with the next file.
        self.manifest.save(&self.folder).inspect_err(|_| _ = self.manifest.parts.pop())
    }

    /// One file of rejects for each source: importing the same file again writes the same file again.
    fn write_rejects(&self, digest: &str, rejects: &[Reject]) -> Result<Option<PathBuf>, BatchError> {
        if rejects.is_empty() {
            return Ok(None);
        }
        let path = self.folder.join(format!("rejects-{}.jsonl", digest.get(..12).unwrap_or(digest)));
        let write = |file: &mut std::fs::File| -> Result<(), FileFault> {
            let mut out = BufWriter::new(file);
            for reject in rejects {
                let line = serde_json::to_string(reject).map_err(std::io::Error::other)?;
                writeln!(out, "{line}")?;
            }
            Ok(out.flush()?)
        };
        write_atomically(&path, write).map_err(|fault| BatchError::file(&path, fault))?;
        Ok(Some(path))
    }

    fn remember_ids(&mut self) -> Result<(), BatchError> {
        if self.stream.id.is_empty() {
            return Ok(());
        }
        for part in &self.manifest.parts {
            let path = self.folder.join(&part.file);
            let columns = read::parquet_fields(&self.stream, &path, &self.stream.id)
                .map_err(|fault| BatchError::file(&path, fault))?;
            let columns: Vec<&Column> = columns.iter().collect();
            for row in 0..columns.first().map_or(0, |column| column.len()) {
                self.ids.insert(&columns, row);
            }
        }
        Ok(())
    }

    /// Removes parts and temporary files that the manifest does not name: what an interrupted import left behind.
    fn remove_unnamed(&self) -> Result<(), BatchError> {
        for path in self.entries()? {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let part = name.ends_with(".parquet") && !self.manifest.parts.iter().any(|part| part.file == name);
            if part || name.ends_with(".tmp") {
                std::fs::remove_file(&path).map_err(|error| BatchError::file(&path, error))?;
            }
        }
        Ok(())
    }

    /// A number above every part's, for where the manifest is lost.
    fn first_unused(&self) -> Result<u64, BatchError> {
        let number = |path: PathBuf| path.file_stem()?.to_str()?.parse::<u64>().ok();
        Ok(1 + self.entries()?.into_iter().filter_map(number).max().unwrap_or(0))
    }

    fn entries(&self) -> Result<Vec<PathBuf>, BatchError> {
        let failed = |error: std::io::Error| BatchError::file(&self.folder, error);
        let entries = std::fs::read_dir(&self.folder).map_err(failed)?;
        entries.map(|entry| entry.map(|entry| entry.path()).map_err(failed)).collect()
    }
}

fn id_columns<'a>(stream: &Stream, table: &'a Table) -> Vec<&'a Column> {
    stream.id.iter().map(|&field| &table.columns[field]).collect()
}

fn choose<'a>(table: &'a Table, chosen: &[usize]) -> Cow<'a, Table> {
    if chosen.len() == table.rows {
        return Cow::Borrowed(table);
    }
    let columns = table.columns.iter().map(|column| column.take(chosen)).collect();
    Cow::Owned(Table { names: table.names.clone(), columns, rows: chosen.len() })
}

fn digest(file: &Path) -> std::io::Result<String> {
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(std::fs::File::open(file)?)?;
    Ok(hasher.finalize().to_hex().to_string())
}
