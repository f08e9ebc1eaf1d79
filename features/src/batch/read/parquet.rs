//! Parquet files, by polars.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::sync::Arc;

use polars::datatypes::ArrowDataType;
use polars::prelude::{ArrowSchema, DataFrame, ParallelStrategy, ParquetReader, PolarsError, SerReader};

use super::projection::Projection;
use super::{Part, RowReject};
use crate::batch::error::FileFault;
use crate::batch::frame::{self, ColumnFault};
use crate::batch::rows;
use crate::column::Column;
use crate::schema::Stream;
use crate::value::Type;

const MAGIC: &[u8; 4] = b"PAR1";
/// The magic number at both ends and the length of the footer.
const SMALLEST: u64 = 12;

pub(in crate::batch) fn check_ends(file: &mut File) -> Result<(), FileFault> {
    let length = file.metadata()?.len();
    let mut head = [0; 4];
    let mut tail = [0; 8];
    if length == 0 {
        return Err(FileFault::Empty);
    }
    file.seek(SeekFrom::Start(0))?;
    if length < 4 {
        return Err(FileFault::OtherFormat { expected: "Parquet" });
    }
    file.read_exact(&mut head)?;
    if &head != MAGIC {
        return Err(FileFault::OtherFormat { expected: "Parquet" });
    }
    if length < SMALLEST {
        return Err(FileFault::CutOff);
    }
    file.seek(SeekFrom::End(-8))?;
    file.read_exact(&mut tail)?;
    let [a, b, c, d, magic @ ..] = tail;
    let footer = u64::from(u32::from_le_bytes([a, b, c, d]));
    if &magic != MAGIC || footer + SMALLEST > length {
        return Err(FileFault::CutOff);
    }
    file.seek(SeekFrom::Start(0))?;
    Ok(())
}

pub(super) fn read(
    stream: &Arc<Stream>,
    path: &Path,
    alone: bool,
    tick: &(dyn Fn(u64) + Sync),
) -> Result<Part, FileFault> {
    let mut file = File::open(path)?;
    check_ends(&mut file)?;
    let (projection, frame) = guarded(|| read_frame(stream, file, alone))??;
    tick(frame.height() as u64);
    part_of(stream, projection, &frame)
}

/// Some fields of a file that was written by this crate; every cell fits.
pub(in crate::batch) fn parquet_fields(
    stream: &Stream,
    path: &Path,
    fields: &[usize],
) -> Result<Vec<Column>, FileFault> {
    let mut file = File::open(path)?;
    check_ends(&mut file)?;
    let names: Vec<String> = fields.iter().map(|&field| stream.schema.fields[field].name.to_string()).collect();
    let read = || ParquetReader::new(file).with_columns(Some(names)).finish();
    let frame = guarded(read)?.map_err(|e| damaged(&e))?;
    let column_of = |&field: &usize| {
        let field = &stream.schema.fields[field];
        let series = frame.column(&field.name).map_err(|e| damaged(&e))?.as_materialized_series();
        frame::column_of(series, field)
            .map(|(column, _)| column)
            .map_err(|fault| fault_of(fault, &field.name, field.ty))
    };
    fields.iter().map(column_of).collect()
}

/// Polars panics on some damaged or unknown contents; here that is a damaged file, not the end of the process.
pub(in crate::batch) fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, FileFault> {
    std::panic::catch_unwind(AssertUnwindSafe(work)).map_err(|cause| {
        let text =
            cause.downcast_ref::<String>().cloned().or_else(|| cause.downcast_ref().map(|s: &&str| (*s).to_owned()));
        FileFault::Damaged { reason: text.unwrap_or_else(|| "unreadable contents".to_owned()) }
    })
}

fn damaged(error: &PolarsError) -> FileFault {
    FileFault::Damaged { reason: error.to_string() }
}

/// Reads columns as Parquet's own schema has them.
pub(in crate::batch) fn plain_reader(file: File) -> Result<ParquetReader<File>, FileFault> {
    let mut reader = ParquetReader::new(file);
    // The schema that Arrow writers hide in the metadata says how a column was held in memory (categories, time
    // zones); what it holds, Parquet's own schema says.
    let mut metadata = reader.get_metadata().map_err(|e| damaged(&e))?.as_ref().clone();
    metadata.key_value_metadata = None;
    reader.set_metadata(Arc::new(metadata));
    Ok(reader)
}

fn read_frame(stream: &Stream, file: File, alone: bool) -> Result<(Projection, DataFrame), FileFault> {
    let mut reader = plain_reader(file)?;
    let schema = reader.schema().map_err(|e| damaged(&e))?;
    let names: Vec<&str> = schema.iter_names().map(|name| name.as_str()).collect();
    let projection = Projection::find(stream, &names)?;
    check_types(stream, &projection, &schema)?;
    let mut wanted: Vec<usize> = projection.places.iter().flatten().copied().collect();
    wanted.sort_unstable();
    let strategy = if alone { ParallelStrategy::Auto } else { ParallelStrategy::None };
    let frame = reader.with_projection(Some(wanted)).read_parallel(strategy).finish().map_err(|e| damaged(&e))?;
    Ok((projection, frame))
}

/// Refuses, before it is read, a column whose type no field has.
fn check_types(stream: &Stream, projection: &Projection, schema: &ArrowSchema) -> Result<(), FileFault> {
    for (field, place) in stream.schema.fields.iter().zip(&projection.places) {
        let Some((name, column)) = place.and_then(|place| schema.get_at_index(place)) else { continue };
        if !is_readable(&column.dtype) {
            let (column, found) = (name.to_string(), format!("{:?}", column.dtype));
            return Err(FileFault::Mistyped { column, found, declared: field.ty });
        }
    }
    Ok(())
}

fn is_readable(ty: &ArrowDataType) -> bool {
    use ArrowDataType as A;
    matches!(
        ty,
        A::Null
            | A::Boolean
            | A::Int8
            | A::Int16
            | A::Int32
            | A::Int64
            | A::UInt8
            | A::UInt16
            | A::UInt32
            | A::UInt64
            | A::Float32
            | A::Float64
            | A::Utf8
            | A::LargeUtf8
            | A::Utf8View
            | A::Date32
            | A::Timestamp(..)
    )
}

/// Columns of fields, without the rows that have a cell that does not fit.
fn part_of(stream: &Stream, projection: Projection, frame: &DataFrame) -> Result<Part, FileFault> {
    let height = frame.height();
    let mut columns = Vec::with_capacity(stream.schema.fields.len());
    // Row and first field at fault, with the reason.
    let mut faults: Vec<(usize, usize, String)> = Vec::new();
    for (index, (field, place)) in stream.schema.fields.iter().zip(&projection.places).enumerate() {
        if place.is_none() {
            columns.push(rows::nulls(field.ty, height));
            continue;
        }
        let series = frame.column(&field.name).map_err(|e| damaged(&e))?.as_materialized_series();
        let (column, cells) =
            frame::column_of(series, field).map_err(|fault| fault_of(fault, &field.name, field.ty))?;
        faults.extend(cells.into_iter().map(|cell| (cell.row, index, cell.reason)));
        columns.push(column);
    }
    faults.sort_by_key(|(row, field, _)| (*row, *field));
    faults.dedup_by_key(|(row, ..)| *row);
    let rejects = faults.iter().map(|(row, field, reason)| RowReject {
        row: *row as u64 + 1,
        field: Some(stream.schema.fields[*field].name.to_string()),
        reason: reason.clone(),
        raw: raw(frame, *row),
    });
    let rejects: Vec<RowReject> = rejects.collect();
    let mut places: Vec<u64> = (1..=height as u64).collect();
    if !rejects.is_empty() {
        let kept = rows::all_but(height, faults.iter().map(|(row, ..)| *row));
        columns = columns.iter().map(|column| column.take(&kept)).collect();
        places = kept.iter().map(|row| *row as u64 + 1).collect();
    }
    Ok(Part { columns, places, rejects, missing: projection.missing })
}

fn fault_of(fault: ColumnFault, column: &str, declared: Type) -> FileFault {
    match fault {
        ColumnFault::Mistyped { found } => FileFault::Mistyped { column: column.to_owned(), found, declared },
        ColumnFault::Polars(error) => damaged(&error),
    }
}

/// The row's cells as they stand in the file, as a JSON object of texts.
fn raw(frame: &DataFrame, row: usize) -> String {
    let cells = frame.columns().iter().map(|column| {
        let cell = column.get(row).map(|value| value.to_string()).unwrap_or_default();
        (column.name().to_string(), serde_json::Value::String(cell.trim_matches('"').to_owned()))
    });
    serde_json::Value::Object(cells.collect()).to_string()
}
