use super::*;
use crate::value::Value;

fn sample(text: bool, columns: &[(&str, &[&str])]) -> Sample {
    let value = |cell: &&str| match *cell {
        "" => Value::Null,
        cell => Value::String(cell.into()),
    };
    let columns: Vec<_> = columns
        .iter()
        .map(|(name, cells)| SampleColumn {
            name: (*name).to_owned(),
            path: None,
            values: cells.iter().map(value).collect(),
        })
        .collect();
    Sample { rows: columns[0].values.len(), columns, text, skipped: Vec::new() }
}

fn plays() -> Sample {
    sample(
        true,
        &[
            ("season", &["2023", "2023", "2023", "2024", "2024"]),
            ("game_id", &["a", "a", "a", "b", "b"]),
            ("play_id", &["1", "2", "3", "1", "2"]),
            ("at", &["2023-09-07", "2023-09-07", "2023-09-07", "2024-09-05", "2024-09-05"]),
            ("posteam", &["X", "Y", "X", "Z", "Z"]),
            ("down", &["1", "", "3", "1", "2"]),
            ("yards", &["3.5", "0", "-2", "", "1e1"]),
            ("scoring", &["true", "false", "false", "true", "false"]),
            ("home_win", &["1", "1", "1", "0", "0"]),
        ],
    )
}

fn golden(proposal: &Proposal) -> String {
    format!(
        "{}\n--- {}.sql\n{}\n---\n{}",
        proposal.manifest,
        proposal.view_name,
        proposal.view,
        proposal.remarks.join("\n")
    )
}

#[test]
fn events_of_matches_get_key_time_id_outcome_and_model() {
    let proposal = propose("demo", "plays", &plays()).expect("proposal");
    insta::with_settings!({omit_expression => true}, { insta::assert_snapshot!(golden(&proposal)) });
}

#[test]
fn one_row_a_match_is_a_key_by_itself() {
    let sample = sample(
        true,
        &[
            ("gameId", &["11", "12", "13", "14"]),
            ("blueWins", &["0", "1", "1", "0"]),
            ("blueGoldDiff", &["643", "-2908", "1172", "0"]),
        ],
    );
    let proposal = propose("lol", "games", &sample).expect("proposal");
    insta::with_settings!({omit_expression => true}, { insta::assert_snapshot!(golden(&proposal)) });
}

#[test]
fn names_that_sql_and_toml_would_misread_are_quoted() {
    let names = ["case", "the date", "ünï\"q", "end", "null", "a.b", "'x'", "order", "now"];
    let mut columns: Vec<(&str, &[&str])> = names.iter().map(|name| (*name, &["1.5", "2.5"][..])).collect();
    columns.push(("select", &["k", "l"]));
    let proposal = propose("it's", "x", &sample(true, &columns)).expect("proposal");
    assert!(proposal.view.contains("\"the date\"") && proposal.view.contains("\"case\""), "{}", proposal.view);
}

#[test]
fn texts_of_json_stay_text() {
    let with =
        |text| propose("p", "s", &sample(text, &[("k", &["a", "b"]), ("zip", &["01", "02"])])).expect("proposal");
    assert!(with(false).manifest.contains("zip = \"string\""));
    assert!(with(true).manifest.contains("zip = \"int\""));
}

#[test]
fn a_sample_without_rows_or_names_is_refused() {
    assert!(matches!(propose("p", "s", &Sample::default()), Err(ProposeError::Empty)));
    let floats = sample(true, &[("x", &["1.5", "2.5"])]);
    assert!(matches!(propose("p", "s", &floats), Err(ProposeError::NoKey)));
}

#[test]
fn any_name_becomes_an_identifier() {
    for (text, name) in
        [("nfl", "nfl"), ("My Games 2024", "my_games_2024"), ("2024", "p_2024"), ("", "p_"), ("é", "p__")]
    {
        assert_eq!(identifier(text), name);
    }
}
