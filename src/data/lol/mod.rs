//! Rows of the streams of the `lol` project, whoever makes them: the simulator, Riot's answers, sets of games.
//!
//! `columns` lays rows out as tables; `frames`, `results` and `picks` are the rows of `live_matches`, `matches` and `picks`;
//! `roles` makes picks of games that are a row each.

mod columns;
mod frames;
mod picks;
mod results;
mod roles;

pub(super) use columns::Columns;
pub(super) use frames::{Frame, SideCounts};
pub(super) use picks::{Pick, Standing};
pub(super) use results::{MatchResult, Totals};
pub(super) use roles::picks_of_games;

/// From top to utility, as participants are numbered.
pub(super) const ROLES: [&str; 5] = ["top", "jungle", "middle", "bottom", "utility"];
