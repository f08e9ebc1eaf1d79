//! The batch host: whole histories from files, columns by polars, the same programs and kernel as everywhere.
//!
//! - [`read_history`], [`read_files`]: files of five formats to a checked [`History`];
//! - [`HistoryStore`], [`read_imported`]: the history that a project keeps;
//! - [`compute()`]: a view over a history, on all cores;
//! - [`write_table`]: tables to files.

mod cell;
mod compute;
mod digest;
mod error;
mod files;
#[cfg(test)]
mod fixture;
mod frame;
mod history;
mod imported;
mod one_thread;
mod read;
mod rows;
mod sample;
#[cfg(test)]
mod spellings;
mod state_size;
mod text;
mod validate;
mod write;

pub use compute::{Order, ViewTable, compute};
pub use error::{BatchError, FileFault, Note};
pub use files::{Format, find_files};
pub use history::{History, LogPlaces, Reject, read_files, read_history};
pub use imported::{Added, HistoryStore, Import, read_imported};
pub use one_thread::{OneThread, OneThreadError};
pub use read::check_parquet_ends;
pub use sample::read_sample;
pub use state_size::{StateSizes, state_sizes};
pub use write::write_table;
