//! Rows of stream `live_matches`: how a match stands, a frame a minute.

use features::column::Table;
use features::value::{Type, Value};

use super::Columns;

#[derive(Debug, Clone, PartialEq)]
pub(in crate::data) struct Frame {
    pub(in crate::data) match_id: String,
    /// From 0 on.
    pub(in crate::data) frame: i64,
    /// Microseconds, UTC.
    pub(in crate::data) started_at: Option<i64>,
    /// Since the start.
    pub(in crate::data) game_seconds: f64,
    pub(in crate::data) patch: Option<String>,
    pub(in crate::data) blue: SideCounts,
    pub(in crate::data) red: SideCounts,
    /// `None` while nobody has won.
    pub(in crate::data) blue_win: Option<bool>,
    pub(in crate::data) remake: Option<bool>,
}

/// What a side has got since the start of the match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::data) struct SideCounts {
    /// Earned, spent or not.
    pub(in crate::data) gold: i64,
    pub(in crate::data) xp: i64,
    /// Of the five players together.
    pub(in crate::data) levels: i64,
    pub(in crate::data) minions: i64,
    /// Jungle monsters.
    pub(in crate::data) jungle: i64,
    pub(in crate::data) kills: i64,
    /// Destroyed by the side.
    pub(in crate::data) towers: i64,
    pub(in crate::data) inhibitors: i64,
    /// Elder dragons apart.
    pub(in crate::data) dragons: i64,
    pub(in crate::data) elders: i64,
    pub(in crate::data) heralds: i64,
    pub(in crate::data) voidgrubs: i64,
    pub(in crate::data) barons: i64,
    /// Placed.
    pub(in crate::data) wards: i64,
    pub(in crate::data) wards_destroyed: i64,
}

type Count = (&'static str, fn(&SideCounts) -> i64);

const COUNTS: [Count; 15] = [
    ("gold", |c| c.gold),
    ("xp", |c| c.xp),
    ("levels", |c| c.levels),
    ("minions", |c| c.minions),
    ("jungle", |c| c.jungle),
    ("kills", |c| c.kills),
    ("towers", |c| c.towers),
    ("inhibitors", |c| c.inhibitors),
    ("dragons", |c| c.dragons),
    ("elders", |c| c.elders),
    ("heralds", |c| c.heralds),
    ("voidgrubs", |c| c.voidgrubs),
    ("barons", |c| c.barons),
    ("wards", |c| c.wards),
    ("wards_destroyed", |c| c.wards_destroyed),
];

impl Frame {
    pub(in crate::data) fn table(rows: &[Frame]) -> Table {
        let mut columns = Columns::<Frame>::new();
        columns.text("match_id", |row| row.match_id.clone());
        columns.int("frame", |row| row.frame);
        columns.some_time("started_at", |row| row.started_at);
        columns.add("game_seconds", Type::Float, |row| Value::float(row.game_seconds));
        columns.some_text("patch", |row| row.patch.clone());
        for (name, count) in COUNTS {
            columns.int(format!("blue_{name}"), move |row| count(&row.blue));
            columns.int(format!("red_{name}"), move |row| count(&row.red));
        }
        columns.some_bool("blue_win", |row| row.blue_win);
        columns.some_bool("remake", |row| row.remake);
        columns.table(rows)
    }
}
