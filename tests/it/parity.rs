//! `clutch parity`, and what becomes of its certificates.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{TestProject, assert_success, last_json_line, plays};

/// A season of plays.
fn season(project: &TestProject, year: u16) -> String {
    format!("plays={}", plays(project, year).display())
}

fn certificate(report: &Value) -> (PathBuf, Value) {
    let path = Path::new(report["certificate"].as_str().expect("a path")).to_path_buf();
    let text = std::fs::read_to_string(&path).expect("a certificate");
    (path, serde_json::from_str(&text).expect("JSON"))
}

#[test]
fn a_season_of_plays_has_the_same_bits_in_every_host() {
    let project = TestProject::nfl();
    let data = season(&project, 2021);
    let output = project.output(&["parity", "--data", &data, "--restarts", "60", "--seed", "7", "--json"]);
    assert_success(&output);
    let report = last_json_line(&output);
    for view in report["views"].as_array().expect("both views") {
        assert_eq!((&view["mismatches"], &view["restarts"], &view["seed"]), (&0.into(), &60.into(), &7.into()));
        let number = |name: &str| view[name].as_u64().expect("a number");
        assert!(number("rows") > 1000 && number("values") > 20 * number("rows"), "{view}");
        for host in ["batch", "request", "oracle"] {
            assert_eq!(view["compared"][host], view["values"], "{host}");
        }
        let compared = |what: &str| view["compared"][what].as_u64().expect("a number");
        assert!(compared("again") > number("values") / 2 && compared("as_of") > 0, "{view}");
        assert!(number("states_read") >= 50 && view["seconds"].is_f64() && view["view_hash"].is_string());
        let (_, certificate) = certificate(view);
        for name in ["view_hash", "rows", "values", "mismatches", "restarts", "seed"] {
            assert_eq!(certificate[name], view[name], "{name}");
        }
        assert_eq!(certificate["data"]["rows"], view["events"]);
    }
    assert_eq!(report["views"].as_array().map(Vec::len), Some(2));
    assert_eq!((&report["mismatches"], &report["skipped"]), (&0.into(), &serde_json::json!([])));
}

/// Frames of time over real plays, looked at between plays and after the last of them.
#[test]
fn frames_of_time_decay_alike_for_the_host_and_the_oracle() {
    let project = TestProject::nfl();
    let sql = "CREATE VIEW tempo AS
SELECT game_id, play_id, count(*) OVER lately AS plays, sum(yards_gained) OVER lately AS yards,
       max(yards_gained) OVER before AS longest, sum(wp) FILTER (WHERE play_type = 'pass') OVER drive AS passing,
       lag(yards_gained, 1) OVER game AS yards_before, time_since_last() OVER game AS pause
FROM plays WHERE play_type IS NOT NULL
WINDOW lately AS (PARTITION BY game_id ORDER BY event_time RANGE INTERVAL '3 minutes' PRECEDING),
       before AS (PARTITION BY game_id, posteam ORDER BY event_time RANGE INTERVAL '10 minutes' PRECEDING EXCLUDE CURRENT ROW),
       drive AS (PARTITION BY game_id, posteam ORDER BY event_time RANGE INTERVAL '5 minutes' PRECEDING),
       game AS (PARTITION BY game_id ORDER BY event_time)";
    std::fs::write(project.dir().join("views/tempo.sql"), sql).expect("writable");
    let data = season(&project, 2022);
    let output = project.output(&["parity", "--view", "tempo", "--data", &data, "--restarts", "60", "--json"]);
    assert_success(&output);
    let report = last_json_line(&output);
    let number = |name: &str| report["compared"][name].as_u64().expect("a number");
    assert!(report["mismatches"] == 0 && 4 * number("as_of") > number("oracle"), "{report}");
}

/// Two short matches with ties, a repeat and a late event.
const SCORES: &str = "match_id,seq,at,points,won
a,1,2024-01-01 10:00:00,3,true
a,2,2024-01-01 10:00:00,5,true
b,1,2024-01-01 10:00:00,7,false
a,3,2024-01-01 10:00:20,1,true
a,4,2024-01-01 10:00:05,2,true
a,4,2024-01-01 10:00:05,2,true
b,2,2024-01-01 10:00:30,4,false
a,5,2024-01-01 09:00:00,9,true
";

/// A project of one view and one model.
fn small() -> (TestProject, String) {
    let project = TestProject::small(
        r#"
[project]
name = "test"
[streams.scores]
topic = "scores"
key = ["match_id"]
id = ["match_id", "seq"]
event_time = "at"
lateness = "30s"
[streams.scores.fields]
match_id = "string"
seq = "int"
at = "timestamp"
points = "int"
won = { type = "bool", outcome = true }
[models.winner]
view = "form"
label = "won"
task = "classification"
algorithm = "logistic"
"#,
        "form",
        "CREATE VIEW form AS SELECT match_id, points, avg(points) OVER recent AS recent FROM scores \
         WINDOW recent AS (PARTITION BY match_id ORDER BY event_time ROWS 2 PRECEDING)",
    );
    let file = project.dir().join("scores.csv");
    std::fs::write(&file, SCORES).expect("writable");
    (project, format!("scores={}", file.display()))
}

#[test]
fn one_view_is_one_object() {
    let (project, data) = small();
    let report = project.json(&["parity", "--view", "form", "--data", &data]);
    let expected = serde_json::json!({ "view": "form", "rows": 6, "values": 18, "mismatches": 0, "events": 8 });
    for (name, value) in expected.as_object().expect("an object") {
        assert_eq!(&report[name], value, "{name}");
    }
    assert_eq!(report["restarts"], 8, "no more than there are events");
}

#[test]
fn training_keeps_the_certificate_of_the_views_hash() {
    let (project, data) = small();
    let train = ["train", "--model", "winner", "--data", &data];
    let parity_of = |version: u32| {
        let shown = project.json(&["models", "show", &format!("winner/{version}")]);
        shown["manifest"]["parity"].clone()
    };
    project.json(&train);
    assert_eq!(parity_of(1), Value::Null);
    let report = project.json(&["parity", "--view", "form", "--data", &data]);
    project.json(&train);
    assert_eq!(parity_of(2)["view_hash"], report["view_hash"]);
    assert_eq!(parity_of(2)["values"], report["values"]);
    assert_eq!(project.json(&["models", "promote", "winner/2"])["moved"], true);
}

#[test]
fn a_version_of_a_view_that_failed_parity_is_not_promoted() {
    let (project, data) = small();
    let report = project.json(&["parity", "--view", "form", "--data", &data]);
    let (path, mut failed) = certificate(&report);
    failed["mismatches"] = 2.into();
    std::fs::write(&path, failed.to_string()).expect("writable");
    let trained = project.json(&["train", "--model", "winner", "--data", &data]);
    assert_eq!(trained["promoted"], false, "{trained}");
    let refused = project.output(&["models", "promote", "winner/1", "--force", "--json"]);
    assert_eq!((refused.status.code(), &last_json_line(&refused)["moved"]), (Some(1), &Value::Bool(false)));
}

#[test]
fn promoting_a_version_without_a_certificate_is_remarked() {
    let (project, data) = small();
    for _ in 0..3 {
        project.json(&["train", "--model", "winner", "--data", &data]);
    }
    let remarked = |version: &str| {
        let output = project.output(&["models", "promote", version]);
        assert_success(&output);
        String::from_utf8_lossy(&output.stderr).contains("clutch parity --view form")
    };
    assert!(remarked("winner/2"));
    project.json(&["parity", "--view", "form", "--data", &data]);
    assert!(!remarked("winner/3"), "a check after training counts as one before it");
}

#[test]
fn parity_that_fails_after_training_stands_in_the_way_of_promotion() {
    let (project, data) = small();
    for _ in 0..2 {
        project.json(&["train", "--model", "winner", "--data", &data]);
    }
    let report = project.json(&["parity", "--view", "form", "--data", &data]);
    let (path, found) = certificate(&report);
    let failed = |kernel: &Value| {
        let mut failed = found.clone();
        (failed["mismatches"], failed["kernel_version"]) = (2.into(), kernel.clone());
        std::fs::write(&path, failed.to_string()).expect("writable");
    };
    failed(&found["kernel_version"]);
    let refused = project.output(&["models", "promote", "winner/2", "--force", "--json"]);
    let answer = last_json_line(&refused);
    assert_eq!((refused.status.code(), &answer["moved"]), (Some(1), &Value::Bool(false)));
    assert!(answer["reason"].as_str().is_some_and(|reason| reason.contains("2 mismatches")), "{answer}");
    failed(&999.into());
    assert_eq!(
        project.json(&["models", "promote", "winner/2"])["moved"],
        true,
        "another kernel's check counts for nothing"
    );
}

#[test]
fn streams_without_history_are_left_out_and_told() {
    let (project, data) = small();
    let manifest = project.dir().join("clutch.toml");
    let text = std::fs::read_to_string(&manifest).expect("readable");
    let more = "[streams.subs]\ntopic = \"subs\"\nkey = [\"match_id\"]\nevent_time = \"at\"\n\
                [streams.subs.fields]\nmatch_id = \"string\"\nat = \"timestamp\"\n";
    std::fs::write(&manifest, format!("{text}{more}")).expect("writable");
    let sql = "CREATE VIEW subs_so_far AS SELECT match_id, count(*) OVER w AS subs FROM subs
WINDOW w AS (PARTITION BY match_id ORDER BY event_time)";
    std::fs::write(project.dir().join("views/subs_so_far.sql"), sql).expect("writable");
    let output = project.output(&["parity", "--data", &data, "--json"]);
    assert_success(&output);
    let report = last_json_line(&output);
    assert_eq!((&report["view"], &report["mismatches"]), (&"form".into(), &0.into()));
    assert_eq!(report["skipped"], serde_json::json!([{ "view": "subs_so_far", "stream": "subs" }]));
    assert!(String::from_utf8_lossy(&output.stderr).contains("stream `subs` has no history"));

    let output = project.output(&["parity", "--view", "subs_so_far", "--json"]);
    assert_eq!(output.status.code(), Some(2), "what was asked for by name is not left out");
    assert_eq!(project.output(&["parity", "--json"]).status.code(), Some(2), "nothing was checked");
}

#[test]
fn an_unknown_view_is_a_usage_error() {
    let (project, data) = small();
    let output = project.output(&["parity", "--view", "from", "--data", &data]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("did you mean `form`"));
}
