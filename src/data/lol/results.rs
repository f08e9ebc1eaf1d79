//! Rows of stream `matches`: how a match ended.

use features::column::Table;

use super::Columns;

#[derive(Debug, Clone, PartialEq)]
pub(in crate::data) struct MatchResult {
    pub(in crate::data) match_id: String,
    pub(in crate::data) platform: Option<String>,
    pub(in crate::data) queue_id: Option<i64>,
    pub(in crate::data) map_id: Option<i64>,
    pub(in crate::data) game_mode: Option<String>,
    pub(in crate::data) game_type: Option<String>,
    pub(in crate::data) game_version: Option<String>,
    /// Microseconds, UTC.
    pub(in crate::data) started_at: i64,
    pub(in crate::data) ended_at: i64,
    pub(in crate::data) duration_seconds: i64,
    pub(in crate::data) surrender: bool,
    pub(in crate::data) remake: bool,
    /// `None` where nobody won.
    pub(in crate::data) blue_win: Option<bool>,
    pub(in crate::data) blue: Totals,
    pub(in crate::data) red: Totals,
}

/// What a side had at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::data) struct Totals {
    pub(in crate::data) kills: i64,
    pub(in crate::data) towers: i64,
    pub(in crate::data) inhibitors: i64,
    pub(in crate::data) dragons: i64,
    pub(in crate::data) heralds: i64,
    pub(in crate::data) barons: i64,
}

type Total = (&'static str, fn(&Totals) -> i64);

const TOTALS: [Total; 6] = [
    ("kills", |t| t.kills),
    ("towers", |t| t.towers),
    ("inhibitors", |t| t.inhibitors),
    ("dragons", |t| t.dragons),
    ("heralds", |t| t.heralds),
    ("barons", |t| t.barons),
];

impl MatchResult {
    pub(in crate::data) fn table(rows: &[MatchResult]) -> Table {
        let mut columns = Columns::<MatchResult>::new();
        columns.text("match_id", |row| row.match_id.clone());
        columns.some_text("platform", |row| row.platform.clone());
        columns.some_int("queue_id", |row| row.queue_id);
        columns.some_int("map_id", |row| row.map_id);
        columns.some_text("game_mode", |row| row.game_mode.clone());
        columns.some_text("game_type", |row| row.game_type.clone());
        columns.some_text("game_version", |row| row.game_version.clone());
        columns.some_time("started_at", |row| Some(row.started_at));
        columns.some_time("ended_at", |row| Some(row.ended_at));
        columns.int("duration_seconds", |row| row.duration_seconds);
        columns.some_bool("surrender", |row| Some(row.surrender));
        columns.some_bool("remake", |row| Some(row.remake));
        columns.some_bool("blue_win", |row| row.blue_win);
        for (name, total) in TOTALS {
            columns.int(format!("blue_{name}"), move |row| total(&row.blue));
            columns.int(format!("red_{name}"), move |row| total(&row.red));
        }
        columns.table(rows)
    }
}
