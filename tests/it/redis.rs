//! Key states in a real Redis, seen from outside.

use std::path::Path;

use features::online::sandbox::RedisServer;
use serde_json::Value as Json;

use crate::support::{TestProject, last_json_line, plays};

fn with_redis(server: &RedisServer) -> TestProject {
    let project = TestProject::nfl();
    project.append_to_manifest(&format!(
        "\n[connections]\nredis = {{ url = \"redis://127.0.0.1:{}\", cache_max_age = \"1s\" }}\n",
        server.port()
    ));
    project
}

/// Replays one game in this process, and tells what it left.
fn replayed(project: &TestProject, data: &Path) -> Json {
    let data = data.display().to_string();
    project.json(&["stream", "replay", "--stream", "plays", "--data", &data, "--games", "1"]);
    project.json(&["stream", "status", "--states"])["streams"]["plays"].take()
}

#[test]
fn a_stream_leaves_the_same_states_in_redis_as_in_its_own_database() {
    let Some(server) = RedisServer::start() else { return };
    let projects = [TestProject::nfl(), with_redis(&server)];
    let data = plays(&projects[0], 2023);
    let [embedded, redis] = projects.each_ref().map(|project| replayed(project, &data));
    assert!(embedded["state_hash"].is_string(), "{embedded}");
    assert_eq!((&redis["state_hash"], &redis["totals"]), (&embedded["state_hash"], &embedded["totals"]));
    assert_ne!(server.ask::<u64>(&["DBSIZE"]), 0);

    // Emptied it is filled from the log; what comes again is recognised all the same.
    server.ask::<()>(&["FLUSHALL"]);
    let [embedded, redis] = projects.each_ref().map(|project| replayed(project, &data));
    assert_eq!((&redis["state_hash"], &redis["totals"]), (&embedded["state_hash"], &embedded["totals"]));
}

#[test]
fn the_doctor_tells_whether_redis_can_keep_states() {
    let Some(mut server) = RedisServer::start() else { return };
    let project = with_redis(&server);
    let finding = || {
        let output = project.output(&["doctor", "--json"]);
        let findings = last_json_line(&output)["findings"].take();
        let found = findings.as_array().and_then(|all| all.iter().find(|finding| finding["name"] == "redis").cloned());
        found.unwrap_or_else(|| panic!("nothing of redis: {findings}"))
    };
    assert_eq!(finding()["status"], "ok");
    server.ask::<()>(&["CONFIG", "SET", "maxmemory-policy", "allkeys-lru"]);
    let evicts = finding();
    assert_eq!(evicts["status"], "fail");
    assert!(evicts["detail"].as_str().is_some_and(|detail| detail.contains("noeviction")), "{evicts}");
    server.kill();
    assert_eq!(finding()["status"], "fail");
}

#[test]
fn a_server_that_cannot_be_reached_is_named_without_its_password() {
    let project = TestProject::nfl();
    project.append_to_manifest("\n[connections]\nredis = { url = \"redis://:${CLUTCH_TEST_SECRET}@127.0.0.1:1\" }\n");
    let output = project.command(&["serve", "--listen", "127.0.0.1:0"]).env("CLUTCH_TEST_SECRET", "hunter2").output();
    let output = output.expect("clutch runs");
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{text}");
    assert!(text.contains("redis://127.0.0.1:1") && !text.contains("hunter2"), "{text}");
}
