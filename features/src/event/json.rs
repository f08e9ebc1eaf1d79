//! Reading one JSON object into the values of the declared fields.

use std::fmt;
use std::sync::Arc;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use smol_str::SmolStr;

use super::familiar::Familiar;
use super::nesting;
use super::scalar::{Refused, ScalarSeed};
use super::shape::{Member, Shape, Target};
use crate::schema::{Field, Schema};
use crate::value::Value;

/// Longer names are not worth remembering, nor are more of them.
const LONGEST_REMEMBERED: usize = 64;
const MOST_REMEMBERED: usize = 512;

/// Reads objects of one shape; keeps its room from one to the next.
#[derive(Debug)]
pub(super) struct ObjectReader {
    shape: Shape,
    fields: Arc<Schema>,
    memory: Memory,
    familiar: Familiar,
}

/// What is at fault in the JSON.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) field: Option<usize>,
    pub(super) reason: String,
}

#[derive(Debug, Default)]
struct Memory {
    /// Per object the names of the last event, in the order in which they stood. Events of a stream are written by the
    /// same hand: nearly always the next name is found without hashing.
    orders: Vec<Vec<(SmolStr, Option<Member>)>>,
    /// Per member the last event that had it.
    seen: Vec<u64>,
    event: u64,
    /// How many members the event has, and whether the name of one is not among the remembered.
    members: usize,
    forgotten: bool,
    /// The field being read.
    field: Option<usize>,
    fault: Option<Fault>,
}

impl ObjectReader {
    /// Of the fields at these places, by their index in `schema`; fields without a place stay NULL.
    pub(super) fn new(schema: Arc<Schema>, places: impl Iterator<Item = (usize, Vec<SmolStr>)>) -> ObjectReader {
        let shape = Shape::new(places);
        let memory =
            Memory { orders: vec![Vec::new(); shape.objects.len()], seen: vec![0; shape.members], ..Memory::default() };
        let familiar = Familiar::default();
        ObjectReader { familiar, fields: schema, shape, memory }
    }

    /// Fills `fields`, which are all NULL; what the object does not have stays so.
    pub(super) fn read(&mut self, json: &str, fields: &mut [Value]) -> Result<(), Fault> {
        if self.familiar.read(json, &self.fields.fields, fields) {
            return Ok(());
        }
        if nesting::exceeds_limit(json) {
            return Err(Fault { field: None, reason: format!("nested deeper than {} levels", nesting::LIMIT) });
        }
        self.parse(json, fields)?;
        if let Some(members) = self.memory.members() {
            self.familiar.learn(members);
        }
        Ok(())
    }

    fn parse(&mut self, json: &str, fields: &mut [Value]) -> Result<(), Fault> {
        self.memory.event += 1;
        self.memory.field = None;
        self.memory.fault = None;
        self.memory.forgotten = false;
        let mut deserializer = serde_json::Deserializer::from_str(json);
        let declared = &self.fields.fields;
        let seed = ObjectSeed { shape: &self.shape, declared, memory: &mut self.memory, object: 0, fields };
        let read = seed.deserialize(&mut deserializer).and_then(|()| deserializer.end());
        read.map_err(|error| {
            let field = self.memory.field;
            self.memory.fault.take().unwrap_or_else(|| Fault { field, reason: format!("not JSON: {error}") })
        })
    }
}

impl Memory {
    /// Ends the reading; the reason is kept here, as the error that passes through the parser carries only text.
    fn refuse<E: serde::de::Error>(&mut self, field: Option<usize>, reason: String) -> E {
        self.fault = Some(Fault { field, reason });
        E::custom("refused")
    }

    /// The names of the last event's own members, if all are remembered.
    fn members(&self) -> Option<&[(SmolStr, Option<Member>)]> {
        if self.forgotten { None } else { self.orders.first()?.get(..self.members) }
    }

    /// The member of this name, which is the `nth` of its object.
    #[inline]
    fn member(&mut self, shape: &Shape, object: usize, nth: usize, name: &str) -> Option<Member> {
        if let Some((remembered, member)) = self.orders[object].get(nth)
            && remembered == name
        {
            return *member;
        }
        self.learn(shape, object, nth, name)
    }

    #[cold]
    fn learn(&mut self, shape: &Shape, object: usize, nth: usize, name: &str) -> Option<Member> {
        let member = shape.objects[object].get(name).copied();
        if name.len() <= LONGEST_REMEMBERED && nth < MOST_REMEMBERED {
            let order = &mut self.orders[object];
            if nth < order.len() {
                order[nth] = (name.into(), member);
            } else if nth == order.len() {
                order.push((name.into(), member));
            } else {
                self.forgotten = true;
            }
        } else {
            self.forgotten = true;
        }
        member
    }
}

/// Reads the object number `object`.
struct ObjectSeed<'a> {
    shape: &'a Shape,
    declared: &'a [Field],
    memory: &'a mut Memory,
    object: usize,
    fields: &'a mut [Value],
}

impl ObjectSeed<'_> {
    fn unexpected<E: serde::de::Error>(self, found: &str) -> E {
        self.memory.refuse(None, format!("an object is expected, {found} was found"))
    }

    /// Notes that a member was met; false if it was met before in this event.
    fn first_time(&mut self, member: Member) -> bool {
        let seen = std::mem::replace(&mut self.memory.seen[member.number], self.memory.event);
        seen != self.memory.event
    }

    /// Reads a field's value.
    #[inline]
    fn scalar<T, E>(&mut self, field: usize, read: impl FnOnce(ScalarSeed<'_>) -> Result<T, E>) -> Result<T, E> {
        self.memory.field = Some(field);
        let mut refused = None;
        let seed = ScalarSeed { field: &self.declared[field], slot: &mut self.fields[field], refused: &mut refused };
        let result = read(seed);
        if let Some(Refused(reason)) = refused {
            self.memory.fault = Some(Fault { field: Some(field), reason });
        }
        if result.is_ok() {
            self.memory.field = None;
        }
        result
    }

    /// The seed of what is inside.
    fn inner(&mut self, object: usize) -> ObjectSeed<'_> {
        ObjectSeed { shape: self.shape, declared: self.declared, memory: self.memory, object, fields: self.fields }
    }
}

impl<'de> DeserializeSeed<'de> for ObjectSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ObjectSeed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        let mut nth = 0;
        while let Some(member) =
            map.next_key_seed(NameSeed { shape: self.shape, memory: self.memory, object: self.object, nth })?
        {
            nth += 1;
            let Some(member) = member else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            let field = match member.target {
                Target::Field(field) => Some(field),
                Target::Object(_) => None,
            };
            if !self.first_time(member) {
                return Err(self.memory.refuse(field, "stands twice in one object".to_owned()));
            }
            match member.target {
                Target::Field(field) => self.scalar(field, |seed| map.next_value_seed(seed))?,
                Target::Object(object) => map.next_value_seed(self.inner(object))?,
            }
        }
        if self.object == 0 {
            self.memory.members = nth;
        }
        Ok(())
    }

    /// Numbers on a path count the elements of an array.
    fn visit_seq<A: SeqAccess<'de>>(mut self, mut seq: A) -> Result<(), A::Error> {
        if self.object == 0 {
            return Err(self.unexpected("an array"));
        }
        for nth in 0_usize.. {
            let member = self.shape.objects[self.object].get(nth.to_string().as_str()).copied();
            let more = match member.map(|member| member.target) {
                None => seq.next_element::<IgnoredAny>()?.is_some(),
                Some(Target::Object(object)) => seq.next_element_seed(self.inner(object))?.is_some(),
                Some(Target::Field(field)) => self.scalar(field, |seed| seq.next_element_seed(seed))?.is_some(),
            };
            if !more {
                break;
            }
        }
        Ok(())
    }

    /// Inside an event, null stands for an object without members.
    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        if self.object == 0 { Err(self.unexpected("null")) } else { Ok(()) }
    }

    fn visit_bool<E: serde::de::Error>(self, _: bool) -> Result<(), E> {
        Err(self.unexpected("a bool"))
    }

    fn visit_i64<E: serde::de::Error>(self, _: i64) -> Result<(), E> {
        Err(self.unexpected("a number"))
    }

    fn visit_u64<E: serde::de::Error>(self, _: u64) -> Result<(), E> {
        Err(self.unexpected("a number"))
    }

    fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<(), E> {
        Err(self.unexpected("a number"))
    }

    fn visit_str<E: serde::de::Error>(self, _: &str) -> Result<(), E> {
        Err(self.unexpected("a string"))
    }
}

/// Finds the member that a name stands for.
struct NameSeed<'a> {
    shape: &'a Shape,
    memory: &'a mut Memory,
    object: usize,
    nth: usize,
}

impl<'de> DeserializeSeed<'de> for NameSeed<'_> {
    type Value = Option<Member>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<Member>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for NameSeed<'_> {
    type Value = Option<Member>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<Option<Member>, E> {
        Ok(self.memory.member(self.shape, self.object, self.nth, name))
    }
}
