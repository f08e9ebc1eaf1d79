//! A batch of records, and its persisted form: what one append leaves in one partition.
//!
//! Version 1, little-endian: version (u8), marks (u8: 1, its records are dead letters that came back), two zero bytes, number of records (u32), offset of the first (u64), append
//! time in microseconds (i64); then for each record the lengths of key and value (u32 each), key and value.

mod headers;
#[cfg(test)]
mod tests;

use features::value::Micros;

use headers::Headers;
#[cfg(feature = "kafka")]
pub(super) use headers::REDRIVEN;
pub use headers::TRACE;
use smol_str::SmolStr;

use super::seam::{LogError, TopicPartition};

const VERSION: u8 = 1;
const ALL_REDRIVEN: u8 = 1;
const HEADER: usize = 24;
const LENGTHS: usize = 8;

/// The most that key and value of one record may hold together.
const MAX_RECORD: usize = 64 << 20;

/// A record that no batch takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a record of {bytes} bytes is larger than the {limit} that a batch takes")]
pub struct TooLarge {
    pub bytes: usize,
    pub limit: usize,
}

/// Records on their way into a partition, written in place in the form in which they are stored.
#[derive(Clone, PartialEq, Eq)]
pub struct RecordBatch {
    bytes: Vec<u8>,
    count: u32,
    headers: Headers,
    as_of: Option<Micros>,
}

impl Default for RecordBatch {
    fn default() -> RecordBatch {
        RecordBatch::new()
    }
}

impl std::fmt::Debug for RecordBatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RecordBatch").field("count", &self.count).field("bytes", &self.bytes.len()).finish()
    }
}

impl RecordBatch {
    pub fn new() -> RecordBatch {
        RecordBatch { bytes: vec![0; HEADER], count: 0, headers: Headers::default(), as_of: None }
    }

    pub fn push(&mut self, key: &[u8], value: &[u8]) -> Result<(), TooLarge> {
        self.push_with(key, |out| out.extend_from_slice(value))
    }

    /// Adds a record whose value `write` appends to the bytes that it is given.
    pub fn push_with(&mut self, key: &[u8], write: impl FnOnce(&mut Vec<u8>)) -> Result<(), TooLarge> {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(&[0; LENGTHS]);
        self.bytes.extend_from_slice(key);
        write(&mut self.bytes);
        let bytes = self.bytes.len() - start - LENGTHS;
        let value = bytes - key.len();
        match (u32::try_from(key.len()), u32::try_from(value)) {
            (Ok(key), Ok(value)) if bytes <= MAX_RECORD && self.count < u32::MAX => {
                self.bytes[start..start + 4].copy_from_slice(&key.to_le_bytes());
                self.bytes[start + 4..start + LENGTHS].copy_from_slice(&value.to_le_bytes());
                self.count += 1;
                Ok(())
            }
            _ => {
                self.bytes.truncate(start);
                Err(TooLarge { bytes, limit: MAX_RECORD })
            }
        }
    }

    /// Every record is to have these headers, where the log has a place for them.
    pub fn set_headers(&mut self, headers: impl IntoIterator<Item = (&'static str, SmolStr)>) {
        self.headers.common = headers.into_iter().collect();
    }

    /// The record added last belongs to this trace ([`TRACE`]).
    pub fn trace_last(&mut self, trace: Option<&[u8]>) {
        if let (Some(trace), Some(last)) = (trace, self.count.checked_sub(1)) {
            self.headers.trace(last, trace);
        }
    }

    /// A batch for dead letters that come back: every record is marked as one.
    pub fn redriven() -> RecordBatch {
        let mut batch = RecordBatch::new();
        batch.headers.all_redriven = true;
        batch
    }

    /// The log is to keep this as the time at which it took the records, instead of the time when it takes them: of a copy.
    pub fn taken_at(self, time: Micros) -> RecordBatch {
        RecordBatch { as_of: Some(time), ..self }
    }

    /// See [`RecordBatch::taken_at`].
    pub fn as_of(&self) -> Option<Micros> {
        self.as_of
    }

    /// The record added last is a dead letter that came back.
    pub fn redriven_last(&mut self) {
        self.headers.redriven.extend(self.count.checked_sub(1));
    }

    /// Whether a record, by its place in the batch, is marked as a dead letter that came back.
    pub fn is_redriven(&self, index: usize) -> bool {
        self.headers.is_redriven(index)
    }

    /// See [`RecordBatch::set_headers`].
    pub fn headers(&self) -> &[(&'static str, SmolStr)] {
        &self.headers.common
    }

    /// The trace of a record by its place in the batch.
    pub fn trace_of(&self, index: usize) -> Option<&[u8]> {
        self.headers.trace_of(index)
    }

    /// Number of records.
    pub fn len(&self) -> u32 {
        self.count
    }

    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Size as stored.
    pub fn size(&self) -> usize {
        self.bytes.len()
    }

    /// The stored form. Written by the log, which alone knows where and when.
    pub(super) fn seal(mut self, base: u64, append_time: Micros) -> Vec<u8> {
        self.bytes[0] = VERSION;
        self.bytes[1] = if self.headers.all_redriven { ALL_REDRIVEN } else { 0 };
        self.bytes[4..8].copy_from_slice(&self.count.to_le_bytes());
        self.bytes[8..16].copy_from_slice(&base.to_le_bytes());
        self.bytes[16..24].copy_from_slice(&self.as_of.unwrap_or(append_time).to_le_bytes());
        self.bytes
    }

    /// The records, before the log has given them offsets: as sent from one process to another.
    pub fn to_wire(&self) -> Vec<u8> {
        self.clone().seal(0, 0)
    }

    /// Reads what [`RecordBatch::to_wire`] wrote; `None` if it is no such thing.
    pub fn from_wire(bytes: Vec<u8>) -> Option<RecordBatch> {
        let stored = StoredBatch::check(Box::new(bytes)).ok()?;
        let mut batch = RecordBatch { headers: stored.headers.clone(), ..RecordBatch::new() };
        for record in stored.records() {
            batch.push(record.key, record.value).ok()?;
        }
        Some(batch)
    }

    /// Key and value of each record.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let mut rest = &self.bytes[HEADER..];
        std::iter::from_fn(move || {
            let (key, value, tail) = split_record(rest)?;
            rest = tail;
            Some((key, value))
        })
    }
}

/// A batch as the log gives it back; its form has been checked from end to end.
pub struct StoredBatch {
    bytes: Box<dyn AsRef<[u8]> + Send + Sync>,
    count: u32,
    marks: Marks,
    headers: Headers,
}

/// Where and when the log took the records of a batch.
#[derive(Debug)]
enum Marks {
    /// One behind the other, all at once.
    Together { base: u64, append_time: Micros },
    /// Offset and time of each, at least one.
    Each(Vec<(u64, Micros)>),
}

impl std::fmt::Debug for StoredBatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StoredBatch").field("base", &self.base()).field("count", &self.count).finish_non_exhaustive()
    }
}

/// One record of a stored batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordRef<'a> {
    pub offset: u64,
    pub append_time: Micros,
    pub key: &'a [u8],
    pub value: &'a [u8],
    /// The trace that it belongs to, as [`TRACE`] says it.
    pub trace: Option<&'a [u8]>,
    /// It is a dead letter that came back: accepted whatever its lateness.
    pub redriven: bool,
}

impl StoredBatch {
    /// Checks what stands at `place` under a key that says its last offset is `last`.
    pub(super) fn open(
        bytes: Box<dyn AsRef<[u8]> + Send + Sync>,
        place: &TopicPartition,
        last: u64,
    ) -> Result<StoredBatch, LogError> {
        let corrupt = |reason| LogError::Corrupt { place: place.clone(), offset: last, reason };
        let batch = StoredBatch::check(bytes).map_err(corrupt)?;
        if batch.end().checked_sub(1) != Some(last) {
            return Err(corrupt("its offsets are not those of its key"));
        }
        Ok(batch)
    }

    fn check(bytes: Box<dyn AsRef<[u8]> + Send + Sync>) -> Result<StoredBatch, &'static str> {
        let all: &[u8] = (*bytes).as_ref();
        let (header, mut rest) = all.split_first_chunk::<HEADER>().ok_or("it is shorter than its header")?;
        if header[0] != VERSION {
            return Err("its format version is unknown to this binary");
        }
        let all_redriven = header[1] & ALL_REDRIVEN != 0;
        let count = u32::from_le_bytes([header[4], header[5], header[6], header[7]]);
        let (numbers, _) = header[8..].as_chunks::<8>();
        let base = u64::from_le_bytes(numbers[0]);
        let append_time = i64::from_le_bytes(numbers[1]);
        for _ in 0..count {
            (_, _, rest) = split_record(rest).ok_or("a record reaches beyond its end")?;
        }
        if !rest.is_empty() {
            return Err("bytes follow its last record");
        }
        if base.checked_add(u64::from(count)).is_none() {
            return Err("its offsets run over");
        }
        let headers = Headers { all_redriven, ..Headers::default() };
        Ok(StoredBatch { bytes, count, marks: Marks::Together { base, append_time }, headers })
    }

    /// Records gathered one by one, with the offset and the append time of each in increasing order; `None` if there are
    /// none.
    pub(super) fn gathered(batch: RecordBatch, marks: Vec<(u64, Micros)>) -> Option<StoredBatch> {
        debug_assert_eq!(marks.len(), batch.count as usize, "every record is marked");
        let RecordBatch { bytes, count, headers, .. } = batch;
        (!marks.is_empty()).then(|| StoredBatch { bytes: Box::new(bytes), count, marks: Marks::Each(marks), headers })
    }

    /// Offset of the first record.
    pub fn base(&self) -> u64 {
        self.marks.at(0).map_or(0, |(offset, _)| offset)
    }

    /// One past the offset of the last record.
    pub fn end(&self) -> u64 {
        match &self.marks {
            Marks::Together { base, .. } => base + u64::from(self.count),
            Marks::Each(marks) => marks.last().map_or(0, |(offset, _)| offset + 1),
        }
    }

    /// How many records it holds.
    pub fn count(&self) -> u32 {
        self.count
    }

    /// When the log took the first record.
    pub fn append_time(&self) -> Micros {
        self.marks.at(0).map_or(0, |(_, time)| time)
    }

    /// Size as stored.
    pub fn size(&self) -> usize {
        (*self.bytes).as_ref().len()
    }

    pub fn records(&self) -> Records<'_> {
        let all: &[u8] = (*self.bytes).as_ref();
        Records { rest: &all[HEADER..], marks: &self.marks, headers: &self.headers, index: 0 }
    }

    /// The records from `offset` on.
    pub fn records_from(&self, offset: u64) -> Records<'_> {
        let mut records = self.records();
        while records.offset().is_some_and(|next| next < offset) && records.next().is_some() {}
        records
    }
}

impl Marks {
    /// Offset and append time of a record.
    fn at(&self, index: usize) -> Option<(u64, Micros)> {
        match self {
            Marks::Together { base, append_time } => Some((base + index as u64, *append_time)),
            Marks::Each(marks) => marks.get(index).copied(),
        }
    }
}

/// Iterates over the records of a batch.
#[derive(Debug)]
pub struct Records<'a> {
    rest: &'a [u8],
    marks: &'a Marks,
    headers: &'a Headers,
    index: usize,
}

impl Records<'_> {
    /// Where the next record stands, if there is one.
    fn offset(&self) -> Option<u64> {
        Some(self.marks.at(self.index)?.0)
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = RecordRef<'a>;

    fn next(&mut self) -> Option<RecordRef<'a>> {
        let (key, value, rest) = split_record(self.rest)?;
        let (offset, append_time) = self.marks.at(self.index)?;
        let (trace, redriven) = (self.headers.trace_of(self.index), self.headers.is_redriven(self.index));
        self.rest = rest;
        self.index += 1;
        Some(RecordRef { offset, append_time, key, value, trace, redriven })
    }
}

/// Key and value of the first record, and what follows it.
fn split_record(bytes: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let (key, bytes) = bytes.split_first_chunk::<4>()?;
    let (value, bytes) = bytes.split_first_chunk::<4>()?;
    let length = |bytes: &[u8; 4]| usize::try_from(u32::from_le_bytes(*bytes)).ok();
    let (key, bytes) = bytes.split_at_checked(length(key)?)?;
    let (value, bytes) = bytes.split_at_checked(length(value)?)?;
    Some((key, value, bytes))
}
