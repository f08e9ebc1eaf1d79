//! What is done by hand when something went wrong: dead letters given back, a stream moved to other partitions, a second server
//! beside the first.

use std::path::Path;

use serde_json::Value as Json;

use crate::support::{Server, TestProject, plays};

fn replay(project: &TestProject, data: &Path) -> Json {
    let data = data.display().to_string();
    project.json(&["stream", "replay", "--stream", "plays", "--data", &data, "--games", "1"])
}

fn status(project: &TestProject) -> Json {
    project.json(&["stream", "status", "--states"])["streams"]["plays"].take()
}

fn letters(project: &TestProject, args: &[&str]) -> Json {
    project.json(&[&["stream", "deadletters"], args].concat())
}

#[test]
fn dead_letters_given_back_are_accepted_once_whatever_their_lateness() {
    let project = TestProject::nfl();
    let data = plays(&project, 2023);
    let sent = replay(&project, &data)["sent"].as_u64().expect("sent");
    replay(&project, &data);
    let late = letters(&project, &["list"])["plays"]["stages"]["late"].as_u64().expect("late ones");

    let dry = letters(&project, &["redrive", "--stage", "late", "--dry-run"]);
    assert_eq!((&dry["chosen"], &dry["redriven"]), (&late.into(), &0.into()));
    assert_eq!(letters(&project, &["redrive", "--stage", "late"])["redriven"], late);
    // By stage there is none left, and one that is named has been before.
    assert_eq!(letters(&project, &["redrive", "--stage", "late"])["chosen"], 0);
    let listed = letters(&project, &["list", "--stage", "late", "--limit", "1"]);
    assert_eq!(listed["plays"]["redriven"], late);
    let letter = &listed["plays"]["dead_letters"][0];
    assert_eq!(letter["redriven"], true);
    let place = letter["place"].as_str().expect("place");
    assert_eq!(letters(&project, &["redrive", place])["before"], 1);

    // Whoever works the stream next takes them, and then the game for the third time.
    let third = replay(&project, &data);
    assert_eq!((&third["sent"], &status(&project)["totals"]["accepted"]), (&sent.into(), &(sent + late).into()));
    let missing = project.output(&["stream", "deadletters", "redrive"]);
    assert_eq!(missing.status.code(), Some(2), "everything at once has to be asked for");
}

#[test]
fn a_stream_moved_to_other_partitions_goes_on_where_it_was() {
    let project = TestProject::nfl();
    let data = plays(&project, 2023);
    let sent = replay(&project, &data)["sent"].as_u64().expect("sent");
    let before = status(&project);
    let path = project.dir().join("clutch.toml");
    let manifest = std::fs::read_to_string(&path).expect("clutch.toml");

    // Declared otherwise without being moved it says what to do.
    std::fs::write(&path, manifest.replace("key        = [", "partitions = 6\nkey        = [")).expect("writable");
    let refused = project.output(&["stream", "status"]);
    let text = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && text.contains("clutch stream migrate"), "{text}");

    let moved = project.json(&["stream", "migrate", "--stream", "plays", "--to", "nfl-wider", "--partitions", "6"]);
    assert_eq!((&moved["consumed"], &moved["waiting"]), (&sent.into(), &0.into()));
    let wider = manifest.replace("\"nfl-plays\"", "\"nfl-wider\"\npartitions = 6");
    std::fs::write(&path, wider).expect("writable");

    let again = replay(&project, &data);
    assert_eq!(again["sent"], sent);
    let after = status(&project);
    assert_eq!(after["partitions"].as_array().map(Vec::len), Some(6));
    assert_eq!(after["state_hash"], before["state_hash"]);
    assert_eq!(after["totals"]["accepted"], before["totals"]["accepted"]);
}

#[test]
fn a_second_server_of_a_project_has_a_folder_of_its_own() {
    let project = TestProject::nfl();
    let first = Server::start(&project);
    let own = project.dir().join(".clutch/second").display().to_string();
    let second = Server::start_with(&project, &["--state-dir", &own]);
    assert_ne!(first.ready["admin"], second.ready["admin"]);
    for more in [&[][..], &["--state-dir", &own]] {
        let status = project.json(&[&["stream", "status"], more].concat());
        assert_eq!(status["running"], true);
    }
    assert!(second.terminate().success());
    assert_eq!(project.json(&["stream", "status", "--state-dir", &own])["running"], false);
}
