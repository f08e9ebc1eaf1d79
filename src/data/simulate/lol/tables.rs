//! Simulated matches as tables, one for each stream of the `lol` project.

use features::column::{ColumnBuilder, Table};
use features::value::{Type, Value};

use super::champions::CHAMPIONS;
use super::draft::ROLES;
use super::game::{Ending, Frame, Game};
use super::side::{SIDES, Side};
use super::team::{Player, Team};

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
    fn match_id(&self) -> Value {
        Value::String(format!("SIM1_{:010}", self.number).into())
    }

    fn ended_at(&self) -> i64 {
        self.started_at + self.game.seconds() * 1_000_000
    }
}

/// What a row has in a column.
type Cell<R> = Box<dyn Fn(&R) -> Value>;

struct Columns<R> {
    columns: Vec<(String, Type, Cell<R>)>,
}

impl<R> Columns<R> {
    fn new() -> Columns<R> {
        Columns { columns: Vec::new() }
    }

    fn add(&mut self, name: impl Into<String>, ty: Type, value: impl Fn(&R) -> Value + 'static) {
        self.columns.push((name.into(), ty, Box::new(value)));
    }

    fn int(&mut self, name: impl Into<String>, value: impl Fn(&R) -> i64 + 'static) {
        self.add(name, Type::Int, move |row| Value::Int(value(row)));
    }

    fn table(self, rows: &[R]) -> Table {
        let mut table = Table { names: Vec::new(), columns: Vec::new(), rows: rows.len() };
        for (name, ty, value) in self.columns {
            let mut column = ColumnBuilder::new(ty, rows.len());
            for row in rows {
                column.push(&value(row));
            }
            table.names.push(name.into());
            table.columns.push(column.finish());
        }
        table
    }
}

/// A count of a side, by the end of its column's name.
type Count = (&'static str, fn(&Team) -> i64);

/// Stream `live_matches`: every frame of every match.
pub(super) fn frames(records: &[Record]) -> Table {
    const COUNTS: [Count; 15] = [
        ("gold", Team::gold),
        ("xp", |t| t.sum(|p| p.xp)),
        ("levels", |t| t.sum(Player::level)),
        ("minions", |t| t.sum(|p| p.minions)),
        ("jungle", |t| t.sum(|p| p.jungle)),
        ("kills", Team::kills),
        ("towers", |t| t.towers),
        ("inhibitors", |t| t.inhibitors),
        ("dragons", |t| t.dragons),
        ("elders", |t| t.elders),
        ("heralds", |t| t.heralds),
        ("voidgrubs", |t| t.voidgrubs),
        ("barons", |t| t.barons),
        ("wards", |t| t.wards),
        ("wards_destroyed", |t| t.wards_destroyed),
    ];
    type Row<'a> = (&'a Record, usize, &'a Frame);
    let rows: Vec<Row<'_>> = records
        .iter()
        .flat_map(|record| record.game.frames.iter().enumerate().map(move |(index, frame)| (record, index, frame)))
        .collect();
    let mut columns = Columns::<Row<'_>>::new();
    columns.add("match_id", Type::String, |row| row.0.match_id());
    columns.int("frame", |row| whole(row.1));
    columns.add("started_at", Type::Timestamp, |row| Value::Timestamp(row.0.started_at));
    columns.int("game_seconds", |row| row.2.seconds);
    columns.add("patch", Type::String, |_| Value::String("16.1".into()));
    for (name, count) in COUNTS {
        for side in SIDES {
            columns.int(format!("{}_{name}", side.name()), move |row| count(&row.2.teams[side]));
        }
    }
    columns.add("blue_win", Type::Bool, |row| won(row.0, Side::Blue));
    columns.add("remake", Type::Bool, |row| Value::Bool(row.0.game.ending == Ending::Remake));
    columns.table(&rows)
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
    let mut columns = Columns::<(&Record, &Frame)>::new();
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
    let mut columns = Columns::<(&Record, &Frame)>::new();
    columns.add("match_id", Type::String, |row| row.0.match_id());
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
            let player = move |row: &(&Record, &Frame)| row.1.teams[side].players[role];
            columns.add(name("champion"), Type::String, move |row| champion(row.0, side, role));
            columns.int(name("gold"), move |row| player(row).gold);
            columns.int(name("cs"), move |row| player(row).minions + player(row).jungle);
            columns.int(name("kills"), move |row| player(row).kills);
            columns.int(name("deaths"), move |row| player(row).deaths);
        }
    }
    columns.table(&rows)
}

/// Stream `matches`: how each match ended.
pub(super) fn results(records: &[Record]) -> Table {
    let rows: Vec<&Record> = records.iter().collect();
    let mut columns = Columns::<&Record>::new();
    columns.add("match_id", Type::String, |record| record.match_id());
    columns.add("platform", Type::String, |_| Value::String("SIM1".into()));
    columns.add("game_mode", Type::String, |_| Value::String("CLASSIC".into()));
    columns.add("game_type", Type::String, |_| Value::String("MATCHED_GAME".into()));
    // Ranked, five against five, on Summoner's Rift.
    columns.int("queue_id", |_| 420);
    columns.int("map_id", |_| 11);
    columns.add("started_at", Type::Timestamp, |record| Value::Timestamp(record.started_at));
    columns.add("ended_at", Type::Timestamp, |record| Value::Timestamp(record.ended_at()));
    columns.int("duration_seconds", |record| record.game.seconds());
    columns.add("game_version", Type::String, |_| Value::String("16.1.1.1".into()));
    columns.add("remake", Type::Bool, |record| Value::Bool(record.game.ending == Ending::Remake));
    columns.add("surrender", Type::Bool, |record| {
        Value::Bool(matches!(record.game.ending, Ending::Won { surrender: true, .. }))
    });
    columns.add("blue_win", Type::Bool, |record| won(record, Side::Blue));
    columns.table(&rows)
}

/// Matches that lasted so many minutes, as they stood then.
fn standing(records: &[Record], minute: i64) -> Vec<(&Record, &Frame)> {
    records.iter().filter_map(|record| Some((record, record.game.at_minute(minute)?))).collect()
}

/// NULL where nobody won.
fn won(record: &Record, side: Side) -> Value {
    record.game.winner().map_or(Value::Null, |winner| Value::Bool(winner == side))
}

fn champion(record: &Record, side: Side, role: usize) -> Value {
    Value::String(CHAMPIONS[record.game.picks[side][role]].name.into())
}

fn whole(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
