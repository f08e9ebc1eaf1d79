use std::sync::Arc;

use super::{plays, read, view};
use crate::sql::{Catalog, canonical};

const TEXT: &str = "CREATE VIEW form AS SELECT game, play, abs(yards) <= 7 AS close, \
    avg(yards) FILTER (WHERE scoring) OVER recent AS form FROM plays WHERE down BETWEEN 1 AND 4 \
    WINDOW recent AS (PARTITION BY game, team ORDER BY event_time ROWS 10 PRECEDING EXCLUDE CURRENT ROW)";

fn hash(text: &str) -> String {
    read(text).unwrap_or_else(|faults| panic!("{text}: {faults:?}")).hash.0
}

/// Hashes are persisted with models and states: this one may only change together with KERNEL_VERSION, or with what
/// the rendering covers.
#[test]
fn the_hash_is_pinned() {
    let view = read(TEXT).expect("view");
    golden!(format!("{}\n{}", view.hash, canonical(&view)));
}

#[test]
fn white_space_case_and_comments_do_not_count() {
    let other = TEXT.replace("SELECT", "\n-- what a play says\nselect\t").replace("abs(yards)", "(ABS( (yards) ))");
    let other = other.replace(", \"", ",").replace("<= 7", "<= /* a touchdown */ 7.0");
    assert_eq!(hash(&other), hash(TEXT));
}

/// SQL's spelling of it, and that of a function.
#[test]
fn two_spellings_of_different_values_are_one() {
    let counted = |call: &str| TEXT.replace("avg(yards)", call);
    let (sql, function) = (counted("count(DISTINCT team, 100)"), counted("count_distinct(team, 100)"));
    assert_eq!(hash(&sql), hash(&function));
    assert_eq!(canonical(&read(&sql).expect("view")), canonical(&read(&function).expect("view")));
    assert_ne!(hash(&sql), hash(&counted("count(DISTINCT team, 99)")));
}

#[test]
fn what_is_computed_counts() {
    for (from, to) in [
        ("<= 7", "<= 8"),
        ("<= 7", "< 7"),
        ("abs(yards)", "yards"),
        ("10 PRECEDING", "11 PRECEDING"),
        (" EXCLUDE CURRENT ROW", ""),
        ("game, team ORDER", "game ORDER"),
        ("avg(yards)", "sum(yards)"),
        (" FILTER (WHERE scoring)", ""),
        ("BETWEEN 1 AND 4", "BETWEEN 1 AND 3"),
        ("AS close", "AS near"),
        ("VIEW form", "VIEW shape"),
    ] {
        let other = TEXT.replace(from, to);
        assert_ne!(other, TEXT);
        assert_ne!(hash(&other), hash(TEXT), "{from} -> {to}");
    }
}

#[test]
fn the_rules_of_the_stream_count_and_its_topic_does_not() {
    let with = |change: &dyn Fn(&mut crate::schema::Stream)| {
        let mut stream = Arc::unwrap_or_clone(plays());
        change(&mut stream);
        view(TEXT, &Catalog::from(Arc::new(stream))).view.expect("view").hash.0
    };
    let same = with(&|_| {});
    assert_eq!(with(&|s| s.topic = "elsewhere".to_owned()), same);
    assert_eq!(with(&|s| s.partitions = 12), same);
    assert_ne!(with(&|s| s.lateness += 1), same);
    assert_ne!(with(&|s| s.dedupe += 1), same);
    assert_ne!(with(&|s| s.max_ahead += 1), same);
    assert_ne!(with(&|s| s.retention = Some(1)), same);
    assert_ne!(with(&|s| s.id = vec![0]), same);
    assert_ne!(with(&|s| s.event_time = crate::schema::EventTime::Order { field: 1 }), same);
}
