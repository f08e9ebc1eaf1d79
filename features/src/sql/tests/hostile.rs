//! Input that nobody means well: an answer always, a panic never.

use proptest::prelude::*;

use super::{column, lone, read};

#[test]
fn deep_nesting_is_an_error() {
    for (open, close) in [
        ("(", ")"),
        ("abs(", ")"),
        ("NOT (", ")"),
        ("CASE WHEN true THEN (", ") END"),
        ("-(", ")"),
        ("CAST(", " AS int)"),
        ("array[", "]"),
    ] {
        for depth in [110, 1_000, 10_000] {
            let text = format!("{}1{}", open.repeat(depth), close.repeat(depth));
            assert!(column(&text).is_err(), "{depth} × {open}");
            assert!(lone(&text).is_err(), "{depth} × {open}");
        }
    }
}

#[test]
fn long_prefixes_and_chains_are_errors() {
    for (piece, end) in [
        ("NOT ", "true"),
        ("- ", "1"),
        ("1 + ", "1"),
        ("CASE ", "1"),
        ("a.", "b"),
        ("1::int::", "int"),
        ("x IS NULL IS ", "NULL"),
        ("INTERVAL ", "1"),
        ("CASE WHEN ", "1"),
    ] {
        for times in [1_000, 10_000, 30_000] {
            let text = format!("{}{end}", piece.repeat(times));
            assert!(column(&text).is_err(), "{times} × {piece}");
            assert!(lone(&text).is_err(), "{times} × {piece}");
        }
    }
}

#[test]
fn operands_that_would_double_at_each_level_are_bounded() {
    let mut text = "down".to_owned();
    for _ in 0..30 {
        text = format!("CASE ({text}) WHEN 1 THEN 2 WHEN 3 THEN 4 WHEN 5 THEN 6 END");
    }
    assert!(column(&text).is_err());
}

#[test]
fn a_megabyte_is_refused_unread() {
    let text = format!("CREATE VIEW v AS SELECT {} FROM plays", vec!["down"; 250_000].join(", "));
    let faults = read(&text).expect_err("too long");
    assert!(faults[0].message.contains("bytes of SQL"), "{faults:?}");
}

/// As `check` prints it: the text itself is cut.
#[test]
fn what_is_too_large_or_too_deep_is_told_in_a_few_lines() {
    let wide = format!("SELECT {} FROM plays", vec!["down"; 250_000].join(", "));
    let deep = |open: &str, depth| format!("SELECT {}1{} AS x FROM plays", open.repeat(depth), ")".repeat(depth));
    let texts = [wide, deep("(", 150), deep("(", 10_000), deep("abs(", 150), deep("CASE WHEN (", 10_000)];
    let told: Vec<String> = texts
        .iter()
        .map(|text| super::explained(&format!("CREATE VIEW v AS {text}")))
        .inspect(|told| assert!(told.len() < 2_000, "{told}"))
        .collect();
    golden!(told.join("\n\n"));
}

#[test]
fn thousands_of_columns_are_refused() {
    let columns: Vec<String> = (0..3_000).map(|i| format!("down AS c{i}")).collect();
    assert!(read(&format!("CREATE VIEW v AS SELECT {} FROM plays", columns.join(", "))).is_err());
}

#[test]
fn strange_characters_are_told_at_their_place() {
    for text in ["\u{0}", "select\u{feff}", "'\u{1f3c8}' = téam", "a\u{200b}b", "$1", "@x", "`down`", "[down]", "🏈"]
    {
        let faults = column(text).expect_err(text);
        assert!(faults.iter().all(|fault| fault.span.start <= 60), "{faults:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_text_is_answered(text in "\\PC{0,200}") {
        let _ = read(&text);
        let _ = column(&text);
        let _ = lone(&text);
    }

    #[test]
    fn any_sequence_of_words_is_answered(words in proptest::collection::vec(proptest::sample::select(WORDS.to_vec()), 0..40)) {
        let text = words.join(" ");
        let _ = read(&text);
        let _ = lone(&text);
        if let Err(faults) = column(&text) {
            // Faults must be renderable wherever they say they are.
            let _ = super::rendered(&text, faults);
        }
    }
}

const WORDS: &[&str] = &[
    "CREATE",
    "VIEW",
    "v",
    "AS",
    "SELECT",
    "FROM",
    "plays",
    "WHERE",
    "WINDOW",
    "w",
    "(",
    ")",
    ",",
    "PARTITION",
    "BY",
    "game",
    "ORDER",
    "event_time",
    "ROWS",
    "RANGE",
    "BETWEEN",
    "AND",
    "10",
    "PRECEDING",
    "FOLLOWING",
    "CURRENT",
    "ROW",
    "UNBOUNDED",
    "EXCLUDE",
    "OVER",
    "FILTER",
    "avg",
    "lag",
    "count",
    "(*)",
    "yards",
    "down",
    "team",
    "'text'",
    "1.5",
    "NULL",
    "IS",
    "NOT",
    "IN",
    "CASE",
    "WHEN",
    "THEN",
    "ELSE",
    "END",
    "CAST",
    "int",
    "INTERVAL",
    "'1 second'",
    "TIMESTAMP",
    "extract",
    "hour",
    "+",
    "-",
    "*",
    "/",
    "%",
    "=",
    "<>",
    "<",
    ";",
    "\"q\"",
    "::",
    "[",
    "]",
    ".",
    "OR",
];
