//! Who plays whom, and when: 17 weeks of 16 games, every club in each week, nobody twice.

use features::element::{format_timestamp, parse_timestamp};

use crate::data::simulate::chance::Chance;

pub(super) const WEEKS: usize = 17;
pub(super) const GAMES_A_WEEK: usize = 16;

/// (home, away) by index into the list of teams, week by week.
pub(super) fn weeks(chance: &mut Chance) -> Vec<Vec<(usize, usize)>> {
    let mut circle: Vec<usize> = (0..2 * GAMES_A_WEEK).collect();
    for last in (1..circle.len()).rev() {
        let other = usize::try_from(chance.whole(0..=i64::try_from(last).unwrap_or(0))).unwrap_or(0);
        circle.swap(last, other);
    }
    (0..WEEKS)
        .map(|week| {
            // The circle method: one club stands still, the others move on by one place a week.
            let pairs = (0..GAMES_A_WEEK).map(|i| {
                let (a, b) = (circle[i], circle[circle.len() - 1 - i]);
                if (week + i) % 2 == 0 { (a, b) } else { (b, a) }
            });
            let pairs = pairs.collect();
            circle[1..].rotate_right(1);
            pairs
        })
        .collect()
}

/// The day of a game, `YYYY-MM-DD`: a Sunday from September on, with one game on Thursday and one on Monday.
pub(super) fn game_day(season: i32, week: usize, game: usize, games: usize) -> String {
    let days = week * 7
        + match game {
            0 if games > 4 => 0,
            g if g + 1 == games && games > 4 => 4,
            _ => 3,
        };
    let day = opening_day(season).saturating_add(DAY * i64::try_from(days).unwrap_or(0));
    format_timestamp(day).map(|text| text.chars().take("YYYY-MM-DD".len()).collect()).unwrap_or_default()
}

const DAY: i64 = 86_400_000_000;

/// The second Thursday of September, in microseconds since 1970.
fn opening_day(season: i32) -> i64 {
    let eighth = parse_timestamp(&format!("{season:04}-09-08")).unwrap_or_default();
    // 1970-01-01 was a Thursday.
    eighth + (-(eighth / DAY)).rem_euclid(7) * DAY
}
