//! Which events of the history are replayed, and which key each belongs to.

use std::collections::{HashMap, HashSet};
use std::str::FromStr;

use features::batch::History;
use features::event::Event;
use features::host::StreamHost;
use features::nearest::did_you_mean;
use features::schema::Stream;
use features::value::Value;

use crate::output::UsageError;

/// `--key FIELD=VALUE`
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct KeyFilter {
    field: String,
    value: String,
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("write FIELD=VALUE, such as game_id=2023_01_DET_KC")]
pub(super) struct NoKey;

impl FromStr for KeyFilter {
    type Err = NoKey;

    fn from_str(text: &str) -> Result<KeyFilter, NoKey> {
        match text.split_once('=') {
            Some((field, value)) if !field.is_empty() => {
                Ok(KeyFilter { field: field.to_owned(), value: value.to_owned() })
            }
            _ => Err(NoKey),
        }
    }
}

/// Rows of the history, in file order.
#[derive(Debug)]
pub(super) struct Selection {
    pub(super) rows: Vec<usize>,
    /// For each of the rows, the index of its key.
    pub(super) key_of: Vec<usize>,
    /// In the order in which they appear.
    pub(super) keys: Vec<Key>,
}

/// A key of the history.
#[derive(Debug)]
pub(super) struct Key {
    /// Of the messages that its events come in; an exploded stream may have several keys in one message.
    pub(super) message: Vec<u8>,
}

impl Selection {
    /// Filters on one field are alternatives; filters on different fields must all hold. `games` counts the keys of
    /// messages.
    pub(super) fn new(
        history: &History,
        filters: &[KeyFilter],
        games: Option<usize>,
        limit: Option<usize>,
    ) -> Result<Selection, UsageError> {
        let wanted = wanted(&history.stream, filters)?;
        let host = StreamHost::new(history.stream.clone(), Vec::new());
        let mut selection = Selection { rows: Vec::new(), key_of: Vec::new(), keys: Vec::new() };
        let mut index: HashMap<Vec<u8>, usize> = HashMap::new();
        let mut messages: HashSet<Vec<u8>> = HashSet::new();
        let limit = limit.unwrap_or(usize::MAX);
        for row in 0..history.len() {
            if selection.rows.len() >= limit {
                break;
            }
            let value = |field: usize| history.table.columns[field].value(row);
            if !wanted.iter().all(|(field, values)| values.contains(&text(&value(*field)))) {
                continue;
            }
            let fields = (0..history.table.columns.len())
                .map(|field| if history.stream.key.contains(&field) { value(field) } else { Value::Null });
            let event = Event { fields: fields.collect(), time: history.times[row] };
            let (key, message) = (host.key_of(&event), host.message_key_of(&event));
            let place = match index.get(&key) {
                Some(&place) => place,
                None if !messages.contains(&message) && games.is_some_and(|games| messages.len() >= games) => continue,
                None => {
                    index.insert(key, selection.keys.len());
                    messages.insert(message.clone());
                    selection.keys.push(Key { message });
                    selection.keys.len() - 1
                }
            };
            selection.rows.push(row);
            selection.key_of.push(place);
        }
        if selection.rows.is_empty() {
            let message = format!("no event of `{}` has the key that --key names", history.stream.name);
            return Err(UsageError::new(message));
        }
        Ok(selection)
    }
}

/// The fields that filters are about, with the values that each may have.
fn wanted(stream: &Stream, filters: &[KeyFilter]) -> Result<Vec<(usize, Vec<String>)>, UsageError> {
    let names = || stream.key.iter().map(|&field| stream.schema.fields[field].name.as_str());
    let mut wanted: Vec<(usize, Vec<String>)> = Vec::new();
    for filter in filters {
        let field = stream.key.iter().copied().find(|&field| stream.schema.fields[field].name == filter.field);
        let field = field.ok_or_else(|| {
            let all = || format!("its key is {}", names().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", "));
            let help = did_you_mean(&filter.field, names(), all);
            UsageError::new(format!("`{}` is no key field of `{}`: {help}", filter.field, stream.name))
        })?;
        match wanted.iter_mut().find(|(known, _)| *known == field) {
            Some((_, values)) => values.push(filter.value.clone()),
            None => wanted.push((field, vec![filter.value.clone()])),
        }
    }
    Ok(wanted)
}

/// A key field as one writes it on a command line.
fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(b) => b.to_string(),
        Value::Int(i) | Value::Timestamp(i) | Value::Interval(i) => i.to_string(),
        Value::Float(x) => x.to_string(),
        Value::String(text) => text.to_string(),
    }
}
