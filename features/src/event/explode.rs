//! One message, many events: the elements of a list that the message holds.

use std::sync::Arc;

use smol_str::SmolStr;

use super::json::{Fault, ObjectReader};
use super::list::{self, Entries};
use crate::schema::{Explode, Origin, Schema, way_of};
use crate::value::Value;

/// Reads the messages of an exploded stream; keeps its room from one to the next.
#[derive(Debug)]
pub(super) struct Exploder {
    /// Reads the fields that come from the message around the list.
    message: ObjectReader,
    list: String,
    way: Vec<SmolStr>,
    /// Reads the others.
    element: ObjectReader,
    origins: Vec<Origin>,
    /// What the current message gives to each of its elements.
    shared: Vec<Value>,
}

/// An element that is not null.
#[derive(Debug)]
pub(super) struct Part<'a> {
    pub(super) index: u32,
    name: Option<SmolStr>,
    pub(super) json: &'a str,
}

impl Exploder {
    /// `schema`: of the exploded stream.
    pub(super) fn new(schema: &Arc<Schema>, explode: &Explode) -> Exploder {
        let origins = || explode.origins.iter().enumerate();
        let of_message = origins().filter_map(|(index, origin)| match origin {
            Origin::Parent(field) => Some((index, explode.parent.schema.fields.get(*field)?.way())),
            _ => None,
        });
        let of_element = origins().filter_map(|(index, origin)| match origin {
            Origin::Element => Some((index, schema.fields.get(index)?.way())),
            _ => None,
        });
        Exploder {
            message: ObjectReader::new(Arc::clone(schema), of_message),
            list: explode.list.clone(),
            way: way_of(&explode.list),
            element: ObjectReader::new(Arc::clone(schema), of_element),
            origins: explode.origins.clone(),
            shared: Vec::new(),
        }
    }

    /// Reads a message: what its elements share is kept for [`Exploder::fields`].
    pub(super) fn elements<'a>(&mut self, json: &'a str) -> Result<Vec<Part<'a>>, Fault> {
        self.shared.clear();
        self.shared.resize(self.origins.len(), Value::Null);
        self.message.read(json, &mut self.shared)?;
        let fault = |reason| Fault { field: None, reason };
        // The message is JSON, or it would have been refused above.
        let found = list::find(json, &self.way).map_err(|()| fault(format!("{} stands twice", self.list)))?;
        let found = found.ok_or_else(|| fault(format!("there is no list at {}", self.list)))?;
        let entries = list::entries(found).map_err(|error| fault(format!("{}: {error}", self.list)))?;
        let mut parts: Vec<Part<'a>> = match entries {
            Entries::List(values) => (0..).zip(values).map(|(index, json)| Part { index, name: None, json }).collect(),
            Entries::Object(members) => {
                (0..).zip(members).map(|(index, (name, json))| Part { index, name: Some(name), json }).collect()
            }
        };
        parts.retain(|part| part.json != "null");
        Ok(parts)
    }

    /// One value per field of the stream, for an element of the message that was read last.
    pub(super) fn fields(&mut self, part: &Part<'_>) -> Result<Box<[Value]>, Fault> {
        let mut fields = vec![Value::Null; self.origins.len()].into_boxed_slice();
        self.element.read(part.json, &mut fields)?;
        for ((slot, origin), shared) in fields.iter_mut().zip(&self.origins).zip(&self.shared) {
            match origin {
                Origin::Element => {}
                Origin::Parent(_) => slot.clone_from(shared),
                Origin::Index => *slot = Value::Int(i64::from(part.index)),
                Origin::Name => *slot = part.name.clone().map_or(Value::Null, Value::String),
            }
        }
        Ok(fields)
    }
}

#[cfg(test)]
mod tests;
