//! The `key` of a request: a JSON object of the key fields becomes a message key and the partition that holds it.

use features::event::Event;
use features::nearest::nearest;
use features::schema::{Field, Stream};
use features::value::Value;

use super::KeyProblem;
use super::object::{Object, typed};

/// An event of which only the key fields are known: enough for [`features::host::StreamHost::key_of`].
pub(super) fn key_event(json: &str, stream: &Stream) -> Result<Event, KeyProblem> {
    let object = Object::parse(json).ok_or(KeyProblem::NotAnObject)?;
    let fields = &stream.schema.fields;
    let mut values = vec![Value::Null; fields.len()].into_boxed_slice();
    for (name, json) in object.0 {
        let place = stream.key.iter().copied().find(|&i| *fields[i].name == *name);
        let place = place.ok_or_else(|| unknown(&name, stream))?;
        let Field { ty, .. } = fields[place];
        let value = typed(ty, json).and_then(|value| if value.is_null() { Err("null".to_owned()) } else { Ok(value) });
        let value = value.map_err(|found| KeyProblem::Mistyped { name: name.to_string(), expected: ty, found })?;
        if !std::mem::replace(&mut values[place], value).is_null() {
            return Err(KeyProblem::Twice { name: name.into_owned() });
        }
    }
    let missing = stream.key.iter().filter(|&&i| values[i].is_null()).map(|&i| fields[i].name.to_string());
    let names: Vec<String> = missing.collect();
    if names.is_empty() { Ok(Event { fields: values, time: 0 }) } else { Err(KeyProblem::Missing { names }) }
}

fn unknown(name: &str, stream: &Stream) -> KeyProblem {
    let names = stream.key.iter().map(|&i| stream.schema.fields[i].name.as_str());
    KeyProblem::Unknown {
        name: name.to_owned(),
        stream: stream.name.to_string(),
        nearest: nearest(name, names).map(str::to_owned),
    }
}
