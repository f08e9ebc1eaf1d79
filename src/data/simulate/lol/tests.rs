use std::sync::LazyLock;

use super::game::{Ending, grows};
use super::side::{SIDES, Side};
use super::team::Team;
use super::{STREAMS, play};
use crate::data::simulate::lol::tables::Record;

/// Played once for all tests.
static MATCHES: LazyLock<Vec<Record>> = LazyLock::new(|| play(7, 0, 2000, &|| ()));

#[expect(clippy::cast_precision_loss, reason = "counts of a few matches")]
fn mean_at(minute: i64, of: impl Fn(&Team) -> i64) -> f64 {
    let frames = MATCHES.iter().filter_map(|record| record.game.at_minute(minute));
    let counts: Vec<i64> = frames.flat_map(|frame| SIDES.map(|side| of(&frame.teams[side]))).collect();
    counts.iter().sum::<i64>() as f64 / counts.len() as f64
}

#[track_caller]
fn within(value: f64, low: f64, high: f64) {
    assert!(low <= value && value <= high, "{value} is not within {low} and {high}");
}

/// Bounds around what public sets of real matches show at ten minutes (diamond) and fifteen (Korea).
#[test]
fn sides_stand_as_they_usually_do() {
    within(mean_at(10, Team::gold), 15_500.0, 17_500.0);
    within(mean_at(10, |t| t.sum(|p| p.xp)), 16_500.0, 19_500.0);
    within(mean_at(10, Team::kills), 5.0, 7.5);
    within(mean_at(10, |t| t.sum(|p| p.minions)), 195.0, 240.0);
    within(mean_at(15, Team::gold), 26_000.0, 31_000.0);
    within(mean_at(15, Team::kills), 10.0, 14.0);
    within(mean_at(15, |t| t.towers), 0.5, 1.1);
    within(mean_at(15, |t| t.dragons), 0.5, 1.0);
}

#[test]
fn matches_last_as_long_as_they_usually_do() {
    let lengths: Vec<i64> = MATCHES.iter().map(|record| record.game.seconds()).collect();
    let mut sorted = lengths.clone();
    sorted.sort_unstable();
    let minutes = |share: usize| sorted[sorted.len() * share / 100] / 60;
    assert!((24..=33).contains(&minutes(50)), "median {}", minutes(50));
    assert!(minutes(99) <= 58, "longest {}", minutes(99));
}

#[test]
fn neither_side_is_favoured_and_a_lead_is_worth_something() {
    let share = |of: &[&Record]| {
        let won = of.iter().filter(|record| record.game.winner() == Some(Side::Blue)).count();
        #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
        let share = won as f64 / of.len() as f64;
        share
    };
    let decided: Vec<&Record> = MATCHES.iter().filter(|record| record.game.winner().is_some()).collect();
    within(share(&decided), 0.46, 0.54);
    let leads = |record: &&&Record| {
        record.game.at_minute(15).is_some_and(|frame| frame.teams.blue.gold() > frame.teams.red.gold())
    };
    let leading: Vec<&Record> = decided.iter().filter(leads).copied().collect();
    within(share(&leading), 0.7, 0.85);
}

#[test]
fn counts_only_grow_and_frames_are_a_minute_apart() {
    for record in MATCHES.iter() {
        for (before, after) in record.game.frames.iter().zip(&record.game.frames[1..]) {
            assert!(grows(before, after), "{before:?} {after:?}");
            assert!((1..=60).contains(&(after.seconds - before.seconds)));
        }
    }
}

#[test]
fn kills_of_one_side_are_deaths_of_the_other() {
    for frame in MATCHES.iter().flat_map(|record| &record.game.frames) {
        for side in SIDES {
            assert_eq!(frame.teams[side].kills(), frame.teams[side.other()].sum(|p| p.deaths));
        }
    }
}

#[test]
fn nobody_is_picked_twice() {
    for record in MATCHES.iter() {
        let mut picks: Vec<usize> = SIDES.iter().flat_map(|&side| record.game.picks[side]).collect();
        picks.sort_unstable();
        picks.dedup();
        assert_eq!(picks.len(), 10);
    }
}

#[test]
fn some_matches_are_remade_early() {
    let remade: Vec<_> = MATCHES.iter().filter(|record| record.game.ending == Ending::Remake).collect();
    assert!((5..=60).contains(&remade.len()), "{}", remade.len());
    assert!(remade.iter().all(|record| record.game.seconds() < 300));
}

#[test]
fn a_match_is_the_same_whatever_else_is_simulated() {
    let one = play(7, 1234, 1, &|| ());
    assert_eq!(one[0], MATCHES[1234]);
    assert_ne!(play(8, 1234, 1, &|| ())[0].game, MATCHES[1234].game);
}

#[test]
fn every_column_is_one_of_its_stream() {
    let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("notebooks-data/lol");
    let Ok(project) = features::project::Project::load(&dir, &|_| None) else { panic!("the project is broken") };
    for (name, lay) in STREAMS {
        let stream = &project.streams[name];
        let table = lay(&MATCHES[..20]);
        for column in &table.names {
            assert!(stream.schema.index_of(column).is_some(), "{name} has no field {column}");
        }
        let missing = stream.schema.fields.iter().find(|field| table.column(&field.name).is_none());
        assert_eq!(missing.map(|field| &field.name), None, "every field of {name} is simulated");
    }
}
