//! Streams on a real Kafka with key states in a real Redis, seen from outside: the services that `make services` starts.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};

use serde_json::{Value as Json, json};

use crate::kill::{train, wait_until_committed, wait_until_worked_off};
use crate::support::{Server, TestProject, assert_success, copy_folder, json_lines, plays};

/// Of each game; slow enough that the kill finds the replay under way.
const RATE: &str = "20/s";

/// Whether both run. Loud where not; with CI set that is a failure.
fn services_run() -> bool {
    let missing: Vec<&str> =
        ["KAFKA", "REDIS_URL"].into_iter().filter(|name| std::env::var_os(name).is_none()).collect();
    if !missing.is_empty() {
        let why = format!("{} not set: run it by scripts/services.sh run", missing.join(" and "));
        assert!(std::env::var_os("CI").is_none(), "{why}");
        eprintln!("SKIPPED: {why}");
    }
    missing.is_empty()
}

/// Moves streams and states to the services, under names of their own.
fn connect(project: &TestProject) {
    let path = project.dir().join("clutch.toml");
    let folder =
        project.dir().parent().expect("its folder").file_name().expect("a name").to_string_lossy().into_owned();
    let own = format!("t{}{}", std::process::id(), folder.replace('.', "").to_lowercase());
    let manifest = std::fs::read_to_string(&path).expect("clutch.toml");
    let moved = manifest.replacen("\"nfl-plays\"", &format!("\"{own}-plays\""), 1);
    assert_ne!(moved, manifest, "the stream names its topic");
    std::fs::write(&path, moved).expect("writable");
    project.append_to_manifest(&format!(
        "\n[connections]\nkafka = {{ bootstrap_servers = \"${{KAFKA}}\", namespace = \"{own}\" }}\n\
         redis = {{ url = \"${{REDIS_URL}}\", prefix = \"{own}\" }}\n"
    ));
}

fn replay(project: &TestProject, data: &str) -> Command {
    project.command(&["stream", "replay", "--stream", "plays", "--data", data, "--games", "4", "--rate", RATE])
}

/// Replays while the server is killed once and started again.
fn replay_through_a_kill(project: &TestProject, data: &str) {
    let server = Server::start(project);
    let mut replaying = replay(project, data).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("starts");
    wait_until_committed(project, 120);
    assert!(replaying.try_wait().expect("status").is_none(), "the replay ended before the kill");
    server.kill();
    let server = Server::start(project);
    assert_success(&replaying.wait_with_output().expect("replay ends"));
    wait_until_worked_off(project);
    assert!(server.terminate().success());
}

/// What was predicted, bit for bit, by game and play; and what was counted, with the states that are left.
fn left(project: &TestProject) -> (BTreeMap<(String, i64), u64>, Json) {
    let mut predicted = BTreeMap::new();
    for line in json_lines(&project.dir().join("predictions.jsonl")) {
        let id = &line["id"];
        let game = id["game_id"].as_str().expect("game_id").to_owned();
        let play = (game, id["play_id"].as_i64().expect("play_id"));
        let probability = line["outputs"]["probability"].as_f64().expect("probability");
        assert_eq!(predicted.insert(play.clone(), probability.to_bits()), None, "{play:?} was predicted twice");
    }
    let plays = project.json(&["stream", "status", "--states"])["streams"]["plays"].take();
    let totals = &plays["totals"];
    let counted = ["accepted", "late", "duplicate", "future", "invalid", "predictions", "keys"];
    let mut counters: BTreeMap<&str, Json> = counted.into_iter().map(|name| (name, totals[name].clone())).collect();
    counters.insert("state_hash", plays["state_hash"].clone());
    (predicted, json!(counters))
}

#[test]
fn a_server_killed_on_kafka_and_redis_predicts_every_kept_play_once_and_leaves_the_same_state() {
    if !services_run() {
        return;
    }
    let embedded = TestProject::nfl();
    embedded.append_to_manifest(
        "\n[sinks.lines]\nendpoint = \"win_probability\"\nformat = \"jsonl\"\npath = \"predictions.jsonl\"\n",
    );
    train(&embedded);
    let connected = TestProject::nfl();
    copy_folder(&embedded.dir(), &connected.dir());
    connect(&connected);
    let data = plays(&embedded, 2023).display().to_string();

    let server = Server::start(&embedded);
    assert_success(&replay(&embedded, &data).output().expect("clutch runs"));
    assert!(server.terminate().success());
    replay_through_a_kill(&connected, &data);

    let (wanted, wanted_counters) = left(&embedded);
    let (found, counters) = left(&connected);
    assert_eq!(counters, wanted_counters);
    assert!(counters["state_hash"].is_string() && !found.is_empty(), "{counters}");
    assert_eq!(json!(found.len()), counters["predictions"]);
    // Of hundreds only the first that differs is told.
    let differs = wanted.iter().find(|(play, bits)| found.get(*play) != Some(bits));
    assert_eq!((differs, found.len()), (None, wanted.len()));
}
