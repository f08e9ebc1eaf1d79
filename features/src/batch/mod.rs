//! The batch host: whole histories from files, columns by polars, the same programs and kernel as everywhere.

use std::path::PathBuf;
use std::sync::Arc;

use crate::column::Table;
use crate::plan::View;
use crate::schema::Stream;

/// In which order, and with which decisions, history is folded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Sorted by the total order; nothing is late.
    Ideal,
    /// Log order, with the late, duplicate and invalid decisions of the stream host.
    Served,
}

/// Why history could not be read or computed.
#[derive(Debug, thiserror::Error)]
pub enum BatchError {
    #[error("{path}: {reason}")]
    File { path: PathBuf, reason: String },
    #[error("no file matches `{pattern}`")]
    NoFiles { pattern: String },
}

/// Events of one stream in file order: a column per field of the schema.
#[derive(Debug, Clone)]
pub struct History {
    pub stream: Arc<Stream>,
    /// One column per field of the schema, in its order.
    pub table: Table,
    /// What could not be used, with its reason.
    pub rejects: Vec<Reject>,
}

#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Reject {
    pub file: PathBuf,
    /// From 1, in the file (data rows; the header is not counted).
    pub row: u64,
    pub field: Option<String>,
    pub reason: String,
    /// The row as it stood, as far as it is text.
    pub raw: String,
}

/// A view's rows: for each, the history row it came from.
#[derive(Debug, Clone)]
pub struct ViewTable {
    /// Index into the history's rows, ascending.
    pub source: Vec<usize>,
    /// One column per column of the view.
    pub table: Table,
    pub overflows: u64,
    /// Rows of history that were not folded, by reason.
    pub late: u64,
    pub duplicate: u64,
    pub invalid: u64,
}

/// Reads files (Parquet, CSV, gzip CSV, JSON lines; by name ending) that match a glob, in name order.
/// `progress` is told (rows read so far).
pub fn read_history(
    stream: &Arc<Stream>,
    pattern: &str,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<History, BatchError> {
    progress(0);
    todo!("{stream:?} {pattern}")
}

/// Computes a view over history, on all cores. Rows in input order.
pub fn compute(view: &Arc<View>, history: &History, order: Order) -> Result<ViewTable, BatchError> {
    todo!("{view:?} {history:?} {order:?}")
}
