//! What can be wrong with a file, and with history as a whole. Every message says what would put it right.

use std::path::{Path, PathBuf};

use crate::value::Type;

/// Why history could not be read, kept or written.
#[derive(Debug, thiserror::Error)]
pub enum BatchError {
    #[error("{}: {fault}", path.display())]
    File { path: PathBuf, fault: FileFault },
    #[error("no file matches `{pattern}`: give a path or a pattern such as `plays/*.parquet`, in quotes")]
    NoFiles { pattern: String },
    #[error("`{pattern}` is not a pattern")]
    Pattern { pattern: String, source: glob::PatternError },
    #[error("stream `{stream}` has no history yet: import some with `clutch data import --stream {stream} FILE...`")]
    NoHistory { stream: String },
    #[error("view `{view}` does not read stream `{stream}`")]
    OtherStream { view: String, stream: String },
    #[error("another import into stream `{stream}` is under way ({holder}): wait for it to end")]
    Locked { stream: String, holder: String },
    #[error("{}: the list of imported files cannot be read ({reason}): restore it, or import afresh with --replace", path.display())]
    Manifest { path: PathBuf, reason: String },
}

impl BatchError {
    pub(super) fn file(path: &Path, fault: impl Into<FileFault>) -> BatchError {
        BatchError::File { path: path.to_path_buf(), fault: fault.into() }
    }
}

/// What is wrong with one file, so that none of it can be used.
#[derive(Debug, thiserror::Error)]
pub enum FileFault {
    #[error("the file cannot be read or written: {0}")]
    Io(#[from] std::io::Error),
    #[error(
        "the name does not tell the format: it must end in .parquet, .csv, .jsonl, .ndjson or .json, all but the first also with .gz"
    )]
    UnknownEnding,
    #[error("rows are written as .parquet, .csv or .jsonl: name the file so")]
    NotWritten,
    #[error("the file is empty: export it again, or leave it out")]
    Empty,
    #[error("the file is cut off: copy or download it again")]
    CutOff,
    #[error("this is no {expected} file: name it by what it holds, or export it again")]
    OtherFormat { expected: &'static str },
    #[error("row {row} is not UTF-8: save the file as UTF-8")]
    NotUtf8 { row: u64 },
    #[error("the header is not UTF-8: save the file as UTF-8")]
    HeaderNotUtf8,
    #[error("no column `{column}`, which the stream cannot do without{}: rename the column, or the field in clutch.toml", nearest_of(nearest.as_deref()))]
    MissingColumn { column: String, nearest: Option<String> },
    #[error("the header names column `{column}` twice: rename one of them")]
    DoubleColumn { column: String },
    #[error(
        "column `{column}` holds {found}, but the field is declared {declared}: change the declaration or the file"
    )]
    Mistyped { column: String, found: String, declared: Type },
    #[error("the file is damaged ({reason}): copy or download it again")]
    Damaged { reason: String },
}

fn nearest_of(nearest: Option<&str>) -> String {
    nearest.map(|name| format!(" (the nearest is `{name}`)")).unwrap_or_default()
}

/// Something that is no error and that a careful user still wants to know.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(tag = "note", rename_all = "snake_case")]
pub enum Note {
    /// The field is NULL in every row of these files.
    MissingColumn { field: String, nearest: Option<String>, files: usize, first: PathBuf },
}

impl std::fmt::Display for Note {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Note::MissingColumn { field, nearest, files, first } => {
                write!(f, "no column `{field}` in {}", first.display())?;
                if *files > 1 {
                    write!(f, " and {} more", files - 1)?;
                }
                write!(f, ": its values are NULL")?;
                nearest.as_ref().map_or(Ok(()), |name| write!(f, " (did you mean `{name}`?)"))
            }
        }
    }
}
