//! Records on the disk that wait for the tables: in order, bounded, each with a checksum. What a crash left half written is
//! cut off; what was written to the tables and not yet taken away here is written again, and changes nothing there.

mod frame;
mod segment;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::path::{Path, PathBuf};

use self::segment::{Segment, number_of};
use super::record::Record;

/// A segment is taken away when it is written to the tables: small enough that the room comes back soon.
const SEGMENT: u64 = 8 << 20;

#[derive(Debug, thiserror::Error)]
pub enum SpoolError {
    #[error("could not {action} `{}`", .path.display())]
    Io { action: &'static str, path: PathBuf, source: std::io::Error },
    #[error("the spool is at its limit of {} MB", .limit >> 20)]
    Full { limit: u64 },
    #[error("the tables are busy with a batch: what waits for them is not looked through, so ask again")]
    Unanswered,
}

/// The folder of an owner: one process.
#[derive(Debug)]
pub struct Spool {
    dir: PathBuf,
    limit: u64,
    /// Oldest first; the last one is appended to.
    segments: VecDeque<Segment>,
    next_number: u64,
}

/// Where in the spool a read ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    segment: u64,
    offset: u64,
}

impl Spool {
    /// Takes over what is there.
    pub fn open(dir: &Path, limit: u64) -> Result<Spool, SpoolError> {
        let io = |action| move |source| SpoolError::Io { action, path: dir.to_path_buf(), source };
        std::fs::create_dir_all(dir).map_err(io("create"))?;
        let mut numbers = Vec::new();
        for entry in std::fs::read_dir(dir).map_err(io("read"))? {
            numbers.extend(number_of(&entry.map_err(io("read"))?.path()));
        }
        numbers.sort_unstable();
        let next_number = numbers.last().map_or(0, |last| last + 1);
        let segments = numbers.into_iter().map(|number| Segment::recover(dir, number)).collect::<Result<_, _>>()?;
        Ok(Spool { dir: dir.to_path_buf(), limit, segments, next_number })
    }

    /// What waits in a folder that another process may own; nothing is changed there.
    pub fn look(dir: &Path) -> Result<Vec<Record>, SpoolError> {
        let io = |action, path: &Path| {
            let path = path.to_path_buf();
            move |source| SpoolError::Io { action, path, source }
        };
        let mut paths = Vec::new();
        match std::fs::read_dir(dir) {
            Ok(entries) => {
                for entry in entries {
                    let path = entry.map_err(io("read", dir))?.path();
                    paths.extend(number_of(&path).map(|number| (number, path)));
                }
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(io("read", dir)(error)),
        }
        paths.sort_unstable();
        let mut records = Vec::new();
        for (_, path) in paths {
            let bytes = match std::fs::read(&path) {
                // Written to the tables meanwhile.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                bytes => bytes.map_err(io("read", &path))?,
            };
            let mut rest = bytes.as_slice();
            while let Some((record, length)) = frame::first(rest) {
                records.push(record);
                rest = &rest[length..];
            }
        }
        Ok(records)
    }

    pub fn is_empty(&self) -> bool {
        self.segments.iter().all(Segment::is_drained)
    }

    /// Bytes on the disk.
    pub fn bytes(&self) -> u64 {
        self.segments.iter().map(Segment::length).sum()
    }

    /// Appends records until one does not fit; how many did, and why the next one did not.
    pub fn append(&mut self, records: &[Record]) -> (usize, Option<SpoolError>) {
        let mut written = 0;
        while written < records.len() {
            match self.append_some(&records[written..]) {
                Ok(more) => written += more,
                Err(error) => return (written, Some(error)),
            }
        }
        (written, None)
    }

    /// One write into one segment.
    fn append_some(&mut self, records: &[Record]) -> Result<usize, SpoolError> {
        let (limit, used) = (self.limit, self.bytes());
        let full = || SpoolError::Full { limit };
        if used >= limit {
            return Err(full());
        }
        if self.segments.back().is_none_or(|segment| segment.length() >= SEGMENT.min(limit / 4).max(1)) {
            let segment = Segment::create(&self.dir, self.next_number)?;
            self.next_number += 1;
            self.segments.push_back(segment);
        }
        let Some(segment) = self.segments.back_mut() else { return Err(full()) };
        let room = (limit - used).min(SEGMENT);
        let mut bytes = Vec::new();
        let mut taken = 0;
        for record in records {
            let before = bytes.len();
            frame::put(&mut bytes, record);
            if bytes.len() as u64 > room {
                bytes.truncate(before);
                break;
            }
            taken += 1;
        }
        if taken == 0 {
            return Err(full());
        }
        segment.append(&bytes)?;
        Ok(taken)
    }

    /// The oldest records, no more than `limit`, and where they end.
    pub(super) fn oldest(&mut self, limit: usize) -> Result<(Vec<Record>, Option<Mark>), SpoolError> {
        let Some(segment) = self.segments.iter().find(|segment| !segment.is_drained()) else {
            return Ok((Vec::new(), None));
        };
        let (records, offset) = segment.read(limit)?;
        Ok((records, Some(Mark { segment: segment.number(), offset })))
    }

    /// What lies before `mark` is in the tables.
    pub(super) fn written_to(&mut self, mark: Mark) -> Result<(), SpoolError> {
        for segment in &mut self.segments {
            if segment.number() == mark.segment {
                segment.drained_to(mark.offset);
            }
        }
        while self.segments.front().is_some_and(Segment::is_drained) {
            if let Some(segment) = self.segments.pop_front() {
                segment.remove()?;
            }
        }
        Ok(())
    }

    /// Every record that waits, oldest first.
    pub fn records(&self) -> Result<Vec<Record>, SpoolError> {
        let mut records = Vec::new();
        for segment in &self.segments {
            records.extend(segment.read(usize::MAX)?.0);
        }
        Ok(records)
    }

    /// Takes away those for which `is_wanted` is false: their bytes are gone from the disk. How many.
    pub fn retain(&mut self, is_wanted: impl Fn(&Record) -> bool) -> Result<u64, SpoolError> {
        let mut removed = 0;
        for segment in &mut self.segments {
            removed += segment.retain(&is_wanted)?;
        }
        Ok(removed)
    }
}
