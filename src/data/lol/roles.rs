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

#[cfg(test)]
mod tests {
    use features::column::Column;
    use features::value::Type;

    use super::*;

    fn game() -> Table {
        let mut games = Table { names: Vec::new(), columns: Vec::new(), rows: 1 };
        let mut add = |name: String, ty: Type, value: Value| {
            games.names.push(name.into());
            games.columns.push(Column::from_values(ty, &[value]));
        };
        add("match_id".to_owned(), Type::String, Value::String("KR_1".into()));
        add("win".to_owned(), Type::Int, Value::Int(0));
        for (side, extra) in [("blue", 0), ("red", 100)] {
            for what in ["kills", "towers", "dragons", "voidgrubs"] {
                add(format!("{side}_{what}"), Type::Int, Value::Int(1 + extra / 100));
            }
            for role in ROLES {
                // Nobody played blue's support.
                let champion =
                    if (side, role) == ("blue", "utility") { Value::Null } else { Value::String(role.into()) };
                add(format!("{side}_{role}_champion"), Type::String, champion);
                for what in ["gold", "cs", "kills", "deaths"] {
                    add(format!("{side}_{role}_{what}"), Type::Int, Value::Int(1000 + extra));
                }
            }
        }
        games
    }

    #[test]
    fn each_role_with_a_champion_is_a_pick_seen_from_its_side() {
        let picks = picks_of_games(&game());
        let of: Vec<(i64, bool)> = picks.iter().map(|pick| (pick.participant, pick.win == Some(true))).collect();
        assert_eq!(
            of,
            [(1, false), (2, false), (3, false), (4, false), (6, true), (7, true), (8, true), (9, true), (10, true)]
        );
        let standing = picks[0].at_15.expect("all counts are there");
        assert_eq!((standing.gold_lead, standing.team_gold_lead, standing.team_kill_lead), (Some(-100), -500, -1));
        assert_eq!(picks[4].at_15.map(|s| s.team_gold_lead), Some(500));
    }

    #[test]
    fn a_game_without_a_count_has_picks_without_a_standing() {
        let mut games = game();
        let dragons = games.names.iter().position(|name| name == "red_dragons").expect("a column");
        games.columns[dragons] = Column::from_values(Type::Int, &[Value::Null]);
        assert!(picks_of_games(&games).iter().all(|pick| pick.at_15.is_none() && pick.win.is_some()));
    }
}
