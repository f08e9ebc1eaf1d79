//! Matches of the history, to be played out under other keys.

use std::collections::HashMap;
use std::sync::Arc;

use features::batch::History;
use features::event::{Decision, Event};
use features::host::{KeyState, Position, StreamHost};
use features::plan::View;
use features::project::Project;
use features::schema::Stream;
use features::value::{Type, Value};
use serde_json::Value as Json;

use crate::output::UsageError;
use crate::stream::history;
use crate::stream::replay::message;

/// Stands for a key in the text of an event, where the key's field is text or a number.
const TEXT: &str = "\u{1}key\u{1}";
const NUMBER: i64 = 7_070_707_070_707_070_707;

/// Matches, each an event after the other.
#[derive(Debug)]
pub(super) struct Templates {
    pub(super) stream: Arc<Stream>,
    /// The key field that is given other values.
    pub(super) varied: usize,
    pub(super) games: Vec<Game>,
}

/// One key's events.
#[derive(Debug)]
pub(super) struct Game {
    /// The key's fields as they were; the varied one is replaced.
    key: Vec<Value>,
    pub(super) events: Vec<Template>,
}

/// An event whose text has a gap where its key belongs.
#[derive(Debug)]
pub(super) struct Template {
    before: Box<str>,
    after: Box<str>,
    /// Whether the view keeps a row for it, so that a prediction is due.
    pub(super) kept: bool,
}

impl Templates {
    /// From files, or from what was imported.
    pub(super) fn read(project: &Project, view: &Arc<View>, data: Option<&str>) -> anyhow::Result<Templates> {
        let stream = &view.stream;
        if stream.explode.is_some() {
            let message = format!("stream `{}` explodes another: its events cannot be sent by themselves", stream.name);
            return Err(UsageError::new(message).into());
        }
        let varied = varied(stream).ok_or_else(|| {
            let message =
                format!("no key field of stream `{}` is a string or an int: keys cannot be made up", stream.name);
            UsageError::new(message)
        })?;
        let history = history::read(project, stream, data)?;
        let games = games(&history, view, varied);
        if games.is_empty() {
            let message = format!("no event in the history of `{}` can be sent under another key", stream.name);
            return Err(UsageError::new(message).into());
        }
        Ok(Templates { stream: Arc::clone(stream), varied, games })
    }

    /// The key of a message whose varied field has this value.
    pub(super) fn message_key(&self, game: &Game, value: &Value) -> Vec<u8> {
        let mut fields = game.key.clone();
        fields[self.varied] = value.clone();
        let host = StreamHost::new(Arc::clone(&self.stream), Vec::new());
        host.message_key_of(&Event { fields: fields.into(), time: 0 })
    }
}

impl Template {
    /// The event under a key.
    pub(super) fn write(&self, key: &str, out: &mut Vec<u8>) {
        out.clear();
        for part in [&self.before, key, &self.after] {
            out.extend_from_slice(part.as_bytes());
        }
    }
}

/// The key field that is given other values.
fn varied(stream: &Stream) -> Option<usize> {
    let varies = |ty| matches!(ty, Type::String | Type::Int);
    stream.key.iter().copied().find(|field| varies(stream.schema.fields[*field].ty))
}

/// Its name; empty where there is none.
pub(super) fn varied_name(stream: &Stream) -> String {
    varied(stream).map_or_else(String::new, |field| stream.schema.fields[field].name.to_string())
}

/// Events that are refused in their own match are left out: they would be dead letters under any key.
fn games(history: &History, view: &Arc<View>, varied: usize) -> Vec<Game> {
    let stream = &history.stream;
    let mut host = StreamHost::new(Arc::clone(stream), vec![Arc::clone(view)]);
    let mut places: HashMap<Vec<u8>, usize> = HashMap::new();
    let mut games: Vec<(Game, KeyState)> = Vec::new();
    for row in 0..history.len() {
        let columns = history.table.columns.iter().zip(&stream.schema.fields);
        let fields: Vec<Value> =
            columns.map(|(column, field)| if field.outcome { Value::Null } else { column.value(row) }).collect();
        let event = Event { fields: fields.clone().into(), time: history.times[row] };
        let place = *places.entry(host.key_of(&event)).or_insert_with(|| {
            games.push((Game { key: fields, events: Vec::new() }, KeyState::default()));
            games.len() - 1
        });
        let (game, state) = &mut games[place];
        let position = Position { partition: 0, offset: row as u64, append_time: None };
        let accepted = host.process(state, &event, position);
        if accepted.decision == Decision::Accept {
            let kept = accepted.rows.iter().any(Option::is_some);
            game.events.extend(split(history, row, varied, kept));
        }
    }
    games.into_iter().map(|(game, _)| game).filter(|game| !game.events.is_empty()).collect()
}

/// `None` where the key stands in no place of its own.
fn split(history: &History, row: usize, varied: usize, kept: bool) -> Option<Template> {
    let field = &history.stream.schema.fields[varied];
    let mut event = message(history, row);
    let (marker, text) = match field.ty {
        Type::Int => (Json::from(NUMBER), NUMBER.to_string()),
        _ => (Json::from(TEXT), serde_json::to_string(TEXT).ok()?),
    };
    let mut place = &mut event;
    for name in field.way() {
        place = place.get_mut(&*name)?;
    }
    *place = marker;
    let whole = event.to_string();
    let (before, after) = whole.split_once(&text)?;
    Some(Template { before: before.into(), after: after.into(), kept })
}
