//! CSV with a header line, plain or gzip.

use std::io::BufRead;
use std::sync::Arc;

use csv::{ByteRecord, ReaderBuilder, WriterBuilder};

use super::projection::Projection;
use super::{Part, RowReject, TICK, text_fault};
use crate::batch::cell;
use crate::batch::error::FileFault;
use crate::column::ColumnBuilder;
use crate::schema::{Field, Stream};
use crate::value::Value;

pub(super) fn read(stream: &Arc<Stream>, source: impl BufRead, tick: &(dyn Fn(u64) + Sync)) -> Result<Part, FileFault> {
    // Rows of another length than the header's are reported one by one, not as the end of the file.
    let mut reader = ReaderBuilder::new().flexible(true).from_reader(source);
    let header = reader.byte_headers().map_err(fault)?.clone();
    if header.is_empty() {
        return Err(FileFault::Empty);
    }
    let names = header.iter().map(std::str::from_utf8).collect::<Result<Vec<_>, _>>();
    let names = names.map_err(|_| FileFault::HeaderNotUtf8)?;
    let projection = Projection::find(stream, &names)?;
    let fields = &stream.schema.fields;
    let mut builders: Vec<ColumnBuilder> = fields.iter().map(|field| ColumnBuilder::new(field.ty, 0)).collect();
    let (mut places, mut rejects) = (Vec::new(), Vec::new());
    let mut values: Vec<Value> = Vec::with_capacity(fields.len());
    let mut record = ByteRecord::new();
    let mut row = 0;
    while reader.read_byte_record(&mut record).map_err(fault)? {
        row += 1;
        match parse_row(fields, &projection, names.len(), &record, &mut values) {
            Ok(()) => {
                places.push(row);
                for (builder, value) in builders.iter_mut().zip(&values) {
                    builder.push(value);
                }
            }
            Err(RowFault::NotUtf8) => return Err(FileFault::NotUtf8 { row }),
            Err(RowFault::Reject { field, reason }) => {
                rejects.push(RowReject { row, field, reason, raw: raw(&record) });
            }
        }
        if row % TICK == 0 {
            tick(TICK);
        }
    }
    tick(row % TICK);
    let columns = builders.into_iter().map(ColumnBuilder::finish).collect();
    Ok(Part { columns, places, rejects, missing: projection.missing })
}

enum RowFault {
    NotUtf8,
    Reject { field: Option<String>, reason: String },
}

/// Fills `values` with one value per field.
fn parse_row(
    fields: &[Field],
    projection: &Projection,
    width: usize,
    record: &ByteRecord,
    values: &mut Vec<Value>,
) -> Result<(), RowFault> {
    if record.len() != width {
        let reason = format!("the row has {} cells, the header {width}", record.len());
        return Err(RowFault::Reject { field: None, reason });
    }
    values.clear();
    for (field, place) in fields.iter().zip(&projection.places) {
        let bytes = place.and_then(|place| record.get(place)).unwrap_or_default();
        let text = std::str::from_utf8(bytes).map_err(|_| RowFault::NotUtf8)?;
        let value = cell::parse(text, field)
            .map_err(|reason| RowFault::Reject { field: Some(field.name.to_string()), reason })?;
        values.push(value);
    }
    Ok(())
}

fn fault(error: csv::Error) -> FileFault {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => text_fault(error),
        other => FileFault::Damaged { reason: format!("{other:?}") },
    }
}

/// The row as a line of CSV again.
fn raw(record: &ByteRecord) -> String {
    let mut writer = WriterBuilder::new().flexible(true).from_writer(Vec::new());
    let written = writer.write_byte_record(record).is_ok();
    let bytes = if written { writer.into_inner().unwrap_or_default() } else { Vec::new() };
    String::from_utf8_lossy(&bytes).trim_end().to_owned()
}
