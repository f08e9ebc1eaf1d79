//! Golden renderings of everything that is refused.

use super::{explained, explained_column};

/// What `check` prints for each column, one after the other.
fn columns(expressions: &[&str]) -> String {
    expressions.iter().map(|expression| format!("{}\n\n", explained_column(expression))).collect()
}

fn views(texts: &[&str]) -> String {
    texts.iter().map(|text| format!("{}\n\n", explained(text))).collect()
}

/// A call over the whole game.
fn over_game(call: &str) -> String {
    format!("{call} OVER (PARTITION BY game ORDER BY event_time)")
}

fn windows(specs: &[&str]) -> String {
    specs.iter().map(|spec| format!("{}\n\n", explained_column(&format!("avg(yards) OVER ({spec})")))).collect()
}

#[test]
fn what_is_refused_for_good_says_why_and_what_is_nearest() {
    let over: Vec<String> =
        ["lead(yards)", "row_number()", "rank()", "median(yards)", "array_agg(yards)"].map(over_game).to_vec();
    let spellings =
        ["count(DISTINCT team)", "sum(DISTINCT down)", "variance(yards)", "stddev_pop(yards)"].map(over_game);
    let texts = ["now()", "current_timestamp", "random()", "team LIKE 'a%'", "down IN (SELECT 1)", "scoring IS TRUE"];
    let over = over.iter().chain(&spellings).map(String::as_str);
    let all: Vec<&str> = texts.into_iter().chain(over).collect();
    golden!(columns(&all));
}

#[test]
fn what_a_later_version_adds_says_so() {
    let over: Vec<String> = ["lag(yards, 1, 0)", "first_value(yards) IGNORE NULLS", "first_value(yards IGNORE NULLS)"]
        .map(over_game)
        .to_vec();
    golden!(columns(&over.iter().map(String::as_str).collect::<Vec<_>>()));
}

#[test]
fn frames_that_do_not_exist() {
    golden!(windows(&[
        "PARTITION BY game ORDER BY event_time ROWS BETWEEN 3 PRECEDING AND 1 FOLLOWING",
        "PARTITION BY game ORDER BY event_time ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING",
        "PARTITION BY game ORDER BY event_time RANGE CURRENT ROW",
        "PARTITION BY game ORDER BY event_time RANGE 5 PRECEDING",
        "PARTITION BY game ORDER BY event_time RANGE INTERVAL '0 seconds' PRECEDING",
        "PARTITION BY game ORDER BY event_time RANGE INTERVAL '1 month' PRECEDING",
        "PARTITION BY game ORDER BY event_time RANGE BETWEEN INTERVAL '5 minutes' PRECEDING AND INTERVAL '1 minute' PRECEDING",
        "PARTITION BY game ORDER BY event_time GROUPS 3 PRECEDING",
        "PARTITION BY game ORDER BY event_time ROWS BETWEEN 10 PRECEDING AND 2 PRECEDING",
        "PARTITION BY game ORDER BY event_time ROWS down PRECEDING",
        "PARTITION BY game ORDER BY event_time ROWS 9999999 PRECEDING",
        "PARTITION BY game ORDER BY event_time ROWS 3 PRECEDING EXCLUDE TIES",
        "PARTITION BY game ORDER BY event_time ROWS 3 PRECEDING EXCLUDE nobody",
        "PARTITION BY game ORDER BY event_time EXCLUDE CURRENT ROW",
    ]));
}

#[test]
fn windows_without_key_or_order() {
    golden!(windows(&[
        "PARTITION BY team ORDER BY event_time",
        "ORDER BY event_time",
        "PARTITION BY game",
        "PARTITION BY game ORDER BY down",
        "PARTITION BY game ORDER BY event_time DESC",
        "PARTITION BY game ORDER BY event_time, play",
        "PARTITION BY game, yards ORDER BY event_time",
        "",
    ]));
}

#[test]
fn windows_where_none_can_stand() {
    let nested = over_game(&format!("avg({})", over_game("avg(yards)")));
    let filtered = over_game(&format!("count(*) FILTER (WHERE {} > 1)", over_game("avg(yards)")));
    let partitioned = format!("avg(yards) OVER (PARTITION BY game, {} ORDER BY event_time)", over_game("count(*)"));
    let mut text = columns(&[&nested, &filtered, &partitioned, "avg(yards)", "count(*)", &over_game("abs(yards)")]);
    text += &views(&[
        "CREATE VIEW v AS SELECT down FROM plays WHERE count(*) OVER w > 1\nWINDOW w AS (PARTITION BY game ORDER BY event_time)",
        "CREATE VIEW v AS SELECT avg(yards) OVER recnt AS x FROM plays\nWINDOW recent AS (PARTITION BY game ORDER BY event_time)",
        "CREATE VIEW v AS SELECT avg(yards) OVER (recent ROWS 3 PRECEDING) AS x FROM plays\nWINDOW recent AS (PARTITION BY game ORDER BY event_time)",
        "CREATE VIEW v AS SELECT down FROM plays\nWINDOW w AS (PARTITION BY game ORDER BY event_time), w AS (PARTITION BY game ORDER BY event_time)",
    ]);
    golden!(text);
}

#[test]
fn window_arguments_of_the_wrong_kind() {
    let over: Vec<String> = [
        "sum(scoring)",
        "avg(team)",
        "min(scoring)",
        "avg(at - at)",
        "sum(*)",
        "sum(yards, down)",
        "lag(yards, down)",
        "lag(yards, 0)",
        "avg(yards) FILTER (WHERE down)",
        "avg(NULL)",
        "var_samp(team)",
        "stddev_samp(scoring)",
        "nth_value(yards)",
        "nth_value(yards, 0)",
        "count_distinct(team)",
        "count_distinct(team, 99999)",
        "count(DISTINCT team, 0)",
        "count(DISTINCT team, down)",
        "count(DISTINCT team, yards, 5)",
        "count(DISTINCT *)",
        "count(ALL team)",
        "time_since_last(yards)",
        "ewma(yards)",
        "ewma(yards, 0)",
        "ewma(team, 3)",
        "ewma(yards, INTERVAL '0 s')",
    ]
    .map(over_game)
    .to_vec();
    let framed = "ewma(yards, 3) OVER (PARTITION BY game ORDER BY event_time ROWS 3 PRECEDING)";
    golden!(columns(&over.iter().map(String::as_str).chain([framed]).collect::<Vec<_>>()));
}

#[test]
fn names_that_nothing_has() {
    golden!(columns(&[
        "result + 1",
        "yrads",
        "Yards",
        "event_tme",
        "zzz",
        "plays.down + games.down",
        "a.b.c",
        "abbs(yards)",
        "CAST(yards AS flaot)",
        "CAST(yards AS decimal(3, 2))",
        "extract(huor FROM at)",
        "substring(team, 1, 2)",
    ]));
}

#[test]
fn types_that_do_not_fit() {
    golden!(columns(&[
        "game + 1",
        "abs(team)",
        "power(yards)",
        "down = 'x'",
        "CAST(at AS int)",
        "extract(hour FROM day)",
        "CASE WHEN down THEN 1 END",
        "CASE WHEN down = 1 THEN 1 ELSE 'a' END",
        "CASE team WHEN 1 THEN 1 END",
        "down IN (1, 'b')",
        "yards BETWEEN 'a' AND 2",
        "NOT down",
        "down AND scoring OR team",
        "- team",
        "+ team",
        "at + 5",
        "coalesce(down, team)",
        "nullif(1)",
        "NULL",
        "coalesce(NULL, NULL)",
    ]));
}

#[test]
fn constants_that_cannot_be() {
    golden!(columns(&[
        "INTERVAL '1 month'",
        "INTERVAL '1' YEAR",
        "INTERVAL '1 second'",
        "at + INTERVAL '3 parsecs'",
        "at + INTERVAL down MINUTE",
        "99999999999999999999",
        "1e999",
        "TIMESTAMP 'yesterday'",
        "DATE '2024-01-01'",
        "x'ff'",
        "'abc",
        "yards ^ 2",
        "team || 'x'",
    ]));
}

#[test]
fn clauses_that_a_view_does_not_have() {
    golden!(views(&[
        "CREATE VIEW v AS SELECT * FROM plays",
        "CREATE VIEW v AS SELECT down FROM plays, other",
        "CREATE VIEW v AS SELECT down FROM plays JOIN other ON true",
        "CREATE VIEW v AS SELECT down FROM plays ASOF JOIN other ON true",
        "CREATE VIEW v AS SELECT down FROM (SELECT 1)",
        "CREATE VIEW v AS SELECT down FROM plays GROUP BY down",
        "CREATE VIEW v AS SELECT down FROM plays GROUP BY TUMBLE(at, INTERVAL '1 minute')",
        "CREATE VIEW v AS SELECT down FROM plays HAVING down > 1",
        "CREATE VIEW v AS SELECT down FROM plays ORDER BY down",
        "CREATE VIEW v AS SELECT down FROM plays LIMIT 10",
        "CREATE VIEW v AS SELECT down FROM plays UNION SELECT down FROM plays",
        "CREATE VIEW v AS SELECT DISTINCT down FROM plays",
    ]));
}

#[test]
fn texts_that_are_no_view() {
    golden!(views(&[
        "",
        "   -- nothing\n",
        "SELECT 1",
        "CREATE TABLE t (a int)",
        "CREATE VIEW",
        "CREATE VIEW v AS SELECT down, FROM plays",
        "CREATE VIEW v AS SELECT down yards FROM plays",
        "CREATE VIEW v AS SELECT down + 1 FROM plays",
        "CREATE VIEW v AS SELECT down, yards AS down FROM plays",
        "CREATE VIEW v AS SELECT abs( FROM plays",
        "CREATE VIEW v AS SELECT (1 AS x FROM plays",
        "CREATE VIEW v AS SELECT down FROM play",
        "CREATE VIEW v AS SELECT down FROM plays WHERE",
        "CREATE VIEW v AS SELECT down FROM plays WHERE down",
        "CREATE VIEW v AS SELECT down FROM plays; CREATE VIEW w AS SELECT down FROM plays",
        "CREATE VIEW v AS SELECT down FROM plays nonsense more",
    ]));
}

#[test]
fn every_fault_of_a_view_is_told_at_once() {
    golden!(explained(
        "CREATE VIEW v AS\nSELECT yrads AS a,\n       abs(team) + resutl AS b,\n       avg(yards) OVER w AS c\nFROM plays\nWHERE result > 0 AND down\nWINDOW w AS (PARTITION BY team ORDER BY down)"
    ));
}
