//! `clutch stream` without a server: replays worked in process, and what they leave.

use std::path::Path;

use serde_json::Value as Json;

use crate::support::{TestProject, plays};

/// Replays one game in this process; its summary.
fn replay(project: &TestProject, data: &Path) -> Json {
    let data = data.display().to_string();
    project.json(&["stream", "replay", "--stream", "plays", "--data", &data, "--games", "1"])
}

#[test]
fn a_replay_without_a_server_works_the_stream_itself_and_a_second_one_is_all_duplicates() {
    let project = TestProject::nfl();
    let data = plays(&project, 2023);

    let first = replay(&project, &data);
    assert_eq!(first["in_process"], true);
    assert_eq!(first["keys"], 1);
    assert!(first["sent"].as_u64() > Some(50), "{first}");
    assert_eq!(first["accepted"], first["sent"]);
    assert_eq!(first["outcomes"], 1);
    // No model was trained: rows are counted, not predicted.
    assert_eq!(first["predictions"], 0);
    assert!(first["unserved"].as_u64() > Some(0), "{first}");
    let before = project.json(&["stream", "status"]);

    let second = replay(&project, &data);
    assert_eq!(second["accepted"], 0);
    let refused = ["duplicate", "late"].map(|stage| second["dead_letters"][stage].as_u64().expect("counted"));
    assert_eq!(refused.iter().sum::<u64>(), second["sent"].as_u64().expect("sent"));

    let after = project.json(&["stream", "status"]);
    let [before, after] = [before, after].map(|mut status| status["streams"]["plays"].take());
    assert_eq!(after["state_hash"], before["state_hash"], "refused events change no state");
    assert_eq!(after["totals"]["keys"], 1);
    assert_eq!(after["dead_letters"], second["sent"]);
}

#[test]
fn dead_letters_are_listed_by_stage_and_shown_with_the_event_as_it_came() {
    let project = TestProject::nfl();
    let data = plays(&project, 2023);
    let sent = replay(&project, &data)["sent"].as_u64().expect("sent");
    replay(&project, &data);

    let listed = project.json(&["stream", "deadletters", "list", "--limit", "3"]);
    let stages = listed["plays"]["stages"].as_object().expect("stages");
    assert_eq!(stages.values().filter_map(Json::as_u64).sum::<u64>(), sent);
    let newest = listed["plays"]["dead_letters"].as_array().expect("dead letters");
    assert_eq!(newest.len(), 3);

    let place = newest[2]["place"].as_str().expect("place");
    let shown = project.json(&["stream", "deadletters", "show", place]);
    assert_eq!(shown, newest[2]);
    let event: Json = serde_json::from_str(shown["raw"].as_str().expect("raw")).expect("JSON");
    assert!(event["game_id"].is_string(), "{event}");
    assert!(event.get("result").is_none(), "an outcome was sent with the event: {event}");
}

#[test]
fn commands_that_need_a_server_or_a_log_say_so() {
    let project = TestProject::nfl();
    let watch = project.output(&["stream", "watch"]);
    assert_eq!(watch.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&watch.stderr).contains("no server runs here"));
    let status = project.output(&["stream", "status"]);
    assert_eq!(status.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&status.stderr).contains("nothing has been streamed here yet"));
    assert!(!project.dir().join(".clutch").exists(), "asking created something");
}

#[test]
fn a_key_or_a_stream_that_does_not_exist_is_a_usage_error() {
    let project = TestProject::nfl();
    let data = plays(&project, 2023).display().to_string();
    for (args, expected) in [
        (vec!["stream", "replay", "--stream", "play", "--data", &data], "did you mean `plays`"),
        (vec!["stream", "replay", "--stream", "plays", "--data", &data, "--key", "gam_id=1"], "did you mean `game_id`"),
        (vec!["stream", "replay", "--stream", "plays", "--data", &data, "--key", "game_id=1"], "no event of `plays`"),
        (vec!["stream", "replay", "--stream", "plays", "--data", "nowhere/*.parquet"], "nowhere"),
    ] {
        let output = project.output(&args);
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {text}");
        assert!(text.contains(expected), "{args:?}: {text}");
    }
}
