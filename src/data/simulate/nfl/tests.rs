use std::collections::HashSet;
use std::path::Path;
use std::sync::LazyLock;

use features::batch::{read_files, write_table};
use features::project::Project;

use super::overtime::Overtime;
use super::play::Play;
use super::season::{GAMES, League, Record};
use super::side::Side;
use super::teams::TEAMS;
use super::writer::table;

/// One season, played once for all tests.
static SEASON: LazyLock<Vec<Record>> = LazyLock::new(|| League::new(7, 2021).play_season(2021, None, &|| ()));

#[expect(clippy::cast_precision_loss, reason = "counts of a season")]
fn mean(values: impl Iterator<Item = i64>) -> f64 {
    let (sum, count) = values.fold((0, 0), |(sum, count), value| (sum + value, count + 1));
    sum as f64 / f64::from(count)
}

fn pairs(record: &Record) -> impl Iterator<Item = (&Play, &Play)> {
    record.game.plays.iter().zip(record.game.plays.iter().skip(1))
}

#[test]
fn games_have_the_usual_number_of_plays_and_points() {
    let rows = mean(SEASON.iter().map(|r| i64::try_from(r.game.plays.len()).expect("few")));
    let points = mean(SEASON.iter().map(|r| r.game.score.home + r.game.score.away));
    assert!((150.0..185.0).contains(&rows), "{rows} rows a game");
    assert!((40.0..50.0).contains(&points), "{points} points a game");
}

#[test]
fn the_clock_never_runs_backwards() {
    for record in SEASON.iter() {
        for (before, after) in pairs(record) {
            let forward =
                (before.quarter, std::cmp::Reverse(before.clock)) <= (after.quarter, std::cmp::Reverse(after.clock));
            assert!(forward, "{}: {before:?} {after:?}", record.id());
        }
    }
}

#[test]
fn a_game_lasts_until_the_clock_or_overtime_ends_it() {
    for record in SEASON.iter() {
        let last = record.game.plays.last().expect("plays");
        assert!(last.kind.is_none() && last.quarter >= 4, "{}: {last:?}", record.id());
        assert!(last.clock == 0 || last.quarter > 4, "{}: {last:?}", record.id());
    }
}

#[test]
fn scores_are_the_sum_of_scoring_plays() {
    for record in SEASON.iter() {
        for (before, after) in pairs(record) {
            assert_eq!(before.score_after, after.score, "{}", record.id());
        }
        for play in &record.game.plays {
            let gained = [Side::Home, Side::Away].map(|side| play.score_after[side] - play.score[side]);
            assert!(gained.contains(&0) && gained.iter().all(|points| [0, 1, 2, 3, 6].contains(points)), "{play:?}");
            assert_eq!(gained.contains(&6), play.outcome.touchdown, "{play:?}");
        }
        assert_eq!(record.game.plays.last().expect("plays").score_after, record.game.score);
    }
}

#[test]
fn the_ball_stays_on_the_field() {
    for ball in SEASON.iter().flat_map(|r| &r.game.plays).filter_map(|play| play.ball) {
        assert!((1..=99).contains(&ball.yardline), "{ball:?}");
        if let Some(down) = ball.down {
            assert!((1..=4).contains(&down) && (1..=ball.yardline).contains(&ball.to_go), "{ball:?}");
        }
    }
}

#[test]
fn timeouts_come_back_only_with_a_new_half() {
    for (before, after) in SEASON.iter().flat_map(pairs) {
        let new_half = before.quarter != after.quarter && after.quarter != 2 && after.quarter != 4;
        for side in [Side::Home, Side::Away] {
            assert!(after.timeouts[side] <= 3);
            assert!(new_half || after.timeouts[side] <= before.timeouts[side], "{before:?} {after:?}");
        }
    }
}

#[test]
fn play_ids_ascend() {
    assert!(SEASON.iter().flat_map(pairs).all(|(before, after)| before.id < after.id));
}

#[test]
fn every_club_plays_each_week_and_nobody_twice() {
    let regular: Vec<_> = SEASON.iter().filter(|r| !r.postseason).collect();
    assert_eq!((SEASON.len(), regular.len()), (GAMES, 272));
    let mut met = HashSet::new();
    for record in &regular {
        let (home, away) = (record.teams.home, record.teams.away);
        assert!(met.insert((home.min(away), home.max(away))), "{}", record.id());
    }
    for (team, club) in TEAMS.iter().enumerate() {
        let weeks: HashSet<usize> =
            regular.iter().filter(|r| r.teams.home == team || r.teams.away == team).map(|r| r.week).collect();
        assert_eq!(weeks.len(), 17, "{}", club.code);
    }
}

#[test]
fn only_regular_games_end_level() {
    for record in SEASON.iter().filter(|r| r.postseason) {
        assert_ne!(record.game.score.home, record.game.score.away, "{}", record.id());
    }
}

#[test]
fn favourites_win_more_often() {
    let decided = SEASON.iter().filter(|r| r.lines.spread.abs() >= 3.0 && r.game.score.home != r.game.score.away);
    let won = mean(decided.map(|r| {
        let home_won = r.game.score.home > r.game.score.away;
        i64::from(home_won == (r.lines.spread > 0.0))
    }));
    assert!((0.58..0.85).contains(&won), "favourites won {won} of their games");
}

#[test]
fn the_same_seed_gives_the_same_games_however_many_are_played() {
    let few = League::new(7, 2021).play_season(2021, Some(5), &|| ());
    assert_eq!(few.len(), 5);
    for (short, long) in few.iter().zip(SEASON.iter()) {
        assert_eq!((short.id(), &short.game.plays), (long.id(), &long.game.plays));
    }
    let other = League::new(8, 2021).play_season(2021, Some(5), &|| ());
    assert_ne!(other[0].game.plays, few[0].game.plays);
}

#[test]
fn the_same_games_are_written_as_the_same_bytes() {
    let folder = tempfile::tempdir().expect("a folder");
    let written = ["a", "b"].map(|name| {
        let file = folder.path().join(name).with_extension("parquet");
        write_table(&file, &table(&SEASON[..3])).expect("written");
        std::fs::read(file).expect("read")
    });
    assert!(written[0] == written[1]);
}

#[test]
fn columns_agree_with_each_other() {
    let table = table(&SEASON);
    let column = |name: &str| table.column(name).expect(name);
    let number = |name: &str, row: usize| column(name).value(row).as_number();
    for row in 0..table.rows {
        assert_eq!(number("result", row), difference(number("home_score", row), number("away_score", row)));
        let lead = difference(number("posteam_score", row), number("defteam_score", row));
        assert_eq!(number("score_differential", row), lead);
        let (with_ball, without) = (column("posteam").value(row), column("defteam").value(row));
        assert!(with_ball != without || with_ball.is_null());
        for probability in ["wp", "vegas_wp"] {
            assert!(number(probability, row).is_none_or(|p| (0.0..=1.0).contains(&p)));
        }
    }
}

fn difference(a: Option<f64>, b: Option<f64>) -> Option<f64> {
    Some(a? - b?)
}

#[test]
fn the_ready_made_project_reads_a_simulated_season_without_rejects() {
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("notebooks-data/nfl");
    let project = Project::load(&project, &|_| None).expect("the project is sound");
    let stream = &project.streams["plays"];
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("pbp_2021.parquet");
    let games: Vec<Record> = SEASON.iter().take(30).chain(SEASON.iter().rev().take(2)).cloned().collect();
    let table = table(&games);
    for field in &stream.schema.fields {
        assert!(table.column(&field.name).is_some(), "no column {}", field.name);
    }
    write_table(&file, &table).expect("written");
    let history = read_files(stream, &[file], &|_| ()).expect("read");
    assert_eq!(history.rejects, []);
    assert_eq!(history.len(), table.rows);
}

#[test]
fn overtime_is_decided_by_the_rules_of_its_season() {
    let after = |possessions: &[bool]| {
        let mut overtime = Overtime::new(Side::Home);
        possessions.iter().for_each(|touchdown| overtime.possession_ends(*touchdown));
        overtime
    };
    assert!(after(&[true]).decided(6, false), "a first touchdown wins in the regular season");
    assert!(!after(&[true]).decided(6, true), "but not in the play-offs");
    assert!(!after(&[false]).decided(3, false), "a field goal can be answered");
    assert!(after(&[false]).decided(-2, true), "a safety ends it");
    assert!(!after(&[false, false]).decided(0, true));
    assert!(after(&[false, false, false]).decided(3, false), "then any score wins");
}
