//! Generators: streams of any fields, with any rules about what is an event of them.

use std::sync::Arc;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use smol_str::SmolStr;

use crate::element::{Element, format_timestamp};
use crate::enumeration::Enumeration;
use crate::parity::oracle::meaning;
use crate::plan::{Expr, Node};
use crate::program::{Program, arbitrary};
use crate::schema::{Check, EventTime, Field, Schema, Stream};
use crate::value::{Micros, Type, Value};

/// Of the key: text, text and a number, or a truth value.
const KEYS: [&[Type]; 3] = [&[Type::String], &[Type::String, Type::Int], &[Type::Bool]];

/// The fields of a stream: those of its key, the event's time and its number within the key, then any others.
#[derive(Debug, Clone)]
pub(super) struct Fields {
    pub(super) key: usize,
    pub(super) types: Vec<Type>,
}

impl Fields {
    pub(super) fn of(stream: &Stream) -> Fields {
        Fields { key: stream.key.len(), types: stream.schema.fields.iter().map(|field| field.ty).collect() }
    }

    fn time(&self) -> usize {
        self.key
    }

    fn number(&self) -> usize {
        self.key + 1
    }

    pub(super) fn others(&self) -> &[Type] {
        &self.types[self.key + 2..]
    }
}

pub(super) fn any_fields() -> impl Strategy<Value = Fields> {
    (select(KEYS.to_vec()), vec(select(arbitrary::FIELD_TYPES.to_vec()), 0..7))
        .prop_map(|(key, others)| Fields { key: key.len(), types: [key, &[Type::Int; 2], &others].concat() })
}

/// What makes an event of a row, as expressions: the stream has them compiled.
#[derive(Debug, Clone)]
pub(super) struct Rules {
    /// `None`: the field of the time orders events.
    time: Option<Expr>,
    /// Of a field.
    check: Option<(usize, Expr)>,
    required: Option<usize>,
    /// Every text but those of the key is one of these.
    values: Option<Enumeration>,
}

impl Rules {
    /// The event time of a row, if the row is an event.
    pub(super) fn time_of(&self, stream: &Stream, row: &[Value]) -> Option<Micros> {
        let lacking = |field: &usize| row[*field].is_null();
        let refused = |(_, check): &(usize, Expr)| meaning(check, row, &[]) == Value::Bool(false);
        if stream.key.iter().chain(&self.required).any(lacking) || self.check.as_ref().is_some_and(refused) {
            return None;
        }
        match self.time.as_ref().map_or_else(|| row[stream.key.len()].clone(), |time| meaning(time, row, &[])) {
            Value::Int(time) | Value::Timestamp(time) => Some(time),
            _ => None,
        }
    }

    /// What is read of a row that was written as JSON: `None` where a text is none of those declared. Of times some have no
    /// spelling: they are left out.
    pub(super) fn read(&self, stream: &Stream, row: &[Value]) -> Option<Vec<Value>> {
        let read = |(index, value): (usize, &Value)| match (value, &self.values) {
            (Value::String(text), Some(values)) if index >= stream.key.len() => {
                values.read(text).ok().map(Value::String)
            }
            (Value::Timestamp(time), _) if format_timestamp(*time).is_none() => Some(Value::Null),
            _ => Some(value.clone()),
        };
        row.iter().enumerate().map(read).collect()
    }
}

/// The text of an event.
pub(super) fn json(stream: &Stream, row: &[Value]) -> String {
    let member = |(field, value): (&Field, &Value)| {
        let value = match value {
            Value::Null => "null".to_owned(),
            Value::Bool(b) => b.to_string(),
            Value::Int(i) | Value::Interval(i) => i.to_string(),
            Value::Float(x) => format!("{x:?}"),
            Value::String(text) => serde_json::to_string(text.as_str()).unwrap(),
            Value::Timestamp(time) => format_timestamp(*time).map_or("null".to_owned(), |text| format!("\"{text}\"")),
        };
        format!("\"{}\":{value}", field.name)
    };
    let members: Vec<String> = stream.schema.fields.iter().zip(row).map(member).collect();
    format!("{{{}}}", members.join(","))
}

fn call(name: &str, arguments: Vec<Expr>) -> Expr {
    let overload = Element::resolve(name, &arguments.iter().map(|of| of.ty).collect::<Vec<_>>()).unwrap();
    Expr::new(overload.result, Node::Call(overload.element, arguments))
}

/// The moment that is so many microseconds from 1970 as the field of the time says; or that and the number; or nothing
/// where it is too early, or where the number is a certain one; or whatever a generated expression makes of it.
fn any_time(fields: &Fields) -> impl Strategy<Value = Expr> + use<> {
    let field = |index| Expr::new(Type::Int, Node::Field(index));
    let literal = |value: Value| Expr::new(value.ty().unwrap(), Node::Literal(value));
    let moment = |micros: Expr| {
        let since = call("*", vec![literal(Value::Interval(1)), micros]);
        call("+", vec![literal(Value::Timestamp(0)), since])
    };
    let (plain, number) = (moment(field(fields.time())), field(fields.number()));
    let shifted = call("+", vec![plain.clone(), call("*", vec![literal(Value::Interval(1)), number.clone()])]);
    let when = |condition: Expr| {
        let branches = vec![(condition, plain.clone())];
        Expr::new(Type::Timestamp, Node::Case { branches, otherwise: Box::new(literal_null()) })
    };
    let early = when(call(">", vec![plain.clone(), literal(Value::Timestamp(3))]));
    let numbered = when(call("<>", vec![number, literal(Value::Int(5))]));
    let any = arbitrary::expr(Type::Timestamp, &fields.types, &[]);
    let or_plain = move |any: Expr| Expr::new(Type::Timestamp, Node::Coalesce(vec![any, plain.clone()]));
    prop_oneof![3 => select(vec![shifted, early, numbered]), 1 => any.prop_map(or_plain)]
}

fn literal_null() -> Expr {
    Expr::new(Type::Timestamp, Node::Literal(Value::Null))
}

fn any_rules(fields: &Fields) -> impl Strategy<Value = Rules> + use<> {
    let types = fields.types.clone();
    let declared = ["", "pass", "run", "punt", "0"].map(SmolStr::new_static);
    let values =
        select(vec![None, Some(declared[2].clone())]).prop_map(move |other| Enumeration::new(declared.to_vec(), other));
    let check = (0..types.len(), arbitrary::expr(Type::Bool, &types, &[]));
    (
        prop::option::weighted(0.4, any_time(fields)),
        prop::option::weighted(0.2, check),
        prop::option::weighted(0.2, 0..types.len()),
        prop::option::weighted(0.3, values),
    )
        .prop_map(|(time, check, required, values)| Rules { time, check, required, values })
}

fn stream(fields: &Fields, rules: &Rules, lateness: i64, dedupe: i64, retention: Option<i64>) -> Stream {
    let field = |(index, ty): (usize, &Type)| {
        let check = rules.check.as_ref().filter(|(of, _)| *of == index);
        Field {
            required: rules.required == Some(index),
            check: check.map(|(_, expr)| Check { text: "generated".to_owned(), program: Program::compile(&[expr]) }),
            values: rules.values.clone().filter(|_| *ty == Type::String && index >= fields.key),
            ..Field::new(format!("f{index}"), *ty)
        }
    };
    let event_time = match &rules.time {
        None => EventTime::Order { field: fields.time() },
        Some(time) => EventTime::Time { text: "generated".to_owned(), program: Program::compile(&[time]) },
    };
    Stream {
        name: "events".into(),
        topic: "events".into(),
        outcomes_topic: "events-outcomes".into(),
        partitions: 1,
        schema: Arc::new(Schema::new(fields.types.iter().enumerate().map(field).collect())),
        key: (0..fields.key).collect(),
        id: (0..fields.key).chain([fields.number()]).collect(),
        event_time,
        lateness,
        dedupe,
        max_ahead: lateness,
        retention,
        explode: None,
    }
}

pub(super) fn any_stream(fields: Fields) -> impl Strategy<Value = (Stream, Rules)> {
    let lateness = prop_oneof![Just(0), 1..20_i64, Just(1_000_000), Just(i64::MAX)];
    let dedupe = prop_oneof![4 => 0..30_i64, 1 => Just(i64::MAX)];
    (any_rules(&fields), lateness, dedupe, prop::option::of(5..60_i64)).prop_map(
        move |(rules, lateness, dedupe, retention)| (stream(&fields, &rules, lateness, dedupe, retention), rules),
    )
}
