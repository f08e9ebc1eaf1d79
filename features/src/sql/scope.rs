//! What a name in an expression may mean.

use std::collections::HashSet;

use smol_str::SmolStr;

use crate::enumeration::Enumeration;
use crate::nearest::did_you_mean;
use crate::plan::{Expr, Node};
use crate::schema::{EventTime, Schema, Stream};

/// The name under which SQL speaks of a stream's event time.
pub const EVENT_TIME: &str = "event_time";

/// The names that an expression may use.
#[derive(Debug)]
pub struct Scope<'a> {
    schema: &'a Schema,
    /// What the stream is called, for qualified names.
    qualifiers: Vec<String>,
    outcomes: bool,
    event_time: EventTimeName,
    broken: Option<&'a HashSet<SmolStr>>,
}

/// What `event_time` means as a value.
#[derive(Debug)]
enum EventTimeName {
    /// Nothing: the expression helps to define it.
    Undefined,
    Expression(Expr),
    /// The stream is ordered by a field that is no time.
    Ordered(SmolStr),
}

/// What a name turned out to be.
#[derive(Debug)]
pub(super) enum Meaning {
    Value(Expr),
    /// A field whose declaration has a problem of its own: nothing more is said about it.
    Broken,
    Wrong {
        message: String,
        help: String,
    },
}

impl<'a> Scope<'a> {
    /// Only fields, and of these no outcomes: for checks and event times.
    pub fn fields(schema: &'a Schema) -> Scope<'a> {
        Scope { schema, qualifiers: Vec::new(), outcomes: false, event_time: EventTimeName::Undefined, broken: None }
    }

    /// What a view may name: fields that are no outcomes, and the event time.
    pub(super) fn view(stream: &'a Stream) -> Scope<'a> {
        let event_time = match &stream.event_time {
            EventTime::Time { text, .. } => super::scalar(text, &Scope::fields(&stream.schema))
                .map_or(EventTimeName::Undefined, |compiled| EventTimeName::Expression(compiled.expr)),
            EventTime::Order { field } => EventTimeName::Ordered(stream.schema.fields[*field].name.clone()),
        };
        let qualifiers = vec![stream.name.to_string()];
        Scope { event_time, qualifiers, ..Scope::fields(&stream.schema) }
    }

    /// What labels and training filters may name: every field, and the event time.
    pub fn training(stream: &'a Stream) -> Scope<'a> {
        Scope { outcomes: true, ..Scope::view(stream) }
    }

    /// Fields whose declaration is faulty; using one is no further problem.
    pub fn with_broken(self, broken: &'a HashSet<SmolStr>) -> Scope<'a> {
        Scope { broken: Some(broken), ..self }
    }

    pub(super) fn with_alias(mut self, alias: Option<&str>) -> Scope<'a> {
        if let Some(alias) = alias {
            self.qualifiers = vec![alias.to_owned()];
        }
        self
    }

    pub(super) fn resolve(&self, name: &str) -> Meaning {
        if let Some(index) = self.schema.index_of(name) {
            let field = &self.schema.fields[index];
            if field.outcome && !self.outcomes {
                return Meaning::Wrong {
                    message: format!("`{name}` is an outcome: known only after the match"),
                    help: "an outcome may stand in a model's label or where, nowhere else".to_owned(),
                };
            }
            return Meaning::Value(Expr::new(field.ty, Node::Field(index)));
        }
        if self.broken.is_some_and(|broken| broken.contains(name)) {
            return Meaning::Broken;
        }
        if name == EVENT_TIME {
            return self.event_time();
        }
        let fields = self.schema.fields.iter().filter(|f| self.outcomes || !f.outcome).map(|f| f.name.as_str());
        let time = matches!(self.event_time, EventTimeName::Expression(_)).then_some(EVENT_TIME);
        let help = did_you_mean(name, fields.clone().chain(time), || match fields.clone().count() {
            0 => "the stream declares no fields".to_owned(),
            1..=12 => format!("the stream's fields are {}", fields.clone().collect::<Vec<_>>().join(", ")),
            n => format!("it is none of the stream's {n} fields"),
        });
        Meaning::Wrong { message: format!("no field `{name}`"), help }
    }

    /// The name and the values of a field that has only some.
    pub(super) fn values_of(&self, field: usize) -> Option<(&'a str, &'a Enumeration)> {
        let field = self.schema.fields.get(field)?;
        Some((field.name.as_str(), field.values.as_ref()?))
    }

    pub(super) fn is_qualifier(&self, name: &str) -> bool {
        self.qualifiers.iter().any(|qualifier| qualifier == name)
    }

    pub(super) fn qualifier(&self) -> Option<&str> {
        self.qualifiers.first().map(String::as_str)
    }

    fn event_time(&self) -> Meaning {
        match &self.event_time {
            EventTimeName::Expression(expr) => Meaning::Value(expr.clone()),
            EventTimeName::Undefined => Meaning::Wrong {
                message: "`event_time` cannot be used here".to_owned(),
                help: "name the fields that it is made of".to_owned(),
            },
            EventTimeName::Ordered(field) => Meaning::Wrong {
                message: "the stream is ordered by a field and has no times".to_owned(),
                help: format!("name the field: {field}"),
            },
        }
    }
}
