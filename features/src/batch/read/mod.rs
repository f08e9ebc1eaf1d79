//! One file of history as typed columns, whatever its format.

mod csv;
mod events;
pub(super) mod json;
mod jsonl;
mod parquet;
mod projection;

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use super::error::{BatchError, FileFault};
use super::files::Format;
use crate::column::Column;
use crate::schema::Stream;

pub(super) use parquet::{check_ends, guarded, parquet_fields, plain_reader};

/// What one file holds: rows whose every cell fits its field, and the others.
#[derive(Debug)]
pub(super) struct Part {
    /// One per field of the schema.
    pub(super) columns: Vec<Column>,
    /// For each row its place in the file, from 1.
    pub(super) places: Vec<u64>,
    pub(super) rejects: Vec<RowReject>,
    /// Fields without a column, with the file's column that comes nearest.
    pub(super) missing: Vec<(usize, Option<String>)>,
}

/// A row of a file that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RowReject {
    /// From 1.
    pub(super) row: u64,
    pub(super) field: Option<String>,
    pub(super) reason: String,
    pub(super) raw: String,
}

/// How many rows are read between two reports of progress.
const TICK: u64 = 8192;

/// Reads one file. `alone`: no other file is read beside it, so that it may use every core. `tick` is told of rows as
/// they are read.
pub(super) fn read(
    stream: &Arc<Stream>,
    path: &Path,
    alone: bool,
    tick: &(dyn Fn(u64) + Sync),
) -> Result<Part, FileFault> {
    let format = Format::of(path)?;
    if std::fs::metadata(path)?.len() == 0 {
        return Err(FileFault::Empty);
    }
    match format {
        Format::Parquet => parquet::read(stream, path, alone, tick),
        Format::Csv { gzip } => csv::read(stream, source(path, gzip)?, tick),
        Format::Json { gzip } => json::read(stream, source(path, gzip)?, tick),
        Format::JsonLines { gzip } => jsonl::read(stream, source(path, gzip)?, tick),
    }
}

/// Checks that a file has Parquet's magic number at both ends and room for the footer that it announces: what a
/// download or a copy that was cut short does not have.
pub fn check_parquet_ends(path: &Path) -> Result<(), BatchError> {
    let checked = File::open(path).map_err(FileFault::Io).and_then(|mut file| parquet::check_ends(&mut file));
    checked.map_err(|fault| BatchError::file(path, fault))
}

/// The bytes of a text file, decompressed.
fn source(path: &Path, gzip: bool) -> std::io::Result<Box<dyn std::io::BufRead + Send>> {
    const BUFFER: usize = 1 << 18;
    let file = std::io::BufReader::with_capacity(BUFFER, File::open(path)?);
    Ok(if gzip {
        Box::new(std::io::BufReader::with_capacity(BUFFER, flate2::bufread::MultiGzDecoder::new(file)))
    } else {
        Box::new(file)
    })
}

/// What a failure to read text means: decompression reports a cut file as an early end, another format as bad input.
fn text_fault(error: std::io::Error) -> FileFault {
    match error.kind() {
        std::io::ErrorKind::UnexpectedEof => FileFault::CutOff,
        std::io::ErrorKind::InvalidInput => FileFault::OtherFormat { expected: "gzip" },
        std::io::ErrorKind::InvalidData => FileFault::Damaged { reason: error.to_string() },
        _ => FileFault::Io(error),
    }
}
