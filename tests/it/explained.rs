//! What moved a prediction, wherever a prediction is told: the command line, the stream, and files.

use serde_json::Value;

use crate::support::{Server, TestProject, assert_success};

/// Boosted trees behind a calibration, and a family, served by endpoints that explain into files.
const MODELS: &str = r#"
[models.boosted]
view = "win_probability"
label = "CASE WHEN posteam = home_team THEN result > 0 ELSE result < 0 END"
where = "result <> 0"
task = "classification"
algorithm = "boosting"
trees = 20
calibration = "platt"
features = ["score_differential", "expected_lead", "down", "distance", "time_remaining_pct", "spread_to_come"]
split = { time = "season", test_from = 2022 }
group = "game_id"

[models.by_quarter]
view = "win_probability"
label = "CASE WHEN posteam = home_team THEN result > 0 ELSE result < 0 END"
where = "result <> 0 AND qtr <= 3"
task = "classification"
per = "quarter"
min_rows = 50
features = ["score_differential", "expected_lead"]
split = { time = "season", test_from = 2022 }
group = "game_id"

[endpoints.boosted]
model = "boosted"
explain = true

[endpoints.by_quarter]
model = "by_quarter"
explain = true

[endpoints.silent]
model = "boosted"

[sinks.members]
endpoint = "by_quarter"
format = "csv"
path = "members.csv"

[sinks.records]
endpoint = "boosted"
format = "jsonl"
path = "boosted.jsonl"
"#;

const PLAY: &str = r#"{"game_id": "mine", "play_id": 1, "season_type": "REG", "game_date": "2026-11-22", "home_team": "NYG",
    "away_team": "DAL", "posteam": "NYG", "qtr": QUARTER, "game_seconds_remaining": 130, "down": 2, "ydstogo": 6,
    "yardline_100": 38, "score_differential": -3, "posteam_score": 20, "defteam_score": 23, "play_type": "pass",
    "posteam_timeouts_remaining": 2, "defteam_timeouts_remaining": 1, "spread_line": 1.5, "total_line": 44.5}"#;

fn trained() -> TestProject {
    let project = TestProject::nfl();
    project.append_to_manifest(MODELS);
    assert_success(&project.output(&["data", "simulate", "nfl", "--seasons", "2", "--games", "10"]));
    for model in ["boosted", "by_quarter"] {
        project.json(&["train", "--model", model, "--no-learning-curve"]);
    }
    project
}

/// Base and contributions are the margin.
#[track_caller]
fn assert_adds_up(explanation: &Value) {
    let contributions = explanation["contributions"].as_object().unwrap_or_else(|| panic!("{explanation}"));
    let sum: f64 = contributions.values().map(|value| value.as_f64().expect("a number")).sum();
    let [base, margin] = ["base", "margin"].map(|name| explanation[name].as_f64().expect("a number"));
    assert!((base + sum - margin).abs() < 1e-9, "{explanation}");
}

#[test]
fn a_prediction_asked_for_is_explained_with_a_server_and_without() {
    let project = trained();
    let play = |quarter: &str| PLAY.replace("QUARTER", quarter);
    let ask = |model: &str, quarter: &str| {
        project.json(&["predict", "--model", model, "--event", &play(quarter), "--explain"])
    };
    let lines = |model: &str, quarter: &str| {
        let output = project.output(&["predict", "--model", model, "--event", &play(quarter), "--explain"]);
        assert_success(&output);
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let check = || {
        for (model, quarter) in [("boosted", "4"), ("by_quarter", "3"), ("by_quarter", "4")] {
            assert_adds_up(&ask(model, quarter)["explanation"]);
        }
        let told = lines("boosted", "4");
        assert!(told.contains("by boosted version 1\nmargin ") && told.contains("  without any"), "{told}");
        assert!(told.contains("  score_differential"), "{told}");
        assert!(lines("by_quarter", "3").contains("by by_quarter version 1, its model of 3\nmargin "));
        assert!(lines("by_quarter", "4").contains("by by_quarter version 1, its general model\nmargin "));
        // What is behind the margin is not what is predicted: a calibration lies between.
        let answer = ask("boosted", "4");
        let margin = answer["explanation"]["margin"].as_f64().expect("a margin");
        let probability = answer["outputs"]["probability"].as_f64().expect("a probability");
        assert!((probability - 1.0 / (1.0 + (-margin).exp())).abs() > 1e-6, "{answer}");
        answer
    };
    let alone = check();
    let server = Server::start(&project);
    let asked = check();
    assert_eq!((&alone["outputs"], &alone["explanation"]), (&asked["outputs"], &asked["explanation"]));
    assert!(server.terminate().success());
}

#[test]
fn a_streamed_prediction_is_explained_on_the_terminal_and_in_files() {
    let project = trained();
    let server = Server::start(&project);
    let plays = project.dir().join(".clutch/simulated/pbp_2022.parquet").display().to_string();
    let replayed = project.json(&["stream", "replay", "--stream", "plays", "--data", &plays, "--games", "1"]);
    assert!(replayed["predictions"].as_u64() > Some(100), "{replayed}");
    let watch = |endpoint: &str, explain: &[&str]| {
        let args = ["stream", "watch", "--endpoint", endpoint, "--from-start", "--until-idle", "1s"];
        let output = project.output(&[&args[..], explain].concat());
        let told = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        (output.status.code(), told[0].clone(), told[1].clone())
    };
    let (code, told, _) = watch("boosted", &["--explain"]);
    assert_eq!(code, Some(0), "{told}");
    let predictions = told.matches(" ms (queue ").count();
    let explained: Vec<&str> = told.lines().filter(|line| line.starts_with("    ") && line.contains(" = ")).collect();
    assert!(predictions > 40 && explained.len() == predictions, "{told}");
    assert!(explained.iter().all(|line| line.contains(", 2 others ")), "{told}");
    let (_, told, _) = watch("by_quarter", &[]);
    assert!(told.contains("%  by 1  ") && told.contains("%  by the general model  "), "{told}");
    let (code, _, told) = watch("silent", &["--explain"]);
    assert!(code == Some(2) && told.contains("add explain = true to [endpoints.silent]"), "{told}");
    assert!(server.terminate().success());

    let rows = std::fs::read_to_string(project.dir().join("members.csv")).expect("the file");
    let mut rows = rows.lines();
    let header = rows.next().expect("a header");
    assert!(header.contains(",arm,member,stream,") && header.ends_with(",explanation"), "{header}");
    let rows: Vec<&str> = rows.collect();
    assert_eq!(rows.len(), predictions);
    assert!(rows.iter().any(|row| row.contains(",champion,2,plays,")), "{rows:?}");
    for row in rows {
        let (_, explanation) = row.split_once(",\"{").expect("an explanation");
        let explanation = format!("{{{}", explanation.trim_end_matches('"').replace("\"\"", "\""));
        assert_adds_up(&serde_json::from_str(&explanation).expect("JSON"));
    }
    let records = crate::support::json_lines(&project.dir().join("boosted.jsonl"));
    assert_eq!(records.len(), predictions);
    for record in records {
        assert_eq!(record.get("member"), None, "no family: {record}");
        assert_adds_up(&record["explanation"]);
    }
}
