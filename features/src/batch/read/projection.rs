//! Which column of a file is which field.

use crate::batch::error::FileFault;
use crate::nearest::nearest;
use crate::schema::{EventTime, Stream};

/// For each field of the schema the place of its column in the file, if it is there.
#[derive(Debug)]
pub(super) struct Projection {
    pub(super) places: Vec<Option<usize>>,
    /// Fields without a column, with the column that comes nearest.
    pub(super) missing: Vec<(usize, Option<String>)>,
}

impl Projection {
    /// Finds the fields among `columns`, the file's columns in order. Key, id, order and required fields must be there.
    pub(super) fn find(stream: &Stream, columns: &[&str]) -> Result<Projection, FileFault> {
        let mut places = Vec::with_capacity(stream.schema.fields.len());
        let mut missing = Vec::new();
        for (index, field) in stream.schema.fields.iter().enumerate() {
            let mut found = columns.iter().enumerate().filter(|(_, name)| **name == field.name.as_str());
            let place = found.next().map(|(place, _)| place);
            if found.next().is_some() {
                return Err(FileFault::DoubleColumn { column: field.name.to_string() });
            }
            if place.is_none() {
                let nearest = nearest_column(stream, &field.name, columns);
                if is_needed(stream, index) {
                    return Err(FileFault::MissingColumn { column: field.name.to_string(), nearest });
                }
                missing.push((index, nearest));
            }
            places.push(place);
        }
        Ok(Projection { places, missing })
    }
}

fn is_needed(stream: &Stream, field: usize) -> bool {
    let orders = matches!(stream.event_time, EventTime::Order { field: order } if order == field);
    stream.must_have(field) || stream.id.contains(&field) || orders
}

/// The column that was probably meant: none that is a field of its own.
fn nearest_column(stream: &Stream, name: &str, columns: &[&str]) -> Option<String> {
    let others = columns.iter().copied().filter(|column| stream.schema.index_of(column).is_none());
    nearest(name, others).map(str::to_owned)
}
