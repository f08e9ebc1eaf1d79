//! Rows of stream `picks`: one player's champion in one match, and how both sides stood at fifteen minutes.

use features::column::Table;

use super::Columns;

#[derive(Debug, Clone, PartialEq)]
pub(in crate::data) struct Pick {
    pub(in crate::data) match_id: String,
    /// 1 to 5 blue, 6 to 10 red, from top to utility.
    pub(in crate::data) participant: i64,
    pub(in crate::data) side: &'static str,
    /// `None` in modes without roles.
    pub(in crate::data) role: Option<&'static str>,
    pub(in crate::data) champion: String,
    /// `None` where nobody knows how the match stood, or it was over by then.
    pub(in crate::data) at_15: Option<Standing>,
    /// `None` where nobody won.
    pub(in crate::data) win: Option<bool>,
    pub(in crate::data) remake: bool,
}

/// How the match stood, as the player's side sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::data) struct Standing {
    pub(in crate::data) gold: i64,
    /// Minions and jungle monsters.
    pub(in crate::data) cs: i64,
    pub(in crate::data) kills: i64,
    pub(in crate::data) deaths: i64,
    /// Ahead of the opponent of the same role.
    pub(in crate::data) gold_lead: Option<i64>,
    pub(in crate::data) cs_lead: Option<i64>,
    pub(in crate::data) team_gold_lead: i64,
    pub(in crate::data) team_kill_lead: i64,
    pub(in crate::data) team_tower_lead: i64,
    pub(in crate::data) team_dragon_lead: i64,
    pub(in crate::data) team_voidgrub_lead: i64,
}

type Part = (&'static str, fn(&Standing) -> Option<i64>);

const PARTS: [Part; 11] = [
    ("gold", |s| Some(s.gold)),
    ("cs", |s| Some(s.cs)),
    ("kills", |s| Some(s.kills)),
    ("deaths", |s| Some(s.deaths)),
    ("gold_lead", |s| s.gold_lead),
    ("cs_lead", |s| s.cs_lead),
    ("team_gold_lead", |s| Some(s.team_gold_lead)),
    ("team_kill_lead", |s| Some(s.team_kill_lead)),
    ("team_tower_lead", |s| Some(s.team_tower_lead)),
    ("team_dragon_lead", |s| Some(s.team_dragon_lead)),
    ("team_voidgrub_lead", |s| Some(s.team_voidgrub_lead)),
];

impl Pick {
    pub(in crate::data) fn table(rows: &[Pick]) -> Table {
        let mut columns = Columns::<Pick>::new();
        columns.text("match_id", |row| row.match_id.clone());
        columns.int("participant", |row| row.participant);
        columns.text("side", |row| row.side.to_owned());
        columns.some_text("role", |row| row.role.map(str::to_owned));
        columns.text("champion", |row| row.champion.clone());
        for (name, part) in PARTS {
            columns.some_int(name, move |row| row.at_15.as_ref().and_then(part));
        }
        columns.some_bool("win", |row| row.win);
        columns.some_bool("remake", |row| Some(row.remake));
        columns.table(rows)
    }
}
