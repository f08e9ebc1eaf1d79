//! Messages as JSON, decoded as live ones are, into columns.

use std::sync::Arc;

use super::{Part, RowReject};
use crate::column::ColumnBuilder;
use crate::event::EventDecoder;
use crate::schema::Stream;

/// So much of a rejected message is kept.
const LONGEST_RAW: usize = 64 << 10;
/// What some editors put at the beginning of a file; no part of the first message.
pub(super) const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// The events of a file so far.
pub(super) struct Events {
    decoder: EventDecoder,
    builders: Vec<ColumnBuilder>,
    places: Vec<u64>,
    rejects: Vec<RowReject>,
}

impl Events {
    pub(super) fn new(stream: &Arc<Stream>) -> Events {
        let builders = stream.schema.fields.iter().map(|field| ColumnBuilder::new(field.ty, 0)).collect();
        let decoder = EventDecoder::new(Arc::clone(stream));
        Events { decoder, builders, places: Vec::new(), rejects: Vec::new() }
    }

    /// Adds every event of a message, the `row`th of the file.
    pub(super) fn add(&mut self, row: u64, message: &[u8]) {
        let Events { decoder, builders, places, rejects } = self;
        decoder.decode_each(message, |element, event| match event {
            Ok(event) => {
                places.push(row);
                for (builder, value) in builders.iter_mut().zip(&event.fields) {
                    builder.push(value);
                }
            }
            Err(invalid) => {
                let place = element.map(|element| format!("element {}: ", element.index)).unwrap_or_default();
                let raw = raw(element.map_or(message, |element| element.json.as_bytes()));
                let reason = format!("{place}{}", invalid.reason);
                rejects.push(RowReject { row, field: invalid.field, reason, raw });
            }
        });
    }

    pub(super) fn reject(&mut self, row: u64, reason: String, message: &[u8]) {
        self.rejects.push(RowReject { row, field: None, reason, raw: raw(message) });
    }

    pub(super) fn finish(self) -> Part {
        let columns = self.builders.into_iter().map(ColumnBuilder::finish).collect();
        Part { columns, places: self.places, rejects: self.rejects, missing: Vec::new() }
    }
}

fn raw(message: &[u8]) -> String {
    String::from_utf8_lossy(&message[..message.len().min(LONGEST_RAW)]).trim_end().to_owned()
}
