//! Picks of games that are a row each, with a column for every role: stream `kr_games` and sets like it.

use features::column::Table;
use features::value::Value;

use super::{Pick, ROLES, Standing};

/// Ten picks a game, in the games' order; roles without a champion have none.
pub(in crate::data) fn picks_of_games(games: &Table) -> Vec<Pick> {
    (0..games.rows).flat_map(|row| picks_of(&Game { games, row })).collect()
}

struct Game<'a> {
    games: &'a Table,
    row: usize,
}

impl Game<'_> {
    fn value(&self, column: &str) -> Value {
        self.games.column(column).map_or(Value::Null, |column| column.value(self.row))
    }

    fn int(&self, column: &str) -> Option<i64> {
        match self.value(column) {
            Value::Int(n) => Some(n),
            _ => None,
        }
    }

    fn text(&self, column: &str) -> Option<String> {
        match self.value(column) {
            Value::String(text) => Some(text.to_string()),
            _ => None,
        }
    }

    fn lead(&self, side: &str, other: &str, what: &str) -> Option<i64> {
        Some(self.int(&format!("{side}_{what}"))? - self.int(&format!("{other}_{what}"))?)
    }
}

fn picks_of(game: &Game<'_>) -> Vec<Pick> {
    let Some(match_id) = game.text("match_id") else { return Vec::new() };
    let blue_win = game.int("win").map(|win| win == 1);
    let mut picks = Vec::with_capacity(10);
    for (first, side, other) in [(1_i64, "blue", "red"), (6, "red", "blue")] {
        for (participant, role) in (first..).zip(ROLES) {
            let Some(champion) = game.text(&format!("{side}_{role}_champion")) else { continue };
            picks.push(Pick {
                match_id: match_id.clone(),
                participant,
                side,
                role: Some(role),
                champion,
                at_15: standing(game, side, other, role),
                win: blue_win.map(|blue| blue == (side == "blue")),
                remake: false,
            });
        }
    }
    picks
}

/// `None` if a count is missing.
fn standing(game: &Game<'_>, side: &str, other: &str, role: &str) -> Option<Standing> {
    let own = |what: &str| game.int(&format!("{side}_{role}_{what}"));
    let gold = |side: &str| ROLES.iter().map(|role| game.int(&format!("{side}_{role}_gold"))).sum::<Option<i64>>();
    Some(Standing {
        gold: own("gold")?,
        cs: own("cs")?,
        kills: own("kills")?,
        deaths: own("deaths")?,
        gold_lead: game.lead(side, other, &format!("{role}_gold")),
        cs_lead: game.lead(side, other, &format!("{role}_cs")),
        team_gold_lead: gold(side)? - gold(other)?,
        team_kill_lead: game.lead(side, other, "kills")?,
        team_tower_lead: game.lead(side, other, "towers")?,
        team_dragon_lead: game.lead(side, other, "dragons")?,
        team_voidgrub_lead: game.lead(side, other, "voidgrubs")?,
    })
}
