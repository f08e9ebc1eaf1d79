//! A play in the fields that the `nfl` project declares, as a typed struct.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Play {
    pub(crate) game_id: String,
    pub(crate) play_id: i64,
    season: i64,
    season_type: String,
    week: i64,
    game_date: String,
    home_team: String,
    away_team: String,
    posteam: Option<String>,
    defteam: Option<String>,
    qtr: i64,
    game_seconds_remaining: Option<f64>,
    down: Option<i64>,
    ydstogo: Option<i64>,
    yardline_100: Option<f64>,
    score_differential: Option<f64>,
    posteam_score: Option<f64>,
    defteam_score: Option<f64>,
    posteam_timeouts_remaining: Option<f64>,
    defteam_timeouts_remaining: Option<f64>,
    receive_2h_ko: Option<f64>,
    home_opening_kickoff: Option<f64>,
    play_type: Option<String>,
    yards_gained: Option<f64>,
    interception: Option<f64>,
    fumble_lost: Option<f64>,
    sack: Option<f64>,
    spread_line: Option<f64>,
    total_line: Option<f64>,
}

impl Play {
    /// The `number`-th play of a game, 20 seconds after the one before it.
    pub(crate) fn new(number: i64) -> Play {
        let home = number / 6 % 2 == 0;
        let (home_team, away_team) = ("PHI".to_owned(), "KC".to_owned());
        let (posteam, defteam) =
            if home { (home_team.clone(), away_team.clone()) } else { (away_team.clone(), home_team.clone()) };
        Play {
            game_id: "2024_22_KC_PHI".to_owned(),
            play_id: 40 + 23 * number,
            season: 2024,
            season_type: "POST".to_owned(),
            week: 22,
            game_date: "2025-02-09".to_owned(),
            home_team,
            away_team,
            posteam: Some(posteam),
            defteam: Some(defteam),
            qtr: 1 + (20 * number / 900).min(3),
            game_seconds_remaining: Some((3600 - 20 * number).max(0) as f64),
            down: Some(1 + number % 4),
            ydstogo: Some(10 - number % 7),
            yardline_100: Some((75 - 5 * (number % 14)) as f64),
            score_differential: Some(if home { 7.0 } else { -7.0 }),
            posteam_score: Some(if home { 14.0 } else { 7.0 }),
            defteam_score: Some(if home { 7.0 } else { 14.0 }),
            posteam_timeouts_remaining: Some(3.0),
            defteam_timeouts_remaining: Some(2.0),
            receive_2h_ko: Some(0.0),
            home_opening_kickoff: Some(1.0),
            play_type: Some(if number % 2 == 0 { "pass" } else { "run" }.to_owned()),
            yards_gained: Some((number % 12) as f64),
            interception: Some(0.0),
            fumble_lost: None,
            sack: Some(0.0),
            spread_line: Some(-1.5),
            total_line: Some(48.5),
        }
    }
}
