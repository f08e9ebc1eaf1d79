//! `clutch stream replay` and `watch`: what is sent, what is seen, and how one stops.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;

use features::project::Project;
use serde_json::Value;
use serving::clock::SystemClock;
use serving::instance::{Instance, Places};
use serving::log::{EventLog, ReadLimit, StoredBatch, TopicPartition};

use crate::support::{Server, TestProject, assert_success, last_json_line, publish_constant};

/// A project whose model says one half, and the file of a game.
fn served() -> (TestProject, PathBuf) {
    let project = TestProject::nfl();
    publish_constant(&project, 0.0);
    let out = project.dir().join("live");
    let folder = out.display().to_string();
    let simulate = ["data", "simulate", "nfl", "--seasons", "1", "--games", "1", "--no-import", "--out", &folder];
    assert_success(&project.output(&simulate));
    (project, out.join("*.parquet"))
}

fn replay(project: &TestProject, data: &std::path::Path, more: &[&str]) -> Command {
    let data = data.display().to_string();
    let mut command = project.command(&["stream", "replay", "--stream", "plays", "--json", "--data", &data]);
    command.args(more);
    command
}

#[track_caller]
fn replayed(project: &TestProject, data: &std::path::Path) -> Value {
    let output = replay(project, data, &[]).output().expect("clutch runs");
    assert_success(&output);
    last_json_line(&output)
}

/// The values of a topic's records.
fn records(project: &TestProject, topic: &str) -> Vec<Value> {
    let places = Places { state_dir: project.dir().join(".clutch"), temporary: std::env::temp_dir() };
    let instance = Instance::open(&places, Arc::new(SystemClock)).expect("nobody else has it");
    let mut values = Vec::new();
    for partition in 0..instance.log().partitions(topic).expect("topic") {
        let place = TopicPartition { topic: topic.into(), partition };
        let limit = ReadLimit { records: usize::MAX, bytes: usize::MAX };
        let batches = instance.log().read(&place, 0, limit).expect("read").batches;
        let json = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).expect("JSON");
        values.extend(batches.iter().flat_map(StoredBatch::records).map(|record| json(record.value)));
    }
    values
}

#[test]
fn events_go_without_their_outcomes_which_follow_when_the_match_has_ended() {
    let (project, data) = served();
    let summary = replayed(&project, &data);
    assert_eq!((&summary["in_process"], &summary["keys"], &summary["outcomes"]), (&true.into(), &1.into(), &1.into()));

    let checked = Project::load(&project.dir(), &|_| None).expect("project");
    let stream = &checked.streams["plays"];
    let outcomes: Vec<&str> = stream.schema.fields.iter().filter(|f| f.outcome).map(|f| f.name.as_str()).collect();
    let events = records(&project, &stream.topic);
    assert_eq!(Some(events.len() as u64), summary["sent"].as_u64());
    let leaked = events.iter().find(|event| outcomes.iter().any(|name| event.get(name).is_some()));
    assert_eq!(leaked, None);
    let truth = records(&project, &stream.outcomes_topic);
    assert_eq!(truth.len(), 1);
    assert_eq!(truth[0]["key"]["game_id"], events[0]["game_id"]);
    assert!(truth[0]["outcomes"]["result"].is_number(), "{}", truth[0]);
}

#[test]
fn every_prediction_is_watched_as_a_line_with_its_latency_and_percentiles_follow() {
    let (project, data) = served();
    let _server = Server::start(&project);
    let predictions = replayed(&project, &data)["predictions"].as_u64().expect("number");
    // The other endpoints have no model: all of them are this one's.
    let watch =
        ["stream", "watch", "--endpoint", "win_probability", "--from-start", "--limit", &predictions.to_string()];
    let output = project.output(&watch);
    assert_success(&output);
    let text = String::from_utf8_lossy(&output.stdout);
    let lines: Vec<&str> = text.lines().collect();
    let (seen, summary) = lines.split_at(usize::try_from(predictions).expect("few"));
    for line in seen {
        assert!(line.starts_with('Q') && line.contains("▕██████████          ▏  50.0 %"), "{line}");
        assert!(line.contains(" ms (queue "), "{line}");
    }
    assert_eq!(summary[..2], ["".to_owned(), format!("{predictions} predictions")]);
    assert_eq!(summary[2].split_whitespace().collect::<Vec<_>>(), ["ms", "p50", "p95", "p99"]);
    let latency = project.json(&watch)["latency_ms"].take();
    assert!(latency["total"]["p99"].is_number(), "{latency}");
}

#[cfg(unix)]
#[test]
fn an_interrupted_replay_does_not_wait_for_a_server_that_is_gone() {
    let (project, data) = served();
    let server = Server::start(&project);
    let replaying = replay(&project, &data, &["--rate", "50/s", "--patience", "3600"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("replay starts");
    while project.json(&["stream", "status"])["streams"]["plays"]["totals"]["end"] == 0 {}
    server.kill();
    let pid = replaying.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().expect("kill runs").success());
    let output = replaying.wait_with_output().expect("ends");
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(last_json_line(&output)["interrupted"], true);
}
