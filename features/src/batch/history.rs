//! History: the events of one stream from files, checked, in file order.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::*;

use super::error::{BatchError, Note};
use super::read::{self, Part, RowReject};
use super::{files, rows, text, validate};
use crate::column::{Column, ColumnBuilder, Table};
use crate::event::Event;
use crate::schema::Stream;
use crate::value::{Micros, Type};

/// Events of one stream in file order: a column per field of the schema. Every row passed the stream's checks and has
/// an event time; the others are among the rejects.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct History {
    pub stream: Arc<Stream>,
    /// One column per field of the schema, in its order.
    pub table: Table,
    /// The event time of each row.
    pub times: Vec<Micros>,
    /// Where each row stands in the log it was read from; `None` for history from files, whose order is its log.
    pub log: Option<LogPlaces>,
    /// What could not be used, with its reason.
    pub rejects: Vec<Reject>,
    pub notes: Vec<Note>,
}

/// The places of rows that came from a log's partition, one of each per row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogPlaces {
    /// Ascending: [`Stream::sequence`].
    pub sequence: Vec<u64>,
    /// When the log took each event: what is from the future is decided by it.
    pub append_times: Vec<Micros>,
    /// Of `sequence`, in its order, those that are dead letters which came back.
    pub redriven: Vec<u64>,
}

/// A row that is no event of its stream.
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

impl History {
    /// History that is in memory already: `columns` as the schema has them, all of one length. Rows that are no events
    /// become rejects of `origin`.
    pub fn from_columns(stream: &Arc<Stream>, columns: Vec<Column>, origin: &Path) -> History {
        let rows = columns.first().map_or(0, Column::len) as u64;
        let part = Part { columns, places: (1..=rows).collect(), rejects: Vec::new(), missing: Vec::new() };
        join(stream, vec![check(stream, origin, part)])
    }

    /// Events of a log's partition with their places ([`Stream::sequence`]) and append times, in the order of the log.
    /// The decoder that made them has checked them.
    pub fn from_log(stream: &Arc<Stream>, events: impl IntoIterator<Item = (u64, Micros, Event)>) -> History {
        let fields = &stream.schema.fields;
        let mut builders: Vec<ColumnBuilder> = fields.iter().map(|field| ColumnBuilder::new(field.ty, 0)).collect();
        let (mut times, mut log) = (Vec::new(), LogPlaces::default());
        for (place, append_time, event) in events {
            for (builder, value) in builders.iter_mut().zip(&event.fields) {
                builder.push(value);
            }
            times.push(event.time);
            log.sequence.push(place);
            log.append_times.push(append_time);
        }
        let columns = builders.into_iter().map(ColumnBuilder::finish).collect();
        let names = fields.iter().map(|field| field.name.clone()).collect();
        let table = Table { names, columns, rows: times.len() };
        let stream = Arc::clone(stream);
        History { stream, table, times, log: Some(log), rejects: Vec::new(), notes: Vec::new() }
    }

    /// These places of the log hold dead letters that came back.
    pub fn with_redriven(mut self, redriven: Vec<u64>) -> History {
        if let Some(log) = &mut self.log {
            log.redriven = redriven;
        }
        self
    }

    /// Number of events.
    pub fn len(&self) -> usize {
        self.table.rows
    }

    pub fn is_empty(&self) -> bool {
        self.table.rows == 0
    }
}

/// Reads files (Parquet, CSV, gzip CSV, JSON lines; by name ending) that match a glob, in name order.
/// `progress` is told (rows read so far).
pub fn read_history(
    stream: &Arc<Stream>,
    pattern: &str,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<History, BatchError> {
    read_files(stream, &files::find_files(pattern)?, progress)
}

/// Reads these files, one after the other in the order given; on all cores.
pub fn read_files(
    stream: &Arc<Stream>,
    files: &[PathBuf],
    progress: &(dyn Fn(u64) + Sync),
) -> Result<History, BatchError> {
    let done = AtomicU64::new(0);
    let tick = |rows: u64| progress(done.fetch_add(rows, Ordering::Relaxed) + rows);
    let read_one = |path: &PathBuf| -> Result<CheckedPart, BatchError> {
        let part = read::read(stream, path, files.len() == 1, &tick).map_err(|fault| BatchError::file(path, fault))?;
        Ok(check(stream, path, part))
    };
    // Of several broken files the first in order is named, not the first that was found to be broken.
    let parts: Vec<Result<CheckedPart, BatchError>> = files.par_iter().map(read_one).collect();
    Ok(join(stream, parts.into_iter().collect::<Result<_, _>>()?))
}

/// The events of one file.
struct CheckedPart {
    file: PathBuf,
    columns: Vec<Column>,
    times: Vec<Micros>,
    rejects: Vec<RowReject>,
    missing: Vec<(usize, Option<String>)>,
}

fn check(stream: &Arc<Stream>, file: &Path, part: Part) -> CheckedPart {
    let Part { mut columns, places, mut rejects, missing } = part;
    let validity = validate::validate(stream, &columns, places.len());
    let mut times = validity.times;
    if !validity.invalid.is_empty() {
        rejects.extend(validity.invalid.iter().map(|invalid| RowReject {
            row: places[invalid.row],
            field: invalid.field.clone(),
            reason: invalid.reason.clone(),
            raw: text::json_row(stream.schema.fields.iter().map(|field| field.name.as_str()), &columns, invalid.row),
        }));
        rejects.sort_by_key(|reject| reject.row);
        let kept = rows::all_but(places.len(), validity.invalid.iter().map(|invalid| invalid.row));
        columns = columns.iter().map(|column| column.take(&kept)).collect();
        times = kept.iter().map(|&row| times[row]).collect();
    }
    CheckedPart { file: file.to_path_buf(), columns, times, rejects, missing }
}

fn join(stream: &Arc<Stream>, parts: Vec<CheckedPart>) -> History {
    let fields = &stream.schema.fields;
    let notes = notes(stream, &parts);
    let types: Vec<Type> = fields.iter().map(|field| field.ty).collect();
    let (mut times, mut rejects, mut columns) = (Vec::new(), Vec::new(), Vec::with_capacity(parts.len()));
    for part in parts {
        times.extend(part.times);
        columns.push(part.columns);
        rejects.extend(part.rejects.into_iter().map(|reject| Reject {
            file: part.file.clone(),
            row: reject.row,
            field: reject.field,
            reason: reject.reason,
            raw: reject.raw,
        }));
    }
    let columns = rows::concat_all(&types, columns);
    let names = fields.iter().map(|field| field.name.clone()).collect();
    let table = Table { names, columns, rows: times.len() };
    History { stream: Arc::clone(stream), table, times, log: None, rejects, notes }
}

/// One note for each field that some file has no column for.
fn notes(stream: &Stream, parts: &[CheckedPart]) -> Vec<Note> {
    let note = |(index, field): (usize, &crate::schema::Field)| {
        let mut without = parts.iter().filter_map(|part| {
            part.missing.iter().find(|(missing, _)| *missing == index).map(|(_, nearest)| (&part.file, nearest.clone()))
        });
        let (first, nearest) = without.next()?;
        let files = 1 + without.count();
        Some(Note::MissingColumn { field: field.name.to_string(), nearest, files, first: first.clone() })
    };
    stream.schema.fields.iter().enumerate().filter_map(note).collect()
}

#[cfg(test)]
mod tests;
