//! JSON lines: one event a line, plain or gzip, through the decoder that live events go through.

use std::io::BufRead;
use std::sync::Arc;

use super::{Part, RowReject, TICK, text_fault};
use crate::batch::error::FileFault;
use crate::column::ColumnBuilder;
use crate::event::EventDecoder;
use crate::schema::Stream;

/// A longer line is rejected without being kept in memory.
const LONGEST_LINE: usize = 16 << 20;
/// So much of a rejected line is kept.
const LONGEST_RAW: usize = 64 << 10;
/// What some editors put before the first line; no part of it.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

pub(super) fn read(
    stream: &Arc<Stream>,
    mut source: impl BufRead,
    tick: &(dyn Fn(u64) + Sync),
) -> Result<Part, FileFault> {
    let mut decoder = EventDecoder::new(Arc::clone(stream));
    let mut builders: Vec<ColumnBuilder> =
        stream.schema.fields.iter().map(|field| ColumnBuilder::new(field.ty, 0)).collect();
    let (mut places, mut rejects) = (Vec::new(), Vec::new());
    let mut line = Vec::new();
    let mut row = 0;
    while let Some(length) = next_line(&mut source, &mut line).map_err(text_fault)? {
        row += 1;
        if row % TICK == 0 {
            tick(TICK);
        }
        if row == 1 && line.starts_with(BYTE_ORDER_MARK) {
            line.drain(..BYTE_ORDER_MARK.len());
        }
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let decoded = if length > LONGEST_LINE {
            Err((None, format!("the line has {length} bytes; at most {LONGEST_LINE} are read")))
        } else {
            decoder.decode(&line).map_err(|invalid| (invalid.field, invalid.reason))
        };
        match decoded {
            Ok(event) => {
                places.push(row);
                for (builder, value) in builders.iter_mut().zip(&event.fields) {
                    builder.push(value);
                }
            }
            Err((field, reason)) => rejects.push(RowReject { row, field, reason, raw: raw(&line) }),
        }
    }
    tick(row % TICK);
    let columns = builders.into_iter().map(ColumnBuilder::finish).collect();
    Ok(Part { columns, places, rejects, missing: Vec::new() })
}

/// Reads a line without its end into `line`, which keeps at most one byte more than [`LONGEST_LINE`]. Gives the line's
/// length, or `None` at the end of the file.
fn next_line(source: &mut impl BufRead, line: &mut Vec<u8>) -> std::io::Result<Option<usize>> {
    line.clear();
    let mut length = 0;
    let mut seen = false;
    loop {
        let chunk = match source.fill_buf() {
            Ok(chunk) => chunk,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        if chunk.is_empty() {
            return Ok(seen.then_some(length));
        }
        seen = true;
        let end = chunk.iter().position(|b| *b == b'\n');
        let content = &chunk[..end.unwrap_or(chunk.len())];
        length += content.len();
        let room = (LONGEST_LINE + 1).saturating_sub(line.len());
        line.extend_from_slice(&content[..content.len().min(room)]);
        let used = end.map_or(chunk.len(), |end| end + 1);
        source.consume(used);
        if end.is_some() {
            return Ok(Some(length));
        }
    }
}

fn raw(line: &[u8]) -> String {
    String::from_utf8_lossy(&line[..line.len().min(LONGEST_RAW)]).trim_end().to_owned()
}
