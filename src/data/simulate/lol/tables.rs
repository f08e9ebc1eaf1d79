//! Simulated matches as tables, one for each stream of the `lol` project.

use features::column::Table;
use features::value::{Type, Value};

use super::champions::CHAMPIONS;
use super::game::{self, Ending, Game};
use super::side::{SIDES, Side};
use super::team::{Player, Team};
use crate::data::lol::{Columns, Frame, MatchResult, Pick, ROLES, SideCounts, Totals, picks_of_games};

/// A match with its place in the calendar.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Record {
    /// Grows with time.
    pub(super) number: i64,
    /// Microseconds.
    pub(super) started_at: i64,
    pub(super) game: Game,
}

impl Record {
    /// As long as Riot's, so that ids are ordered as texts too.
    fn match_id(&self) -> String {
        format!("SIM1_{:010}", self.number)
    }

    /// `None` where nobody won.
    fn blue_win(&self) -> Option<bool> {
        self.game.winner().map(|winner| winner == Side::Blue)
    }
}

/// A count of a side, by the end of its column's name.
type Count = (&'static str, fn(&Team) -> i64);

/// Stream `live_matches`: every frame of every match.
pub(super) fn frames(records: &[Record]) -> Table {
    let frame = |record: &Record, (index, frame): (usize, &game::Frame)| Frame {
        match_id: record.match_id(),
        frame: i64::try_from(index).unwrap_or(i64::MAX),
        started_at: Some(record.started_at),
        #[expect(clippy::cast_precision_loss, reason = "seconds of a match")]
        game_seconds: frame.seconds as f64,
        patch: Some("16.1".to_owned()),
        blue: counts(&frame.teams.blue),
        red: counts(&frame.teams.red),
        blue_win: record.blue_win(),
        remake: Some(record.game.ending == Ending::Remake),
    };
    let rows = records.iter().flat_map(|record| record.game.frames.iter().enumerate().map(move |f| frame(record, f)));
    Frame::table(&rows.collect::<Vec<_>>())
}

fn counts(team: &Team) -> SideCounts {
    SideCounts {
        gold: team.gold(),
        xp: team.sum(|p| p.xp),
        levels: team.sum(Player::level),
        minions: team.sum(|p| p.minions),
        jungle: team.sum(|p| p.jungle),
        kills: team.kills(),
        towers: team.towers,
        inhibitors: team.inhibitors,
        dragons: team.dragons,
        elders: team.elders,
        heralds: team.heralds,
        voidgrubs: team.voidgrubs,
        barons: team.barons,
        wards: team.wards,
        wards_destroyed: team.wards_destroyed,
    }
}

/// Stream `diamond_games`: matches that lasted ten minutes, as they stood then.
pub(super) fn at_ten(records: &[Record]) -> Table {
    const COUNTS: [Count; 13] = [
        ("WardsPlaced", |t| t.wards),
        ("WardsDestroyed", |t| t.wards_destroyed),
        ("FirstBlood", |t| t.first_blood.into()),
        ("Kills", Team::kills),
        ("Deaths", |t| t.sum(|p| p.deaths)),
        ("Assists", |t| t.sum(|p| p.assists)),
        ("Dragons", |t| t.dragons),
        ("Heralds", |t| t.heralds),
        ("TowersDestroyed", |t| t.towers),
        ("TotalGold", Team::gold),
        ("TotalExperience", |t| t.sum(|p| p.xp)),
        ("TotalMinionsKilled", |t| t.sum(|p| p.minions)),
        ("TotalJungleMinionsKilled", |t| t.sum(|p| p.jungle)),
    ];
    let rows = standing(records, 10);
    let mut columns = Columns::<(&Record, &game::Frame)>::new();
    columns.int("gameId", |row| 9_000_000_000 + row.0.number);
    columns.int("blueWins", |row| (row.0.game.winner() == Some(Side::Blue)).into());
    for side in SIDES {
        for (name, count) in COUNTS {
            columns.int(format!("{}{name}", side.name()), move |row| count(&row.1.teams[side]));
        }
        columns.add(format!("{}AvgLevel", side.name()), Type::Float, move |row| {
            #[expect(clippy::cast_precision_loss, reason = "five levels")]
            Value::Float(row.1.teams[side].sum(Player::level) as f64 / 5.0)
        });
    }
    columns.table(&rows)
}

/// Stream `kr_games`: matches that lasted fifteen minutes, as they stood then, role by role.
pub(super) fn at_fifteen(records: &[Record]) -> Table {
    let rows = standing(records, 15);
    let mut columns = Columns::<(&Record, &game::Frame)>::new();
    columns.text("match_id", |row| row.0.match_id());
    columns.int("win", |row| (row.0.game.winner() == Some(Side::Blue)).into());
    columns.int("blue_firstBlood", |row| row.1.teams.blue.first_blood.into());
    const COUNTS: [Count; 5] = [
        ("dragons", |t| t.dragons),
        ("heralds", |t| t.heralds),
        ("voidgrubs", |t| t.voidgrubs),
        ("towers", |t| t.towers),
        ("kills", Team::kills),
    ];
    for side in SIDES {
        for (name, count) in COUNTS {
            columns.int(format!("{}_{name}", side.name()), move |row| count(&row.1.teams[side]));
        }
        for (role, role_name) in ROLES.into_iter().enumerate() {
            let name = |what: &str| format!("{}_{role_name}_{what}", side.name());
            let player = move |row: &(&Record, &game::Frame)| row.1.teams[side].players[role];
            columns.add(name("champion"), Type::String, move |row| champion(row.0, side, role));
            columns.int(name("gold"), move |row| player(row).gold);
            columns.int(name("cs"), move |row| player(row).minions + player(row).jungle);
            columns.int(name("kills"), move |row| player(row).kills);
            columns.int(name("deaths"), move |row| player(row).deaths);
        }
    }
    columns.table(&rows)
}

/// Stream `picks`: the champions of matches that lasted fifteen minutes.
pub(super) fn picks(records: &[Record]) -> Table {
    Pick::table(&picks_of_games(&at_fifteen(records)))
}

/// Stream `matches`: how each match ended.
pub(super) fn results(records: &[Record]) -> Table {
    let rows: Vec<MatchResult> = records.iter().map(result).collect();
    MatchResult::table(&rows)
}

fn result(record: &Record) -> MatchResult {
    let game = &record.game;
    let text = |text: &str| Some(text.to_owned());
    let end = game.frames.last().map(|frame| frame.teams).unwrap_or_default();
    MatchResult {
        match_id: record.match_id(),
        platform: text("SIM1"),
        // Ranked, five against five, on Summoner's Rift.
        queue_id: Some(420),
        map_id: Some(11),
        game_mode: text("CLASSIC"),
        game_type: text("MATCHED_GAME"),
        game_version: text("16.1.1.1"),
        started_at: record.started_at,
        ended_at: record.started_at + game.seconds() * 1_000_000,
        duration_seconds: game.seconds(),
        surrender: matches!(game.ending, Ending::Won { surrender: true, .. }),
        remake: game.ending == Ending::Remake,
        blue_win: record.blue_win(),
        blue: totals(&end.blue),
        red: totals(&end.red),
    }
}

fn totals(team: &Team) -> Totals {
    Totals {
        kills: team.kills(),
        towers: team.towers,
        inhibitors: team.inhibitors,
        dragons: team.dragons + team.elders,
        heralds: team.heralds,
        barons: team.barons,
    }
}

/// Matches that lasted so many minutes, as they stood then.
fn standing(records: &[Record], minute: i64) -> Vec<(&Record, &game::Frame)> {
    records.iter().filter_map(|record| Some((record, record.game.at_minute(minute)?))).collect()
}

fn champion(record: &Record, side: Side, role: usize) -> Value {
    Value::String(CHAMPIONS[record.game.picks[side][role]].name.into())
}
