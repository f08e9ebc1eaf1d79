//! A model stacked on others, from its declaration to streamed and requested predictions.

use serde_json::{Value, json};

use crate::support::{Server, TestProject, assert_success, plays};

const ENDPOINT: &str = "
[endpoints.stacked]
model   = \"win_probability_stacked\"
include = [\"posteam\", \"qtr\"]
explain = true
";

fn trained() -> TestProject {
    let project = TestProject::nfl();
    project.append_to_manifest(ENDPOINT);
    let manifest = project.dir().join("clutch.toml");
    let text = std::fs::read_to_string(&manifest).expect("clutch.toml");
    // Few trees and few games: how good they are is looked at elsewhere.
    let fewer =
        text.replace("trees           = 220", "trees           = 8").replace("qtr <= 4\"", "qtr <= 4 AND week <= 3\"");
    assert!(fewer.contains("= 8\n") && fewer.contains("week <= 3"), "the models are declared otherwise now");
    std::fs::write(&manifest, fewer).expect("writable");
    for season in [2022, 2023] {
        let season = plays(&project, season).display().to_string();
        project.json(&["data", "import", "--stream", "plays", &season]);
    }
    project
}

fn explained(explanation: &Value) -> f64 {
    let contributions = explanation["contributions"].as_object().expect("an explanation");
    contributions.values().filter_map(Value::as_f64).fold(explanation["base"].as_f64().expect("a base"), |a, b| a + b)
}

fn logit(probability: f64) -> f64 {
    (probability / (1.0 - probability)).ln()
}

#[test]
fn a_stacked_version_names_its_bases_and_is_served_without_them() {
    let project = trained();
    project.json(&["train", "--model", "win_probability", "--no-learning-curve"]);
    let output = project.output(&["train", "--model", "win_probability_stacked", "--no-learning-curve"]);
    assert_success(&output);
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    let expected = "stacked on win_probability (version 1), win_probability_boosted (no version is the same)";
    assert!(told.contains(expected), "{told}");
    let shown = project.output(&["models", "show", "win_probability_stacked"]);
    let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
    let expected = "on win_probability (version 1), win_probability_boosted (no version is the same)";
    assert!(shown.contains(expected), "{shown}");

    // The version stands alone.
    std::fs::remove_dir_all(project.dir().join(".clutch/registry/win_probability")).expect("its base");
    let onnx = project.dir().join("stacked.onnx").display().to_string();
    let exported = project.json(&["models", "export", "win_probability_stacked", "--onnx", &onnx]);
    assert_eq!(exported["output"], "probability");
    let server = Server::start(&project);
    let replayed = project.json(&["stream", "replay", "--stream", "plays", "--games", "1"]);
    assert_eq!(replayed["accepted"], replayed["sent"], "{replayed}");
    let watched =
        project.output(&["stream", "watch", "--endpoint", "stacked", "--from-start", "--limit", "5", "--json"]);
    assert_success(&watched);
    let request = json!({
        "endpoint": "stacked",
        "explain": true,
        "event": {"game_id": "mine", "play_id": 1, "season_type": "REG", "game_date": "2026-11-22",
            "home_team": "NYG", "away_team": "DAL", "posteam": "NYG", "qtr": 4, "game_seconds_remaining": 130,
            "down": 2, "ydstogo": 6, "yardline_100": 38, "score_differential": -3, "posteam_score": 20,
            "defteam_score": 23, "posteam_timeouts_remaining": 2, "defteam_timeouts_remaining": 1,
            "play_type": "pass", "spread_line": 1.5, "total_line": 44.5},
    });
    let mut answer = ureq::post(server.url("/predict"))
        .header("content-type", "application/json")
        .send(request.to_string())
        .expect("POST /predict");
    let answer: Value = serde_json::from_str(&answer.body_mut().read_to_string().expect("an answer")).expect("JSON");
    let probability = answer["outputs"]["probability"].as_f64().expect("a probability");
    assert!((0.05..0.95).contains(&probability), "{answer}");
    let explanation = &answer["explanation"];
    assert!((explained(explanation) - logit(probability)).abs() < 1e-9, "{answer}");
    assert!(explanation["contributions"].get("score_differential").is_some(), "in features, not in bases: {answer}");
}
