//! Which files a pattern means, and which format a name promises.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::error::{BatchError, FileFault};

/// How a file holds its rows; told by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Parquet,
    Csv {
        gzip: bool,
    },
    JsonLines {
        gzip: bool,
    },
    /// Whole documents.
    Json {
        gzip: bool,
    },
}

impl Format {
    /// The format that a name's ending promises of a file to be written.
    pub fn of_output(path: &Path) -> Result<Format, FileFault> {
        match Format::of(path)? {
            Format::Json { .. } => Err(FileFault::NotWritten),
            format => Ok(format),
        }
    }

    /// The format that a name's ending promises.
    pub fn of(path: &Path) -> Result<Format, FileFault> {
        let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default().to_ascii_lowercase();
        let (name, gzip) = match name.strip_suffix(".gz") {
            Some(inner) => (inner, true),
            None => (name.as_str(), false),
        };
        match name.rsplit_once('.').map(|(_, ending)| ending) {
            Some("parquet") if !gzip => Ok(Format::Parquet),
            Some("csv") => Ok(Format::Csv { gzip }),
            Some("jsonl" | "ndjson") => Ok(Format::JsonLines { gzip }),
            Some("json") => Ok(Format::Json { gzip }),
            _ => Err(FileFault::UnknownEnding),
        }
    }
}

/// The files that a pattern means, in name order. A path that exists is taken as it stands, whatever its characters.
pub fn find_files(pattern: &str) -> Result<Vec<PathBuf>, BatchError> {
    if Path::new(pattern).is_file() {
        return Ok(vec![PathBuf::from(pattern)]);
    }
    let found = glob::glob(pattern).map_err(|source| BatchError::Pattern { pattern: pattern.to_owned(), source })?;
    let mut files = Vec::new();
    for entry in found {
        let path = entry.map_err(|error| BatchError::file(error.path(), std::io::Error::from(error.error().kind())))?;
        if path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    if files.is_empty() { Err(BatchError::NoFiles { pattern: pattern.to_owned() }) } else { Ok(files) }
}
