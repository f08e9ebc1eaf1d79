//! JSON straight into a typed row: no intermediate tree.

use std::sync::Arc;

use super::json::ObjectReader;
use crate::program::Scratch;
use crate::schema::{Check, EventTime, Stream};
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
    /// It is not JSON, or a value is not of its field's type.
    Decode,
    /// A required field is missing, a check fails, or there is no event time.
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

/// Decodes and validates the events of one stream. Keeps room from event to event: one per thread.
#[derive(Debug)]
pub struct EventDecoder {
    stream: Arc<Stream>,
    reader: ObjectReader,
    scratch: Scratch,
    outputs: Vec<Value>,
}

impl EventDecoder {
    pub fn new(stream: Arc<Stream>) -> EventDecoder {
        let reader = ObjectReader::new(&stream.schema);
        EventDecoder { stream, reader, scratch: Scratch::default(), outputs: Vec::new() }
    }

    /// A JSON object; fields that the stream does not declare are skipped. Runs type checks, `required`, the declared
    /// checks and the event time.
    ///
    /// A field may not stand twice. An int may be written as a whole float (`3.0`), a timestamp as text (RFC 3339) or
    /// as microseconds; text is never taken for a number.
    pub fn decode(&mut self, json: &[u8]) -> Result<Event, Invalid> {
        let text = std::str::from_utf8(json)
            .map_err(|e| undecodable(format!("not UTF-8 from byte {} on", e.valid_up_to())))?;
        let mut fields = vec![Value::Null; self.stream.schema.fields.len()].into_boxed_slice();
        self.reader.read(text, &mut fields).map_err(|fault| Invalid {
            stage: Stage::Decode,
            field: fault.field.map(|field| self.name_of(field)),
            reason: fault.reason,
        })?;
        self.validated(fields)
    }

    /// The same checks for a row that is already typed (from a file).
    pub fn validate(&mut self, fields: Box<[Value]>) -> Result<Event, Invalid> {
        let declared = &self.stream.schema.fields;
        if fields.len() != declared.len() {
            let reason = format!("{} values for the {} fields of the stream", fields.len(), declared.len());
            return Err(Invalid { stage: Stage::Validate, field: None, reason });
        }
        let mismatch =
            fields.iter().zip(declared).position(|(value, field)| value.ty().is_some_and(|ty| ty != field.ty));
        if let Some(field) = mismatch {
            let reason = format!("not of type {}", declared[field].ty);
            return Err(self.invalid(field, reason));
        }
        self.validated(fields)
    }

    fn validated(&mut self, fields: Box<[Value]>) -> Result<Event, Invalid> {
        let stream = Arc::clone(&self.stream);
        for (index, field) in stream.schema.fields.iter().enumerate() {
            if fields[index].is_null() && stream.must_have(index) {
                let reason = if field.required { "required" } else { "part of the key" };
                return Err(self.invalid(index, format!("{reason}, but missing or null")));
            }
            if let Some(check) = &field.check
                && !self.passes(check, &fields)
            {
                return Err(self.invalid(index, format!("fails its check: {}", check.text)));
            }
        }
        match &stream.event_time {
            EventTime::Time { text, program } => {
                program.eval(&mut self.scratch, &fields, &[], &mut self.outputs);
                match self.outputs.first() {
                    Some(Value::Timestamp(time)) => Ok(Event { time: *time, fields }),
                    _ => {
                        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
                        let reason = format!("no event time: {text} is null");
                        Err(Invalid { stage: Stage::Validate, field: None, reason })
                    }
                }
            }
            EventTime::Order { field } => match fields.get(*field) {
                Some(Value::Int(time) | Value::Timestamp(time)) => Ok(Event { time: *time, fields }),
                _ => Err(self.invalid(*field, "no event time: missing or null".to_owned())),
            },
        }
    }

    /// As in SQL, a check that is NULL passes.
    fn passes(&mut self, check: &Check, fields: &[Value]) -> bool {
        check.program.eval(&mut self.scratch, fields, &[], &mut self.outputs);
        self.outputs.first() != Some(&Value::Bool(false))
    }

    fn invalid(&self, field: usize, reason: String) -> Invalid {
        Invalid { stage: Stage::Validate, field: Some(self.name_of(field)), reason }
    }

    fn name_of(&self, field: usize) -> String {
        self.stream.schema.fields.get(field).map(|field| field.name.to_string()).unwrap_or_default()
    }
}

fn undecodable(reason: String) -> Invalid {
    Invalid { stage: Stage::Decode, field: None, reason }
}

#[cfg(test)]
mod tests;
