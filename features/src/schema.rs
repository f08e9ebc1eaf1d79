//! What an event of a stream looks like, and the stream's rules.

use std::collections::HashMap;
use std::sync::Arc;

use smol_str::SmolStr;

use crate::plan::Expr;
use crate::program::Program;
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
    /// Where the value stands inside the JSON event, if not at the top under its own name (`/data/score`).
    pub path: Option<String>,
    pub check: Option<Check>,
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
}

impl Stream {
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
