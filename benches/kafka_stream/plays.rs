//! What the topics are loaded with: the plays of a history, as `clutch stream replay` would send them.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use features::batch::{History, read_history};
use features::partition::partition_of;
use features::project::Project;
use features::value::Value;
use serde_json::{Map, Value as Json, json};

use smol_str::SmolStr;

use super::broker::Loading;

/// A game and a play of it.
pub(crate) type Id = (String, i64);

/// Plays in the order in which they are sent, each with the game that it is said to be of.
pub(crate) struct Load {
    plays: Vec<(Option<String>, usize)>,
}

/// The plays of all seasons.
pub(crate) fn read(project: &Project, seasons: &Path) -> History {
    let stream = project.streams.get("plays").expect("stream");
    read_history(stream, &seasons.join("*.parquet").display().to_string(), &|_| ()).expect("plays")
}

impl Load {
    /// In the order of the files: game after game.
    pub(crate) fn of_games(history: &History, events: usize) -> Load {
        Load { plays: (0..events.min(history.len())).map(|row| (None, row)).collect() }
    }

    /// A play of each of so many games in turn, so that no key comes again before all others have come. Each game is one of
    /// the history's, from some play on.
    pub(crate) fn of_many_keys(history: &History, events: usize, keys: usize) -> Load {
        let games = games(history);
        let rounds = events.div_ceil(keys);
        let long: Vec<&Vec<usize>> = games.iter().filter(|plays| plays.len() >= rounds).collect();
        let play = |number: usize| {
            let (round, key) = (number / keys, number % keys);
            let plays = long[key % long.len()];
            let start = key * 7919 % (plays.len() - rounds + 1);
            (Some(format!("g{key}")), plays[start + round])
        };
        Load { plays: (0..events).map(play).collect() }
    }

    pub(crate) fn len(&self) -> usize {
        self.plays.len()
    }

    /// Sends them all; gives back those that the view's WHERE keeps, and the mean length of a message.
    pub(crate) fn send(&self, history: &History, loading: &Loading, partitions: u32) -> (HashSet<Id>, usize) {
        let judged = ["down", "play_type", "posteam"].map(|name| history.table.column(name).expect("field"));
        let (mut kept, mut bytes) = (HashSet::new(), 0);
        for (game, row) in &self.plays {
            let mut event = message(history, *row);
            if let Some(game) = game {
                event.insert("game_id".to_owned(), json!(game));
            }
            let key = event["game_id"].as_str().expect("a string").to_owned();
            let value = serde_json::to_vec(&event).expect("JSON");
            bytes += value.len();
            loading.send(partition_of(key.as_bytes(), partitions), &key, &value);
            if judged.iter().all(|column| column.is_valid(*row)) {
                kept.insert((key, event["play_id"].as_i64().expect("an integer")));
            }
        }
        (kept, bytes / self.len().max(1))
    }
}

/// The rows of each game, in the order of the files.
fn games(history: &History) -> Vec<Vec<usize>> {
    let ids = history.table.column("game_id").expect("field");
    let mut numbers: HashMap<SmolStr, usize> = HashMap::new();
    let mut games: Vec<Vec<usize>> = Vec::new();
    for row in 0..history.len() {
        let Value::String(id) = ids.value(row) else { panic!("row {row} is of no game") };
        let next = games.len();
        let number = *numbers.entry(id).or_insert(next);
        if number == next {
            games.push(Vec::new());
        }
        games[number].push(row);
    }
    games
}

/// Every field that has a value, without the outcomes.
fn message(history: &History, row: usize) -> Map<String, Json> {
    let fields = history.stream.schema.fields.iter().zip(&history.table.columns);
    let told = fields.filter(|(field, column)| !field.outcome && column.is_valid(row));
    told.map(|(field, column)| (field.name.to_string(), json_of(&column.value(row)))).collect()
}

fn json_of(value: &Value) -> Json {
    match value {
        Value::Bool(b) => json!(b),
        Value::Int(i) => json!(i),
        Value::Float(x) => json!(x),
        Value::String(text) => json!(text.as_str()),
        // The stream declares no others.
        Value::Null | Value::Timestamp(_) | Value::Interval(_) => Json::Null,
    }
}
