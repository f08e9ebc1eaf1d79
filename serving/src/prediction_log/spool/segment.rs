//! One file of the spool.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::SpoolError;
use super::frame;
use crate::prediction_log::record::Record;

/// So many bytes are read for each record that is asked for, at most the whole file.
const READ: usize = 16 << 20;

#[derive(Debug)]
pub(super) struct Segment {
    path: PathBuf,
    number: u64,
    file: File,
    /// Whole records end here; what may lie behind is a write that failed.
    length: u64,
    /// What lies before it is in the tables. Not kept: after a restart it is written again.
    drained: u64,
}

/// The number of a segment's file; `None` for others.
pub(super) fn number_of(path: &Path) -> Option<u64> {
    path.file_name()?.to_str()?.strip_suffix(".spool")?.parse().ok()
}

fn path_of(dir: &Path, number: u64) -> PathBuf {
    dir.join(format!("{number:012}.spool"))
}

fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> SpoolError {
    let path = path.to_path_buf();
    move |source| SpoolError::Io { action, path, source }
}

impl Segment {
    pub(super) fn create(dir: &Path, number: u64) -> Result<Segment, SpoolError> {
        let path = path_of(dir, number);
        let file = OpenOptions::new().read(true).append(true).create_new(true).open(&path);
        let file = file.map_err(io("create", &path))?;
        Ok(Segment { path, number, file, length: 0, drained: 0 })
    }

    /// Opens one that is there, and cuts off what is not whole.
    pub(super) fn recover(dir: &Path, number: u64) -> Result<Segment, SpoolError> {
        let path = path_of(dir, number);
        let mut file = OpenOptions::new().read(true).append(true).open(&path).map_err(io("open", &path))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(io("read", &path))?;
        let whole = frame::whole(&bytes);
        if whole < bytes.len() {
            let cut = bytes.len() - whole;
            tracing::warn!(path = %path.display(), bytes = cut, "the spool's half-written end was cut off");
            file.set_len(whole as u64).map_err(io("cut", &path))?;
        }
        Ok(Segment { path, number, file, length: whole as u64, drained: 0 })
    }

    pub(super) fn number(&self) -> u64 {
        self.number
    }

    pub(super) fn length(&self) -> u64 {
        self.length
    }

    pub(super) fn is_drained(&self) -> bool {
        self.drained >= self.length
    }

    pub(super) fn drained_to(&mut self, offset: u64) {
        self.drained = self.drained.max(offset);
    }

    /// All of `bytes`, or none of them.
    pub(super) fn append(&mut self, bytes: &[u8]) -> Result<(), SpoolError> {
        let written = self.file.write_all(bytes).and_then(|()| self.file.sync_data());
        if let Err(source) = written {
            // What a full disk took of it is no record: the next one goes in its place.
            if let Err(error) = self.file.set_len(self.length) {
                tracing::error!(path = %self.path.display(), %error, "the spool could not be cut back");
            }
            return Err(SpoolError::Io { action: "write", path: self.path.clone(), source });
        }
        self.length += bytes.len() as u64;
        Ok(())
    }

    /// The first records that are not drained, no more than `limit`, and where they end.
    pub(super) fn read(&self, limit: usize) -> Result<(Vec<Record>, u64), SpoolError> {
        let read = || {
            let mut file = &self.file;
            file.seek(SeekFrom::Start(self.drained))?;
            let mut bytes = Vec::new();
            let left = self.length - self.drained;
            let most = if limit == usize::MAX { left } else { left.min(READ as u64) };
            file.take(most).read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        let bytes: Vec<u8> = read().map_err(io("read", &self.path))?;
        let (mut records, mut end) = (Vec::new(), 0);
        while records.len() < limit
            && let Some((record, length)) = frame::first(&bytes[end..])
        {
            records.push(record);
            end += length;
        }
        if records.is_empty() {
            // It was whole when it was written or recovered: somebody changed it.
            let lost = self.length - self.drained;
            tracing::error!(path = %self.path.display(), bytes = lost, "a part of the spool is damaged and left out");
            return Ok((records, self.length));
        }
        Ok((records, self.drained + end as u64))
    }

    /// Writes it anew without those that are not wanted; how many.
    pub(super) fn retain(&mut self, is_wanted: &impl Fn(&Record) -> bool) -> Result<u64, SpoolError> {
        let (records, _) = self.read(usize::MAX)?;
        let kept: Vec<&Record> = records.iter().filter(|record| is_wanted(record)).collect();
        let removed = (records.len() - kept.len()) as u64;
        if removed == 0 && self.drained == 0 {
            return Ok(0);
        }
        let mut bytes = Vec::new();
        kept.iter().for_each(|record| frame::put(&mut bytes, record));
        let new = self.path.with_extension("new");
        let written = File::create(&new).and_then(|mut file| file.write_all(&bytes).and_then(|()| file.sync_data()));
        written.and_then(|()| std::fs::rename(&new, &self.path)).map_err(io("write", &self.path))?;
        let file = OpenOptions::new().read(true).append(true).open(&self.path);
        self.file = file.map_err(io("open", &self.path))?;
        (self.length, self.drained) = (bytes.len() as u64, 0);
        Ok(removed)
    }

    pub(super) fn remove(self) -> Result<(), SpoolError> {
        std::fs::remove_file(&self.path).map_err(io("remove", &self.path))
    }
}
