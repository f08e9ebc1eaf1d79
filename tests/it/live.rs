//! Matches on the air: frames in, questions answered, moves of aliases told; on what is embedded and on real services.

use std::io::Write;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::kafka::{connected_to_services, services_run};
use crate::support::{Server, TestProject, assert_success, json_lines_of, publish_model};

const MATCH: &str = "SIM1_0000009000";

/// Puts messages into a topic.
fn send(project: &TestProject, topic: &str, messages: &[String]) {
    let mut sending = project.command(&["stream", "send", "--topic", topic]);
    let mut sending = sending.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().expect("clutch runs");
    let text = messages.join("\n");
    sending.stdin.take().expect("piped").write_all(text.as_bytes()).expect("written");
    assert!(sending.wait().expect("ends").success());
}

/// So many messages of a topic.
fn read(project: &TestProject, topic: &str, count: usize) -> Vec<Value> {
    let limit = count.to_string();
    let output = project.output(&["stream", "read", "--topic", topic, "--from-start", "--limit", &limit]);
    assert_success(&output);
    json_lines_of(&output.stdout)
}

/// `own`: what the topics' names begin with.
fn a_match_is_followed_and_asked_about(project: &TestProject, own: &str) {
    let topic = |name: &str| format!("{own}{name}");
    let (questions, answered, updates) =
        (topic("prediction-requests"), topic("prediction-answers"), topic("model-updates"));
    publish_model(project, "win_probability", 0.0);
    let live = project.dir().join("live");
    let out = live.display().to_string();
    project.json(&["data", "simulate", "lol", "--matches", "1", "--first", "9000", "--no-import", "--out", &out]);
    let frames = live.join("live_matches*.parquet").display().to_string();
    let server = Server::start(project);
    let replayed = project.json(&["stream", "replay", "--stream", "live_matches", "--data", &frames]);
    assert_eq!((&replayed["accepted"], &replayed["predictions"]), (&replayed["sent"], &replayed["sent"]), "{replayed}");

    let ask = |id: &str, key: &str| {
        json!({ "request_id": id, "endpoint": "win_probability", "key": { "match_id": key } }).to_string()
    };
    send(project, &questions, &[ask("known", MATCH), ask("unknown", "nobody"), "no JSON".to_owned()]);
    let mut answers = read(project, &answered, 3);
    answers.sort_by_key(|answer| answer["status"].as_u64());
    let told: Vec<_> = answers.iter().map(|answer| (answer["status"].clone(), answer["request_id"].clone())).collect();
    assert_eq!(told, [(200.into(), "known".into()), (400.into(), Value::Null), (404.into(), "unknown".into())]);
    assert_eq!(answers[0]["answer"]["outputs"]["probability"], 0.5, "{}", answers[0]);
    assert_eq!(answers[2]["problem"]["code"], "unknown_key");

    // A second version: it waits to be promoted, and its promotion is told.
    publish_model(project, "win_probability", 1.0);
    project.json(&["models", "promote", "win_probability/2", "--force"]);
    let moves = read(project, &updates, 2);
    let moves: Vec<_> = moves.iter().map(|moved| (moved["from"].clone(), moved["to"].clone())).collect();
    assert_eq!(moves, [(Value::Null, 1.into()), (1.into(), 2.into())]);
    assert!(server.terminate().success());

    // Nothing is answered or told a second time by the next server.
    let server = Server::start(project);
    send(project, &questions, &[ask("again", MATCH)]);
    let answers = read(project, &answered, 4);
    let again: Vec<_> = answers.iter().filter(|answer| answer["request_id"] == "again").collect();
    assert_eq!(again.len(), 1);
    let told = project.output(&["stream", "read", "--topic", &updates, "--from-start", "--until-idle", "1s"]);
    assert_eq!(json_lines_of(&told.stdout).len(), 2);
    let status = project.json(&["stream", "status"]);
    assert_eq!(status["requests"]["prediction_requests"]["lag"], 0, "{status}");
    assert!(server.terminate().success());
}

#[test]
fn a_match_on_the_embedded_log_is_followed_and_asked_about() {
    a_match_is_followed_and_asked_about(&TestProject::template("lol"), "");
}

#[test]
fn a_match_on_kafka_and_redis_is_followed_and_asked_about() {
    if services_run() {
        let project = TestProject::template("lol");
        let own = connected_to_services(&project);
        a_match_is_followed_and_asked_about(&project, &own);
    }
}

#[test]
fn a_load_of_a_set_rate_finds_each_event_predicted_once() {
    let project = TestProject::nfl();
    publish_model(&project, "win_probability", 0.0);
    project.json(&["data", "simulate", "nfl", "--seasons", "1", "--games", "8"]);
    let server = Server::start(&project);
    let load = ["--rate", "400/s", "--events", "600", "--keys", "50", "--warm-up", "0ms", "--arrivals", "poisson"];
    let measured = project.json(&[&["stream", "bench", "--endpoint", "win_probability"], &load[..]].concat());
    assert_eq!((&measured["events"], &measured["predictions"]), (&600.into(), &measured["kept"]), "{measured}");
    assert_eq!((&measured["missing"], &measured["doubled"]), (&0.into(), &0.into()), "{measured}");
    let latency = |name: &str| measured["latency_ms"][name].as_f64().expect("a time");
    assert!(0.0 < latency("p50") && latency("p50") <= latency("p99") && latency("p99") <= latency("max"));
    let names = measured["processes"].as_array().expect("processes").iter().map(|p| p["name"].as_str());
    assert_eq!(names.collect::<Vec<_>>(), [Some("server"), Some("bench")]);
    assert!(server.terminate().success());
}
