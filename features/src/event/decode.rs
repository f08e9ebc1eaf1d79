//! JSON straight into a typed row: no intermediate tree.

use std::sync::Arc;

use crate::schema::Stream;
use crate::value::{Micros, Value};

/// A decoded event of a stream.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// One value per field of the schema.
    pub fields: Box<[Value]>,
    pub time: Micros,
}

/// Where an event was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    Decode,
    Validate,
    Late,
    Duplicate,
    Future,
}

/// Why an event cannot be used: goes to the dead letters, or back to the HTTP client.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{reason}")]
pub struct Invalid {
    pub stage: Stage,
    /// The field at fault, if one is.
    pub field: Option<String>,
    pub reason: String,
}

/// Decodes and validates the events of one stream.
#[derive(Debug)]
pub struct EventDecoder {
    stream: Arc<Stream>,
}

impl EventDecoder {
    pub fn new(stream: Arc<Stream>) -> EventDecoder {
        EventDecoder { stream }
    }

    /// A JSON object; unknown fields are skipped. Runs type checks, `required`, the declared checks and the event time.
    pub fn decode(&mut self, json: &[u8]) -> Result<Event, Invalid> {
        todo!("{:?} {json:?}", self.stream)
    }

    /// The same checks for a row that is already typed (from a file).
    pub fn validate(&mut self, fields: Box<[Value]>) -> Result<Event, Invalid> {
        todo!("{fields:?}")
    }
}
