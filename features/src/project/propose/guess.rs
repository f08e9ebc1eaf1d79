//! Which column is the key, the time, the id, and what is known only afterwards.

use std::collections::{HashMap, HashSet};

use super::column::{Facts, text};
use crate::value::{Micros, Type, Value};

/// The parts that the columns play, by index.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Guess {
    pub(super) key: usize,
    /// Do several rows share a key?
    pub(super) key_repeats: bool,
    pub(super) time: Time,
    /// Beside the key; the row's business id.
    pub(super) id: Option<Id>,
    pub(super) outcomes: Vec<usize>,
    /// Numbers and booleans that are none of these.
    pub(super) features: Vec<usize>,
    /// A feature that changes from row to row of a key: worth a window.
    pub(super) averaged: Option<usize>,
    /// Columns that are the same in every row of a key, and differ from key to key: perhaps outcomes.
    pub(super) constants: Vec<usize>,
    /// The outcome that a first model learns.
    pub(super) label: Option<usize>,
    pub(super) split: Option<Split>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Time {
    /// A timestamp.
    Field(usize),
    /// An integer since 1970, so many to the second.
    Epoch { field: usize, unit: &'static str },
    /// An integer that grows within each key.
    Order(usize),
    /// Nothing tells: rows stand in the order of the file.
    File,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Id {
    /// Unique by itself.
    Alone(usize),
    /// Unique within its key.
    WithinKey(usize),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Split {
    Whole { field: usize, test_from: i64 },
    At { field: usize, test_from: Micros },
}

const MATCH_WORDS: [&str; 8] = ["game", "match", "fixture", "session", "customer", "user", "player", "account"];
const TIME_WORDS: [&str; 8] = ["event_time", "timestamp", "time", "ts", "datetime", "date", "created_at", "at"];
const ORDER_WORDS: [&str; 9] = ["seq", "sequence", "order", "frame", "tick", "index", "play", "minute", "second"];
const OUTCOME_WORDS: [&str; 9] = ["result", "outcome", "label", "target", "winner", "win", "wins", "won", "final"];

impl Guess {
    /// `None` where no column can be a key.
    pub(super) fn new(columns: &[Facts]) -> Option<Guess> {
        let key = key(columns)?;
        let rows = columns[key].values.len();
        let key_repeats = columns[key].distinct() < rows;
        let groups = columns[key].texts();
        let time = time(columns, key, &groups);
        let id = id(columns, key, key_repeats, &groups);
        let taken = |index: usize| {
            let of_id = matches!(id, Some(Id::Alone(i) | Id::WithinKey(i)) if i == index);
            index == key || of_id || time.field() == Some(index)
        };
        let constant = |index: usize| !key_repeats || is_constant_within(&groups, &columns[index]);
        let outcomes: Vec<usize> = (0..columns.len())
            .filter(|&index| !taken(index) && has_word(&columns[index].name, &OUTCOME_WORDS) && constant(index))
            .collect();
        let features: Vec<usize> = (0..columns.len())
            .filter(|&index| matches!(columns[index].ty, Type::Bool | Type::Int | Type::Float))
            .filter(|index| !taken(*index) && !outcomes.contains(index))
            .collect();
        let changes = |index: &usize| columns[*index].ty.is_numeric() && !is_constant_within(&groups, &columns[*index]);
        let averaged = features.iter().copied().find(changes);
        let constants: Vec<usize> = (0..columns.len())
            .filter(|&index| key_repeats && 1 < columns[index].distinct())
            .filter(|&index| !taken(index) && is_constant_within(&groups, &columns[index]))
            .collect();
        let learnable = |index: &&usize| columns[**index].is_yes_or_no() || columns[**index].ty.is_numeric();
        let yes_or_no = outcomes.iter().find(|&&index| columns[index].is_yes_or_no());
        let label = yes_or_no.or_else(|| outcomes.iter().find(learnable)).copied().filter(|_| !features.is_empty());
        let split = split(columns, &time);
        Some(Guess { key, key_repeats, time, id, outcomes, features, averaged, constants, label, split })
    }

    pub(super) fn remarks(&self, columns: &[Facts]) -> Vec<String> {
        let name = |index: usize| columns[index].name.as_str();
        let mut remarks = vec![if self.key_repeats {
            format!("key: {} (several rows have the same)", name(self.key))
        } else {
            format!("key: {} (every row has its own)", name(self.key))
        }];
        remarks.push(match &self.time {
            Time::Field(field) => format!("event time: {}", name(*field)),
            Time::Epoch { field, unit } => format!("event time: {}, {unit}s since 1970", name(*field)),
            Time::Order(field) => format!("no clock: rows are ordered by {}", name(*field)),
            Time::File => "no clock and no order: rows stand as in the file".to_owned(),
        });
        remarks.push(match self.id {
            Some(Id::Alone(field)) => format!("id: {}", name(field)),
            Some(Id::WithinKey(field)) => format!("id: {} and {}", name(self.key), name(field)),
            None => "no id: repeated events are not recognised".to_owned(),
        });
        if !self.outcomes.is_empty() {
            let names: Vec<_> = self.outcomes.iter().map(|&index| name(index)).collect();
            remarks.push(format!("outcomes: {} (known only afterwards, never features)", names.join(", ")));
        }
        remarks
    }
}

impl Time {
    pub(super) fn field(&self) -> Option<usize> {
        match self {
            Time::Field(field) | Time::Epoch { field, .. } | Time::Order(field) => Some(*field),
            Time::File => None,
        }
    }
}

/// The column whose rows belong together: by its name, by repeating, by standing in one piece.
fn key(columns: &[Facts]) -> Option<usize> {
    let score = |index: usize| {
        let facts = &columns[index];
        let (rows, distinct) = (facts.values.len(), facts.distinct());
        let repeats = 1 < distinct && distinct * 2 <= rows;
        let pieces = 1 + facts.values.windows(2).filter(|pair| text(&pair[0]) != text(&pair[1])).count();
        let mut score = 0;
        score += if has_word(&facts.name, &MATCH_WORDS) { 4 } else { 0 };
        score += if has_word(&facts.name, &["id"]) || facts.name.to_lowercase().ends_with("id") { 3 } else { 0 };
        score += if repeats && pieces == distinct { 3 } else { 0 };
        score += i32::from(repeats);
        score += if distinct == rows { 1 } else { 0 };
        score -= if distinct == 1 { 3 } else { 0 };
        score
    };
    (0..columns.len())
        .filter(|&index| columns[index].is_name())
        .max_by_key(|&index| (score(index), std::cmp::Reverse(index)))
}

fn time(columns: &[Facts], key: usize, groups: &[String]) -> Time {
    let best = |fits: &dyn Fn(usize) -> bool, words: &[&str]| -> Option<usize> {
        let score = |index: usize| {
            let named = i32::from(has_word(&columns[index].name, words));
            2 * i32::from(grows_within(groups, &columns[index])) + named
        };
        (0..columns.len())
            .filter(|&index| index != key && fits(index))
            .max_by_key(|&index| (score(index), std::cmp::Reverse(index)))
    };
    let is_time = |index: usize| columns[index].ty == Type::Timestamp && columns[index].is_complete();
    if let Some(field) = best(&is_time, &TIME_WORDS) {
        return Time::Field(field);
    }
    let is_epoch = |index: usize| {
        columns[index].ty == Type::Int
            && has_word(&columns[index].name, &TIME_WORDS)
            && epoch_unit(&columns[index]).is_some()
    };
    if let Some(field) = best(&is_epoch, &TIME_WORDS)
        && let Some(unit) = epoch_unit(&columns[field])
    {
        return Time::Epoch { field, unit };
    }
    let is_order = |index: usize| {
        let facts = &columns[index];
        facts.ty == Type::Int && facts.is_complete() && facts.distinct() > 1 && grows_within(groups, facts)
    };
    let ordered = best(&is_order, &ORDER_WORDS).filter(|&index| !is_constant_within(groups, &columns[index]));
    ordered.map_or(Time::File, Time::Order)
}

/// Seconds or milliseconds since 1970, between 2001 and 2033.
fn epoch_unit(facts: &Facts) -> Option<&'static str> {
    let within = |low: i64, high: i64| {
        facts.is_complete() && facts.values.iter().all(|v| matches!(v, Value::Int(i) if (low..high).contains(i)))
    };
    if within(1_000_000_000, 2_000_000_000) {
        Some("second")
    } else if within(1_000_000_000_000, 2_000_000_000_000) {
        Some("millisecond")
    } else {
        None
    }
}

fn id(columns: &[Facts], key: usize, key_repeats: bool, groups: &[String]) -> Option<Id> {
    if !key_repeats {
        return Some(Id::Alone(key));
    }
    let rows = groups.len();
    let candidates = || (0..columns.len()).filter(|&index| index != key && columns[index].is_name());
    let is_id = |index: &usize| columns[*index].name.to_lowercase().ends_with("id");
    if let Some(alone) = candidates().filter(is_id).find(|&index| columns[index].distinct() == rows) {
        return Some(Id::Alone(alone));
    }
    let unique = |index: &usize| {
        let pairs: HashSet<(&String, String)> = groups.iter().zip(columns[*index].texts()).collect();
        pairs.len() == rows
    };
    let named = candidates().filter(|i| is_id(i) || has_word(&columns[*i].name, &ORDER_WORDS)).find(unique);
    named.map(Id::WithinKey)
}

/// The last fifth of time, or the last of several seasons.
fn split(columns: &[Facts], time: &Time) -> Option<Split> {
    let season = (0..columns.len()).find(|&index| {
        let facts = &columns[index];
        facts.ty == Type::Int
            && facts.is_complete()
            && has_word(&facts.name, &["season", "year"])
            && 1 < facts.distinct()
    });
    if let Some(field) = season {
        let latest =
            columns[field].values.iter().filter_map(|v| if let Value::Int(i) = v { Some(*i) } else { None }).max();
        return latest.map(|test_from| Split::Whole { field, test_from });
    }
    let Time::Field(field) = *time else { return None };
    let mut times: Vec<Micros> = columns[field]
        .values
        .iter()
        .filter_map(|v| if let Value::Timestamp(t) = v { Some(*t) } else { None })
        .collect();
    times.sort_unstable();
    let test_from = *times.get(times.len() * 4 / 5)?;
    (times.first() != Some(&test_from)).then_some(Split::At { field, test_from })
}

/// Is one of the name's words among `words`? `blueWins`, `final_score` and `gameId` have two each.
fn has_word(name: &str, words: &[&str]) -> bool {
    let mut parts = vec![name.to_lowercase()];
    let mut part = String::new();
    for c in name.chars() {
        if !c.is_alphanumeric() || c.is_uppercase() {
            parts.push(std::mem::take(&mut part));
        }
        if c.is_alphanumeric() {
            part.extend(c.to_lowercase());
        }
    }
    parts.push(part);
    parts.iter().any(|part| words.contains(&part.as_str()))
}

/// Does the column never fall from one row of a key to the next?
fn grows_within(groups: &[String], facts: &Facts) -> bool {
    let mut last: HashMap<&String, f64> = HashMap::new();
    groups.iter().zip(&facts.values).all(|(group, value)| {
        let Some(number) = value.as_number() else { return false };
        last.insert(group, number).is_none_or(|before| before <= number)
    })
}

fn is_constant_within(groups: &[String], facts: &Facts) -> bool {
    let mut first: HashMap<&String, String> = HashMap::new();
    groups.iter().zip(facts.texts()).all(|(group, value)| *first.entry(group).or_insert_with(|| value.clone()) == value)
}
