//! One growing file of lines: CSV or JSON lines.
//!
//! The file is on the disk before the position says so. After a crash it may be longer than the position says; what is
//! too much is cut off and written again.

use std::fs::{File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use features::value::Value;
use serde_json::Value as Json;

use super::columns::{ParsedPrediction, SinkColumn};
use super::error::SinkError;
use super::position::Position;
use super::runner::Part;
use crate::log::RecordRef;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LineFormat {
    Csv,
    Jsonl,
}

/// An open file, at the length of its position.
#[derive(Debug)]
pub(super) struct LineFile {
    file: File,
    path: PathBuf,
    format: LineFormat,
    columns: Vec<SinkColumn>,
}

impl LineFile {
    /// Opens the file and brings it to the length that `position` says. Without a position there must be no file, and
    /// where the file is gone the position goes back to the start, so that all is written anew.
    pub(super) fn recover(
        path: &Path,
        format: LineFormat,
        columns: Vec<SinkColumn>,
        found: Option<Position>,
        start: Position,
    ) -> Result<(LineFile, Position), SinkError> {
        let io = |action| move |source| SinkError::Io { action, path: path.to_path_buf(), source };
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(io("create the folder of"))?;
        }
        let file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path).map_err(io("open"))?;
        let length = file.metadata().map_err(io("examine"))?.len();
        let position = match found {
            None if length > 0 => return Err(SinkError::Foreign { path: path.to_path_buf() }),
            None => start,
            Some(_) if length == 0 => start,
            Some(found) if !found.continues(&start) => return Err(SinkError::Changed { path: path.to_path_buf() }),
            Some(found) if length < found.length => {
                return Err(SinkError::Shorter { path: path.to_path_buf(), found: length, expected: found.length });
            }
            Some(found) => found,
        };
        if length > position.length {
            file.set_len(position.length).map_err(io("shorten"))?;
        }
        Ok((LineFile { file, path: path.to_path_buf(), format, columns }, position))
    }

    /// Appends the records of `parts`; on the disk when this returns. Gives the file's new length.
    pub(super) fn write(&mut self, parts: &[Part], length: u64) -> Result<u64, SinkError> {
        let mut records: Vec<(u32, RecordRef<'_>)> =
            parts.iter().flat_map(|part| part.records().map(|record| (part.partition, record))).collect();
        records.sort_by_key(|(_, record)| record.append_time);
        let mut text = Vec::new();
        match self.format {
            LineFormat::Jsonl => {
                for (_, record) in &records {
                    text.extend_from_slice(record.value);
                    text.push(b'\n');
                }
            }
            LineFormat::Csv => self.write_csv(&records, length == 0, &mut text)?,
        }
        let mut append = || {
            self.file.seek(SeekFrom::Start(length))?;
            self.file.write_all(&text)?;
            self.file.sync_data()
        };
        append().map_err(|source| SinkError::Io { action: "write", path: self.path.clone(), source })?;
        Ok(length + text.len() as u64)
    }

    fn write_csv(
        &self,
        records: &[(u32, RecordRef<'_>)],
        with_header: bool,
        text: &mut Vec<u8>,
    ) -> Result<(), SinkError> {
        let mut writer = csv::Writer::from_writer(text);
        let failed = |error: csv::Error| {
            let source = std::io::Error::other(error);
            SinkError::Io { action: "write", path: self.path.clone(), source }
        };
        if with_header {
            writer.write_record(self.columns.iter().map(|column| column.name.as_str())).map_err(failed)?;
        }
        for (partition, record) in records {
            let parsed = ParsedPrediction::parse(record.value, record.append_time)
                .map_err(|source| SinkError::Record { partition: *partition, offset: record.offset, source })?;
            let cells = self.columns.iter().map(|column| cell(&parsed.value(column)));
            writer.write_record(cells).map_err(failed)?;
        }
        writer.flush().map_err(|source| SinkError::Io { action: "write", path: self.path.clone(), source })
    }
}

/// NULL is empty; times are RFC 3339; the rest is as JSON writes it, strings without quotes.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(b) => b.to_string(),
        Value::Int(i) | Value::Interval(i) => i.to_string(),
        Value::Float(x) => Json::from(*x).to_string(),
        Value::String(text) => text.to_string(),
        Value::Timestamp(time) => crate::worker::rfc3339(*time),
    }
}
