//! JSON straight into a typed row: no intermediate tree.

use std::sync::Arc;

use super::explode::Exploder;
use super::json::{Fault, ObjectReader};
use crate::program::Scratch;
use crate::schema::{Check, EventTime, Field, Stream};
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

/// An element of a message, where it stands and as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Element<'a> {
    /// From 0.
    pub index: u32,
    pub json: &'a str,
}

/// Decodes and validates the events of one stream. Keeps room from event to event: one per thread.
#[derive(Debug)]
pub struct EventDecoder {
    source: Source,
    validator: Validator,
}

/// How a message is read.
#[derive(Debug)]
enum Source {
    /// It is an event.
    Whole(ObjectReader),
    /// The elements of its list are.
    Exploded(Box<Exploder>),
}

/// Turns typed fields into an event.
#[derive(Debug)]
struct Validator {
    stream: Arc<Stream>,
    scratch: Scratch,
    outputs: Vec<Value>,
}

impl EventDecoder {
    pub fn new(stream: Arc<Stream>) -> EventDecoder {
        let fields = &stream.schema.fields;
        let source = match &stream.explode {
            None => {
                Source::Whole(ObjectReader::new(Arc::clone(&stream.schema), fields.iter().map(Field::way).enumerate()))
            }
            Some(explode) => Source::Exploded(Box::new(Exploder::new(&stream.schema, explode))),
        };
        EventDecoder { source, validator: Validator { stream, scratch: Scratch::default(), outputs: Vec::new() } }
    }

    /// The one event of a message: a JSON object. Fields that the stream does not declare are skipped. Runs type checks,
    /// `required`, the declared checks and the event time. A message of an exploded stream must have one element.
    ///
    /// A field may not stand twice. An int may be written as a whole float (`3.0`), a timestamp as its field
    /// declares it; other text is never taken for a number.
    pub fn decode(&mut self, json: &[u8]) -> Result<Event, Invalid> {
        let (mut first, mut count) = (None, 0_usize);
        self.decode_each(json, |_, event| {
            count += 1;
            first.get_or_insert(event);
        });
        match first {
            Some(event) if count == 1 => event,
            _ => Err(undecodable(format!(
                "one element is expected, {count} were found: write null for those that only hold a place"
            ))),
        }
    }

    /// Every event of a message, in order: of a stream that explodes nothing the message itself, else the elements of its
    /// list, those that are null left out. A message that cannot be taken apart is one event that is invalid, of no
    /// element.
    pub fn decode_each<'a>(
        &mut self,
        json: &'a [u8],
        mut each: impl FnMut(Option<Element<'a>>, Result<Event, Invalid>),
    ) {
        let EventDecoder { source, validator } = self;
        let text = match std::str::from_utf8(json) {
            Ok(text) => text,
            Err(e) => return each(None, Err(undecodable(format!("not UTF-8 from byte {} on", e.valid_up_to())))),
        };
        match source {
            Source::Whole(reader) => {
                let mut fields = vec![Value::Null; validator.stream.schema.fields.len()].into_boxed_slice();
                each(
                    None,
                    match reader.read(text, &mut fields) {
                        Ok(()) => validator.validated(fields),
                        Err(fault) => Err(validator.unreadable(fault)),
                    },
                );
            }
            Source::Exploded(exploder) => match exploder.elements(text) {
                Err(fault) => each(None, Err(validator.unreadable(fault))),
                Ok(elements) => {
                    for element in elements {
                        let event = match exploder.fields(&element) {
                            Ok(fields) => validator.validated(fields),
                            Err(fault) => Err(validator.unreadable(fault)),
                        };
                        each(Some(Element { index: element.index, json: element.json }), event);
                    }
                }
            },
        }
    }

    /// The same checks for a row that is already typed (from a file).
    pub fn validate(&mut self, fields: Box<[Value]>) -> Result<Event, Invalid> {
        self.validator.validate(fields)
    }
}

impl Validator {
    fn validate(&mut self, fields: Box<[Value]>) -> Result<Event, Invalid> {
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

    fn unreadable(&self, fault: Fault) -> Invalid {
        let field = fault.field.map(|field| self.name_of(field));
        Invalid { stage: Stage::Decode, field, reason: fault.reason }
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
