//! Simulated games as a table in the nflverse schema.

use features::column::{ColumnBuilder, Table};
use features::value::{Type, Value};

use super::game::QUARTER;
use super::market::win_probability;
use super::overtime::{PERIOD_POSTSEASON, PERIOD_REGULAR};
use super::play::{Ball, Play};
use super::season::Record;
use super::side::Side;
use super::teams::TEAMS;

/// One row per play, in the order in which they were played.
pub(super) fn table(records: &[Record]) -> Table {
    let rows = records.iter().map(|r| r.game.plays.len()).sum();
    let mut table = Table { names: Vec::new(), columns: Vec::new(), rows };
    for (name, ty, value) in COLUMNS {
        let mut column = ColumnBuilder::new(*ty, rows);
        for record in records {
            for play in &record.game.plays {
                column.push(&value(&Row { record, play }));
            }
        }
        table.names.push((*name).into());
        table.columns.push(column.finish());
    }
    table
}

struct Row<'a> {
    record: &'a Record,
    play: &'a Play,
}

type Cell = fn(&Row<'_>) -> Value;

const COLUMNS: &[(&str, Type, Cell)] = &[
    ("play_id", Type::Int, |r| Value::Int(r.play.id)),
    ("game_id", Type::String, |r| Value::String(r.record.id().into())),
    ("season", Type::Int, |r| Value::Int(r.record.season.into())),
    ("season_type", Type::String, |r| text(if r.record.postseason { "POST" } else { "REG" })),
    ("week", Type::Int, |r| count(r.record.week)),
    ("game_date", Type::String, |r| Value::String(r.record.day.as_str().into())),
    ("home_team", Type::String, |r| text(TEAMS[r.record.teams.home].code)),
    ("away_team", Type::String, |r| text(TEAMS[r.record.teams.away].code)),
    ("posteam", Type::String, |r| r.with_ball(|b| text(r.code(b.side)))),
    ("defteam", Type::String, |r| r.with_ball(|b| text(r.code(b.side.other())))),
    ("is_home", Type::Int, |r| r.with_ball(|b| flag(b.side == Side::Home))),
    ("qtr", Type::Int, |r| Value::Int(r.play.quarter.into())),
    ("half_seconds_remaining", Type::Int, |r| Value::Int(r.half_seconds().into())),
    ("game_seconds_remaining", Type::Int, |r| Value::Int(r.game_seconds().into())),
    ("down", Type::Int, |r| r.play.ball.and_then(|b| b.down).map_or(Value::Null, |d| Value::Int(d.into()))),
    ("ydstogo", Type::Int, |r| Value::Int(r.play.ball.map_or(0, |b| b.to_go))),
    ("yardline_100", Type::Int, |r| r.with_ball(|b| Value::Int(b.yardline))),
    ("score_differential", Type::Int, |r| r.with_ball(|b| Value::Int(r.lead(b.side)))),
    ("posteam_score", Type::Int, |r| r.with_ball(|b| Value::Int(r.play.score[b.side]))),
    ("defteam_score", Type::Int, |r| r.with_ball(|b| Value::Int(r.play.score[b.side.other()]))),
    ("posteam_score_post", Type::Int, |r| r.with_ball(|b| Value::Int(r.play.score_after[b.side]))),
    ("defteam_score_post", Type::Int, |r| r.with_ball(|b| Value::Int(r.play.score_after[b.side.other()]))),
    ("home_timeouts_remaining", Type::Int, |r| Value::Int(r.play.timeouts.home.into())),
    ("away_timeouts_remaining", Type::Int, |r| Value::Int(r.play.timeouts.away.into())),
    ("posteam_timeouts_remaining", Type::Int, |r| r.with_ball(|b| Value::Int(r.play.timeouts[b.side].into()))),
    ("defteam_timeouts_remaining", Type::Int, |r| r.with_ball(|b| Value::Int(r.play.timeouts[b.side.other()].into()))),
    ("home_opening_kickoff", Type::Int, |r| flag(r.record.game.opening_receiver == Side::Home)),
    ("receive_2h_ko", Type::Int, |r| {
        r.with_ball(|b| flag(r.play.quarter <= 2 && b.side != r.record.game.opening_receiver))
    }),
    ("play_type", Type::String, |r| r.play.kind.map_or(Value::Null, |kind| text(kind.name()))),
    ("yards_gained", Type::Int, |r| r.if_played(Value::Int(r.play.outcome.yards))),
    ("pass_attempt", Type::Int, |r| r.if_played(flag(r.play.outcome.pass))),
    ("rush_attempt", Type::Int, |r| r.if_played(flag(r.play.outcome.rush))),
    ("complete_pass", Type::Int, |r| r.if_played(flag(r.play.outcome.complete))),
    ("incomplete_pass", Type::Int, |r| r.if_played(flag(r.play.outcome.incomplete))),
    ("interception", Type::Int, |r| r.if_played(flag(r.play.outcome.interception))),
    ("touchdown", Type::Int, |r| r.if_played(flag(r.play.outcome.touchdown))),
    ("sack", Type::Int, |r| r.if_played(flag(r.play.outcome.sack))),
    ("fumble", Type::Int, |r| r.if_played(flag(r.play.outcome.fumble))),
    ("fumble_lost", Type::Int, |r| r.if_played(flag(r.play.outcome.fumble_lost))),
    ("penalty", Type::Int, |r| r.if_played(flag(r.play.outcome.penalty))),
    ("penalty_yards", Type::Int, |r| {
        if r.play.outcome.penalty { Value::Int(r.play.outcome.penalty_yards) } else { Value::Null }
    }),
    ("wp", Type::Float, |r| r.with_ball(|b| r.win_probability(b, 0.0))),
    ("vegas_wp", Type::Float, |r| r.with_ball(|b| r.win_probability(b, r.record.lines.spread_of(b.side)))),
    ("spread_line", Type::Float, |r| Value::Float(r.record.lines.spread)),
    ("total_line", Type::Float, |r| Value::Float(r.record.lines.total)),
    ("home_score", Type::Int, |r| Value::Int(r.record.game.score.home)),
    ("away_score", Type::Int, |r| Value::Int(r.record.game.score.away)),
    ("result", Type::Int, |r| Value::Int(r.record.game.score.home - r.record.game.score.away)),
    ("total", Type::Int, |r| Value::Int(r.record.game.score.home + r.record.game.score.away)),
    ("overtime", Type::Int, |r| flag(r.record.game.plays.last().is_some_and(|p| p.quarter > 4))),
    ("location", Type::String, |r| text(if r.record.neutral { "Neutral" } else { "Home" })),
    ("roof", Type::String, |r| text(TEAMS[r.record.teams.home].roof)),
];

impl Row<'_> {
    fn with_ball(&self, value: impl Fn(Ball) -> Value) -> Value {
        self.play.ball.map_or(Value::Null, value)
    }

    fn if_played(&self, value: Value) -> Value {
        if self.play.kind.is_some() { value } else { Value::Null }
    }

    fn code(&self, side: Side) -> &'static str {
        TEAMS[self.record.teams[side]].code
    }

    fn lead(&self, side: Side) -> i64 {
        self.play.score[side] - self.play.score[side.other()]
    }

    /// Overtime restarts the clock, as nflverse does.
    fn game_seconds(&self) -> u32 {
        u32::from(4_u8.saturating_sub(self.play.quarter)) * QUARTER + self.play.clock
    }

    fn half_seconds(&self) -> u32 {
        if matches!(self.play.quarter, 1 | 3) { self.play.clock + QUARTER } else { self.play.clock }
    }

    fn win_probability(&self, ball: Ball, spread: f64) -> Value {
        let period = if self.record.postseason { PERIOD_POSTSEASON } else { PERIOD_REGULAR };
        let seconds = if self.play.quarter > 4 { self.play.clock.min(period) } else { self.game_seconds() };
        Value::float(win_probability(self.lead(ball.side), spread, seconds, ball.yardline))
    }
}

fn text(text: &'static str) -> Value {
    Value::String(text.into())
}

fn flag(set: bool) -> Value {
    Value::Int(set.into())
}

fn count(n: usize) -> Value {
    Value::Int(i64::try_from(n).unwrap_or(i64::MAX))
}
