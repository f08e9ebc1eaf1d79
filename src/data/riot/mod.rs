//! Riot's match-v5 answers: matches and their timelines, as rows of the `lol` project's streams.
//!
//! `read` takes files apart into documents, `place` finds values and says where one is amiss, `known` lists every field that
//! is understood or knowingly left out; `matches` and `timeline` read one document each, `rows` puts both together.

mod error;
mod known;
mod matches;
mod place;
mod read;
mod rows;
mod timeline;

pub(super) use error::RiotError;
pub(super) use read::{Answers, read};
pub(super) use rows::rows;

/// The sides, by the numbers that Riot gives them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Blue,
    Red,
}

impl Side {
    /// `None` for whoever is no side: 0, or 300 for the monsters.
    fn of_team(id: i64) -> Option<Side> {
        match id {
            100 => Some(Side::Blue),
            200 => Some(Side::Red),
            _ => None,
        }
    }

    /// Participants 1 to 5 are blue, 6 to 10 red; 0 is a tower or a minion.
    fn of_participant(id: i64) -> Option<Side> {
        match id {
            1..=5 => Some(Side::Blue),
            6..=10 => Some(Side::Red),
            _ => None,
        }
    }

    fn other(self) -> Side {
        match self {
            Side::Blue => Side::Red,
            Side::Red => Side::Blue,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Side::Blue => "blue",
            Side::Red => "red",
        }
    }
}

#[cfg(test)]
mod tests;
