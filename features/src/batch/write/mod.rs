//! Tables into files: Parquet, CSV or JSON lines, by the name's ending. A file appears whole or not at all.

mod atomic;

use std::io::{BufWriter, Write};
use std::path::Path;

use polars::prelude::ParquetWriter;

pub(super) use atomic::write_atomically;

use super::error::{BatchError, FileFault};
use super::files::Format;
use super::{frame, text};
use crate::column::Table;

/// Writes a table to `path` as its ending says: `.parquet` (zstd), `.csv` or `.jsonl`, each of the latter with `.gz`
/// too. What was there before is replaced in one step.
pub fn write_table(path: &Path, table: &Table) -> Result<(), BatchError> {
    let format = Format::of(path).map_err(|fault| BatchError::file(path, fault))?;
    let write = |file: &mut std::fs::File| match format {
        Format::Parquet => write_parquet(file, table),
        Format::Csv { gzip } => compressed(file, gzip, |out| write_csv(out, table)),
        Format::JsonLines { gzip } => compressed(file, gzip, |out| write_jsonl(out, table)),
        Format::Json { .. } => Err(FileFault::NotWritten),
    };
    write_atomically(path, write).map_err(|fault| BatchError::file(path, fault))
}

fn write_parquet(file: &mut std::fs::File, table: &Table) -> Result<(), FileFault> {
    let unwritable = |error: polars::error::PolarsError| match error {
        polars::error::PolarsError::IO { error, .. } => FileFault::Io(std::io::Error::from(error.kind())),
        other => FileFault::Io(std::io::Error::other(other.to_string())),
    };
    let mut frame = frame::frame_of(table).map_err(unwritable)?;
    ParquetWriter::new(BufWriter::new(file)).finish(&mut frame).map_err(unwritable)?;
    Ok(())
}

fn compressed(
    file: &mut std::fs::File,
    gzip: bool,
    write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>,
) -> Result<(), FileFault> {
    let mut out = BufWriter::new(file);
    if gzip {
        let mut encoder = flate2::write::GzEncoder::new(out, flate2::Compression::default());
        write(&mut encoder)?;
        out = encoder.finish()?;
    } else {
        write(&mut out)?;
    }
    Ok(out.flush()?)
}

fn write_csv(out: &mut dyn Write, table: &Table) -> std::io::Result<()> {
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(table.names.iter().map(|name| name.as_str()))?;
    for row in 0..table.rows {
        writer.write_record(table.columns.iter().map(|column| text::csv_cell(&column.value(row))))?;
    }
    writer.flush()
}

fn write_jsonl(out: &mut dyn Write, table: &Table) -> std::io::Result<()> {
    for row in 0..table.rows {
        let line = text::json_row(table.names.iter().map(|name| name.as_str()), &table.columns, row);
        out.write_all(line.as_bytes())?;
        out.write_all(b"\n")?;
    }
    Ok(())
}
