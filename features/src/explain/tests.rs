//! What is shared, and what it says.

use std::path::Path;
use std::sync::Arc;

use super::*;
use crate::project::{Project, SourceFile, Sources};

const PROJECT: &str = r#"
[project]
name = "football"
[streams.plays]
topic = "plays"
key = ["game"]
event_time = "at"
id = ["game", "play"]
lateness = "10s"
dedupe = "1m"
retention = "1h"
[streams.plays.fields]
game = "string"
play = "int"
at = "timestamp"
team = "string"
yards = "float"
"#;

fn explained(sql: &str) -> Explanation {
    let file = |path: &str, text: &str| SourceFile { path: path.into(), text: text.to_owned() };
    let sources = Sources { manifest: file("clutch.toml", PROJECT), views: vec![file("views/v.sql", sql)] };
    let project = Project::check(Path::new("/p"), &sources, &|_| None).unwrap_or_else(|problems| panic!("{problems}"));
    explain(&Arc::clone(&project.views["v"]))
}

#[test]
fn calls_over_equal_windows_share_rows_and_sums() {
    let explanation = explained(
        "CREATE VIEW v AS SELECT sum(yards) OVER w AS a, avg(yards) OVER w AS b, max(yards) OVER w AS c,
                count(*) OVER longer AS d, stddev_samp(yards) OVER longer AS e, var_samp(yards) OVER longer AS f
         FROM plays
         WINDOW w AS (PARTITION BY game ORDER BY event_time ROWS 5 PRECEDING),
                longer AS (PARTITION BY game ORDER BY event_time RANGE INTERVAL '1 minute' PRECEDING)",
    );
    let [buffer] = explanation.buffers.as_slice() else { panic!("one partitioning, one buffer: {explanation:?}") };
    assert_eq!(buffer.values_per_row, 1, "yards is kept once for all six calls");
    assert_eq!((buffer.rows, buffer.seconds), (6, 70.0));
    let calls: Vec<Vec<&str>> = buffer
        .windows
        .iter()
        .flat_map(|window| &window.operators)
        .map(|operator| operator.calls.iter().map(String::as_str).collect())
        .collect();
    assert_eq!(
        calls,
        [
            vec!["sum(yards)", "avg(yards)"],
            vec!["max(yards)"],
            vec!["count(*)"],
            vec!["stddev_samp(yards)", "var_samp(yards)"]
        ]
    );
}

#[test]
fn another_partition_is_another_buffer() {
    let explanation = explained(
        "CREATE VIEW v AS SELECT sum(yards) OVER (PARTITION BY game ORDER BY event_time) AS a,
                sum(yards) OVER (PARTITION BY game, team ORDER BY event_time) AS b FROM plays",
    );
    let by: Vec<&[String]> = explanation.buffers.iter().map(|buffer| buffer.by.as_slice()).collect();
    assert_eq!(by, [&[] as &[String], &["team".to_owned()]]);
}

#[test]
fn an_explanation_says_what_grows_and_what_bounds_it() {
    let explanation = explained(
        "CREATE VIEW v AS SELECT game, yards * 2 AS twice, sum(yards * 2) OVER (PARTITION BY game, team ORDER BY event_time) AS a,
                ewma(yards, 5) OVER (PARTITION BY game ORDER BY event_time) AS form,
                count_distinct(team, 4) OVER (PARTITION BY game ORDER BY event_time) AS teams
         FROM plays WHERE yards IS NOT NULL",
    );
    insta::with_settings!({omit_expression => true}, { insta::assert_json_snapshot!(explanation) });
}

#[test]
fn rows_are_kept_for_dedupe_only_under_what_sees_everything() {
    let seconds = |column: &str| {
        let sql = format!(
            "CREATE VIEW v AS SELECT {column} AS a FROM plays
             WINDOW w AS (PARTITION BY game ORDER BY event_time),
                    r AS (PARTITION BY game ORDER BY event_time ROWS 5 PRECEDING)"
        );
        explained(&sql).buffers[0].seconds
    };
    let kept = ["sum(yards) OVER w", "lag(yards, 1) OVER r", "ewma(yards, 5) OVER w", "sum(yards) OVER r"].map(seconds);
    assert_eq!(kept, [60.0, 60.0, 10.0, 10.0]);
}

#[test]
fn what_is_kept_to_look_at_a_row_later_is_counted() {
    let latest = |frame: &str| {
        let sql = format!(
            "CREATE VIEW v AS SELECT sum(yards) OVER (PARTITION BY game, team ORDER BY event_time {frame} PRECEDING) AS a
             FROM plays"
        );
        let summands = explained(&sql).state.summands;
        let latest = summands.iter().find(|summand| summand.what.starts_with("the latest row")).unwrap();
        (latest.formula.clone(), latest.bytes)
    };
    assert_eq!(latest("ROWS 5"), ("1 columns".to_owned(), 14));
    let later = latest("RANGE INTERVAL '1 minute'");
    assert_eq!(later, ("1 columns, and 1 values to look at it later".to_owned(), 22));
}
