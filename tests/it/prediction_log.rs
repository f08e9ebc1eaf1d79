//! The prediction log, from outside: what a server logs is computed again, labelled, and forgotten.

use std::ops::ControlFlow;

use serde_json::{Value, json};
use serving::prediction_log::{Range, observations};
use serving::tables::{SqliteTables, Tables};

use crate::support::{Server, TestProject, assert_success, json_lines, last_json_line, plays, publish_constant};

/// A first down late in a close game, in the fields of the `nfl` project.
const PLAY: &str = r#"{"game_id":"2024_22_KC_PHI","play_id":40,"season":2024,"season_type":"POST","week":22,
    "game_date":"2025-02-09","home_team":"PHI","away_team":"KC","posteam":"PHI","defteam":"KC","qtr":4,
    "game_seconds_remaining":300.0,"down":1,"ydstogo":10,"yardline_100":40.0,"score_differential":3.0,
    "posteam_score":17.0,"defteam_score":14.0,"posteam_timeouts_remaining":3.0,"defteam_timeouts_remaining":2.0,
    "receive_2h_ko":0.0,"play_type":"pass","spread_line":-1.5,"total_line":48.5}"#;

fn post(server: &Server, path: &str, body: &str) -> (u16, Value) {
    let answer = ureq::post(server.url(path))
        .config()
        .http_status_as_error(false)
        .build()
        .header("Content-Type", "application/json")
        .send(body)
        .expect("an answer");
    let status = answer.status().as_u16();
    (status, serde_json::from_reader(answer.into_body().into_reader()).expect("JSON"))
}

fn predict(server: &Server) -> String {
    let (status, answer) = post(server, "/predict", &format!(r#"{{"endpoint":"win_probability","event":{PLAY}}}"#));
    assert_eq!(status, 200, "{answer}");
    answer["prediction_id"].as_str().expect("an id").to_owned()
}

/// Of each logged answer of the endpoint: its unit, and its outcome.
fn logged(project: &TestProject) -> Vec<(String, Option<f64>)> {
    let mut tables = SqliteTables::open(&project.dir().join(".clutch/tables.db")).expect("tables");
    let tables: &mut dyn Tables = &mut tables;
    let range = Range { endpoint: "win_probability".into(), experiment: None, from: 0, to: i64::MAX };
    let mut found = Vec::new();
    observations(tables, &range, &mut |o| {
        found.push((o.unit.unwrap_or_default().to_owned(), o.outcome));
        ControlFlow::Continue(())
    })
    .expect("read");
    found
}

#[test]
fn a_prediction_is_logged_replayed_labelled_and_forgotten() {
    let project = TestProject::nfl();
    publish_constant(&project, 0.25);
    let server = Server::start(&project);
    let id = predict(&server);
    let other = predict(&server);
    // Told before it is in the tables it waits, and after that it is joined: both are taken.
    let outcome = format!(r#"{{"prediction_id":"{other}","outcome":false}}"#);
    let (status, told) = post(&server, "/feedback", &outcome);
    assert!([200, 202].contains(&status), "{told}");
    let unit = r#"{"endpoint":"win_probability","unit":"2024_22_KC_PHI","outcomes":{"result":18}}"#;
    let (status, told) = post(&server, "/feedback", unit);
    assert!([200, 202].contains(&status), "{told}");
    assert_eq!(post(&server, "/feedback", unit).1["status"], "repeated");
    let (status, problem) = post(&server, "/feedback", &outcome.replace("false", "true"));
    assert_eq!((status, &problem["code"]), (409, &json!("contradictory_outcome")));
    let (status, problem) = post(&server, "/feedback", &outcome.replace("false", "0.5"));
    assert!((status == 422 && problem["code"] == "mistyped_outcome") || status == 409, "{problem}");
    server.terminate();

    let unit = "2024_22_KC_PHI".to_owned();
    let mut found = logged(&project);
    found.sort_by(|a, b| a.1.partial_cmp(&b.1).expect("comparable"));
    assert_eq!(found, [(unit.clone(), Some(0.0)), (unit, Some(1.0))], "PHI was at home and won");

    let replayed = project.json(&["predict", "--replay", &id]);
    assert_eq!((&replayed["same"], &replayed["logged"]), (&json!(true), &replayed["replayed"]));
    assert_eq!(replayed["unit"], "2024_22_KC_PHI");
    let unknown = project.output(&["predict", "--replay", "00000000-0000-7000-8000-000000000000"]);
    assert_eq!(unknown.status.code(), Some(2));

    let server = Server::start(&project);
    let file = project.dir().join("unit.jsonl");
    let path = file.display().to_string();
    let forget = ["data", "forget", "--unit", "2024_22_KC_PHI", "--export", &path];
    let forgotten = project.json(&forget);
    assert_eq!((&forgotten["predictions"], &forgotten["exported"]), (&json!(2), &json!(4)), "{forgotten}");
    assert_eq!(json_lines(&file)[0]["endpoint"], "win_probability");
    assert_eq!(project.output(&forget).status.code(), Some(2), "a file that is there is not written over");
    server.terminate();
    assert_eq!(logged(&project), []);
}

#[test]
fn a_version_that_is_not_what_it_was_does_not_pass_for_it() {
    let project = TestProject::nfl();
    publish_constant(&project, 0.25);
    let server = Server::start(&project);
    let id = predict(&server);
    server.terminate();
    std::fs::remove_dir_all(project.dir().join(".clutch/registry")).expect("removed");
    publish_constant(&project, 0.5);
    let refused = project.output(&["predict", "--json", "--replay", &id]);
    assert_eq!(refused.status.code(), Some(3));
    let error = last_json_line(&refused)["error"].to_string();
    assert!(error.contains("is not what it was"), "{error}");
}

#[test]
fn streamed_predictions_are_in_the_tables_once_with_the_outcome_of_their_game() {
    let project = TestProject::nfl();
    publish_constant(&project, 0.0);
    let data = plays(&project, 2023).display().to_string();
    let server = Server::start(&project);
    let replay = ["stream", "replay", "--stream", "plays", "--data", &data, "--games", "2"];
    assert_success(&project.output(&replay));
    // Killed at any time: what the tables had not got is in the log.
    server.kill();
    Server::start(&project).terminate();
    Server::start(&project).terminate();
    let found = logged(&project);
    let status = project.json(&["stream", "status"]);
    let published = status["streams"]["plays"]["totals"]["predictions"].as_u64().expect("a number");
    assert_eq!(found.len() as u64, published, "{status}");
    let units: std::collections::BTreeSet<&String> = found.iter().map(|(unit, _)| unit).collect();
    assert_eq!(units.len(), 2);
    // Overtime and ties have no label.
    let labelled = found.iter().filter(|(_, outcome)| outcome.is_some()).count();
    assert!(labelled * 10 > found.len() * 8, "{labelled} of {}", found.len());
    assert!(found.iter().any(|(_, outcome)| *outcome == Some(1.0)) && found.iter().any(|(_, o)| *o == Some(0.0)));
}
