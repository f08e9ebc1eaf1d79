//! What an event of a stream looks like, and the stream's rules.

use std::collections::HashMap;
use std::sync::Arc;

use smol_str::SmolStr;

use crate::enumeration::Enumeration;
use crate::plan::Expr;
use crate::program::Program;
use crate::timestamp::TimeFormat;
use crate::value::{Micros, Type};

/// A declared field of a stream.
#[derive(Debug, Clone)]
pub struct Field {
    pub name: SmolStr,
    pub ty: Type,
    /// NULL or missing makes the event invalid.
    pub required: bool,
    /// Known only after the match: may stand in labels and training filters, never in a feature.
    pub outcome: bool,
    /// How points in time are spelt.
    pub format: TimeFormat,
    /// The only values that a text may have.
    pub values: Option<Enumeration>,
    /// Where the value stands inside the JSON event, if not at the top under its own name (`/data/score`).
    pub path: Option<String>,
    pub check: Option<Check>,
}

impl Field {
    /// A field that may be NULL, and stands at the top of the event under its own name.
    pub fn new(name: impl Into<SmolStr>, ty: Type) -> Field {
        let (format, values) = (TimeFormat::Usual, None);
        Field { name: name.into(), ty, required: false, outcome: false, format, values, path: None, check: None }
    }

    /// The names on the way to the value: a path is a JSON pointer (RFC 6901), whose numbers may count the elements of
    /// an array.
    pub fn way(&self) -> Vec<SmolStr> {
        self.path.as_ref().map_or_else(|| vec![self.name.clone()], |path| way_of(path))
    }
}

/// The names that a JSON pointer leads through.
pub fn way_of(path: &str) -> Vec<SmolStr> {
    let unescaped = |token: &str| match token.contains('~') {
        true => SmolStr::from(token.replace("~1", "/").replace("~0", "~")),
        false => SmolStr::new(token),
    };
    path.split('/').skip(1).map(unescaped).collect()
}

/// A condition that a field must not violate: FALSE makes the event invalid, NULL passes (as in SQL).
#[derive(Debug, Clone)]
pub struct Check {
    pub text: String,
    /// One Bool output over the stream's fields.
    pub program: Program,
}

/// The fields of a stream, in declaration order; an event's row has one value for each.
#[derive(Debug, Clone)]
pub struct Schema {
    pub fields: Vec<Field>,
    by_name: HashMap<SmolStr, usize>,
}

impl Schema {
    pub fn new(fields: Vec<Field>) -> Schema {
        let by_name = fields.iter().enumerate().map(|(i, f)| (f.name.clone(), i)).collect();
        Schema { fields, by_name }
    }

    pub fn index_of(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }
}

/// Where an event stands in time.
#[derive(Debug, Clone)]
pub enum EventTime {
    /// An expression of type timestamp over the stream's fields.
    Time { text: String, program: Program },
    /// `order = "field"`: history without a clock; the integer field, taken as microseconds, orders the events.
    Order { field: usize },
}

/// A keyed, typed, ordered log of events, and the rules by which its events are folded.
#[derive(Debug, Clone)]
pub struct Stream {
    pub name: SmolStr,
    pub topic: String,
    /// Where outcomes arrive, as JSON objects of the key fields and the outcome fields.
    pub outcomes_topic: String,
    pub partitions: u32,
    pub schema: Arc<Schema>,
    /// Indices of the fields that make the message key.
    pub key: Vec<usize>,
    /// Indices of the fields that make the business id; empty: events have none and are never duplicates.
    pub id: Vec<usize>,
    pub event_time: EventTime,
    /// How far behind its own key's newest event an event may be.
    pub lateness: Micros,
    /// For how much event time ids are remembered.
    pub dedupe: Micros,
    /// How far ahead of the log's append time an event may be.
    pub max_ahead: Micros,
    /// A key idle for longer starts anew.
    pub retention: Option<Micros>,
    /// Its events are the elements of a list in another stream's events.
    pub explode: Option<Explode>,
}

/// A stream whose events are the elements of a list that each event of another stream holds.
#[derive(Debug, Clone)]
pub struct Explode {
    /// The stream whose topic is read. It explodes nothing itself.
    pub parent: Arc<Stream>,
    /// Where the list stands in the parent's events: a JSON pointer.
    pub list: String,
    /// For each field of the stream where its value comes from.
    pub origins: Vec<Origin>,
    /// The fields that hold the parent's key, in its order: they make the message key.
    pub parent_key: Vec<usize>,
}

/// Where the value of an exploded stream's field comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The element, as any field comes from an event.
    Element,
    /// This field of the parent.
    Parent(usize),
    /// The element's place in the list, from 0, as a path counts.
    Index,
    /// The element's name, where the list is an object.
    Name,
}

/// The most elements of one list that are events: more make the whole message invalid.
pub const MAX_ELEMENTS: u32 = 1 << 16;

impl Stream {
    /// The fields whose values make the message key, and so decide the partition.
    pub fn message_key(&self) -> &[usize] {
        self.explode.as_ref().map_or(&self.key, |explode| &explode.parent_key)
    }

    /// Where an event stands among all of its log. The elements of one message follow each other, so that the order of
    /// these numbers is that of (offset, element).
    pub fn sequence(&self, offset: u64, element: u32) -> u64 {
        match self.explode {
            None => offset,
            Some(_) => offset.saturating_mul(u64::from(MAX_ELEMENTS)).saturating_add(u64::from(element)),
        }
    }

    /// The offset and the element of [`Stream::sequence`].
    pub fn offset_and_element(&self, sequence: u64) -> (u64, u32) {
        let elements = u64::from(MAX_ELEMENTS);
        match self.explode {
            None => (sequence, 0),
            Some(_) => (sequence / elements, u32::try_from(sequence % elements).unwrap_or_default()),
        }
    }

    /// Where differences between what is served and what is recomputed are told.
    pub fn skew_topic(&self) -> String {
        match self.explode {
            None => format!("{}-skew", self.topic),
            Some(_) => format!("{}-{}-skew", self.topic, self.name),
        }
    }

    /// Where events that cannot be used are kept.
    pub fn dead_letters_topic(&self) -> String {
        match self.explode {
            None => format!("{}-dead-letters", self.topic),
            Some(_) => format!("{}-{}-dead-letters", self.topic, self.name),
        }
    }

    /// Whether NULL in this field makes an event invalid: it is required, or part of the key.
    pub fn must_have(&self, field: usize) -> bool {
        self.key.contains(&field) || self.schema.fields.get(field).is_some_and(|field| field.required)
    }
}

/// A compiled scalar expression with what it was compiled from.
#[derive(Debug, Clone)]
pub struct Compiled {
    pub text: String,
    pub expr: Expr,
    pub program: Program,
}
