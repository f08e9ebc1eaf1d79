//! JSON lines: one event a line, plain or gzip, through the decoder that live events go through.

use std::io::BufRead;
use std::sync::Arc;

use super::events::{BYTE_ORDER_MARK, Events};
use super::{Part, TICK, text_fault};
use crate::batch::error::FileFault;
use crate::schema::Stream;

/// A longer line is rejected without being kept in memory.
const LONGEST_LINE: usize = 16 << 20;

pub(super) fn read(
    stream: &Arc<Stream>,
    mut source: impl BufRead,
    tick: &(dyn Fn(u64) + Sync),
) -> Result<Part, FileFault> {
    let mut events = Events::new(stream);
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
        if length > LONGEST_LINE {
            events.reject(row, format!("the line has {length} bytes; at most {LONGEST_LINE} are read"), &line);
        } else {
            events.add(row, &line);
        }
    }
    tick(row % TICK);
    Ok(events.finish())
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
