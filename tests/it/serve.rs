//! `clutch serve` and `clutch predict`, from the command line.

use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::process::Output;
use std::sync::Arc;

use models::registry::{CHAMPION, DirectoryRegistry, Registry};
use serde_json::{Value, json};

use crate::support::{Server, TestProject, last_json_line, publish_constant};

/// A first down late in a close game, in the fields of the `nfl` project.
const PLAY: &str = r#"{"game_id":"2024_22_KC_PHI","play_id":40,"season":2024,"season_type":"POST","week":22,
    "game_date":"2025-02-09","home_team":"PHI","away_team":"KC","posteam":"PHI","defteam":"KC","qtr":4,
    "game_seconds_remaining":300.0,"down":1,"ydstogo":10,"yardline_100":40.0,"score_differential":3.0,
    "posteam_score":17.0,"defteam_score":14.0,"posteam_timeouts_remaining":3.0,"defteam_timeouts_remaining":2.0,
    "receive_2h_ko":0.0,"play_type":"pass","spread_line":-1.5,"total_line":48.5}"#;

/// Status and body of a POST to `/predict`.
fn ask(server: &Server) -> (u16, Value) {
    let body = format!(r#"{{"endpoint":"win_probability","event":{PLAY}}}"#);
    let answer = ureq::post(server.url("/predict"))
        .config()
        .http_status_as_error(false)
        .build()
        .header("Content-Type", "application/json")
        .send(body)
        .expect("an answer");
    let status = answer.status().as_u16();
    (status, serde_json::from_reader(answer.into_body().into_reader()).expect("JSON"))
}

fn text(server: &Server, path: &str) -> String {
    ureq::get(server.url(path)).call().expect("an answer").into_body().read_to_string().expect("text")
}

fn get(server: &Server, path: &str) -> Value {
    serde_json::from_str(&text(server, path)).expect("JSON")
}

/// The value of a metric, by its name and labels.
fn metric(server: &Server, name: &str) -> String {
    let metrics = text(server, "/metrics");
    let line = metrics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("{name} is not in\n{metrics}")).to_owned()
}

#[track_caller]
fn assert_refused(output: &Output, code: i32, parts: &[&str]) {
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{text}");
    for part in parts {
        assert!(text.contains(part), "`{part}` is not in\n{text}");
    }
}

#[test]
fn a_server_without_a_model_serves_the_first_that_comes() {
    let project = TestProject::nfl();
    let server = Server::start(&project);
    assert_eq!(server.ready["endpoints"][0]["version"], Value::Null);
    let (status, problem) = ask(&server);
    assert_eq!((status, &problem["code"]), (503, &json!("model_unavailable")));
    publish_constant(&project, 0.0);
    let answer = std::iter::repeat_with(|| ask(&server)).find(|(status, _)| *status == 200).expect("it is picked up").1;
    assert_eq!((&answer["version"], &answer["outputs"]), (&json!(1), &json!({ "probability": 0.5 })));
}

#[test]
fn a_second_server_on_one_folder_names_the_first() {
    let project = TestProject::nfl();
    let server = Server::start(&project);
    let second = project.output(&["serve", "--listen", "127.0.0.1:0"]);
    let (pid, url) = (server.ready["pid"].to_string(), server.url(""));
    assert_refused(&second, 3, &["one server at a time", &format!("process {pid}"), &url]);
}

#[test]
fn a_port_that_is_taken_is_said_to_be() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("address").to_string();
    let output = TestProject::nfl().output(&["serve", "--listen", &address]);
    assert_refused(&output, 3, &["something else listens there", &address, "--listen"]);
}

#[test]
fn an_address_that_is_none_is_a_usage_error() {
    assert_refused(&TestProject::nfl().output(&["serve", "--listen", "nowhere"]), 2, &["--listen nowhere"]);
}

#[test]
fn a_folder_that_cannot_be_used_is_named_with_a_remedy() {
    let project = TestProject::nfl();
    std::fs::write(project.dir().join(".clutch"), "a file is in the way").expect("written");
    let output = project.output(&["serve", "--listen", "127.0.0.1:0"]);
    assert_refused(&output, 3, &[".clutch", "must be writable"]);
}

#[test]
fn a_bad_project_is_not_served() {
    let project = TestProject::nfl();
    project.append_to_manifest("\n[endpoints.extra]\nmodel = \"win_probabilty\"\n");
    assert_refused(&project.output(&["serve", "--listen", "127.0.0.1:0"]), 2, &["win_probability", "clutch.toml"]);
}

#[test]
fn the_server_stops_when_it_is_asked_to_and_gives_up_the_folder() {
    let project = TestProject::nfl();
    let server = Server::start(&project);
    assert_eq!(server.terminate().code(), Some(0));
    Server::start(&project);
}

#[test]
fn asked_twice_it_stops_at_once() {
    let project = TestProject::nfl();
    let server = Server::start(&project);
    let address = server.ready["http"].as_str().expect("address").to_owned();
    // A request whose body never comes holds up the graceful end.
    let mut client = TcpStream::connect(&address).expect("connect");
    let head = "POST /predict HTTP/1.1\r\nhost: h\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n";
    client.write_all(head.as_bytes()).expect("send");
    while metric(&server, "clutch_http_in_flight") != "1" {}
    server.signal();
    while TcpStream::connect(&address).is_ok() {}
    server.signal();
    assert_eq!(server.wait().code(), Some(130));
}

#[test]
fn a_broken_champion_is_reported_and_the_last_good_version_serves_on() {
    let project = TestProject::nfl();
    publish_constant(&project, 0.0);
    let server = Server::start(&project);
    publish_constant(&project, 1.0);
    let version = project.dir().join(".clutch/registry/win_probability/versions/2");
    std::fs::write(version.join("model.json"), "{").expect("damaged");
    let registry = DirectoryRegistry::new(project.dir().join(".clutch/registry"), Arc::new(|| 0));
    registry.set_alias("win_probability", CHAMPION, 2, "").expect("alias");
    let status = || get(&server, "/models/status")["endpoints"][0].clone();
    let status = std::iter::repeat_with(status).find(|status| status["status"] == "fallback").expect("it is noticed");
    assert_eq!((&status["champion"], &status["serving"]["version"]), (&json!(2), &json!(1)));
    assert!(status["refused"]["reason"].as_str().is_some_and(|reason| reason.contains("broken")), "{status}");
    let (code, answer) = ask(&server);
    assert_eq!((code, &answer["version"]), (200, &json!(1)));
    assert_eq!(metric(&server, r#"clutch_model_broken{endpoint="win_probability",model="win_probability"}"#), "2");
}

#[test]
fn predict_asks_the_running_server_and_does_without_one() {
    let project = TestProject::nfl();
    publish_constant(&project, 1.0);
    let args = ["predict", "--model", "win_probability@champion", "--event", PLAY];
    let before = project.json(&args);
    let server = Server::start(&project);
    let beside = project.json(&args);
    server.terminate();
    let after = project.json(&args);
    let expected = 1.0 / (1.0 + (-1.0_f64).exp());
    for answer in [before, beside, after] {
        let probability = answer["outputs"]["probability"].as_f64().expect("a probability");
        assert!((probability - expected).abs() < 1e-12, "{answer}");
        assert_eq!(answer["version"], 1);
    }
}

#[test]
fn predict_tells_mistakes_from_answers_that_are_no() {
    let project = TestProject::nfl();
    publish_constant(&project, 0.0);
    let output = project.output(&["predict", "--model", "win_probabilty", "--event", PLAY]);
    assert_refused(&output, 2, &["win_probabilty", "did you mean `win_probability`?"]);
    let output = project.output(&["predict", "--model", "win_probability", "--event", "{"]);
    assert_refused(&output, 2, &["--event is not JSON"]);
    let output = project.output(&["predict", "--model", "win_probability"]);
    assert_refused(&output, 2, &["--event", "--key", "--features"]);
    let unknown = project.output(&["predict", "--json", "--model", "win_probability", "--key", r#"{"game_id":"g"}"#]);
    assert_refused(&unknown, 1, &["the view has no row of this key yet"]);
    assert_eq!(last_json_line(&unknown)["problem"]["code"], "unknown_key");
}

#[test]
fn a_project_without_models_is_served_and_trains_nothing() {
    let project = TestProject::nfl();
    let manifest = project.dir().join("clutch.toml");
    let text = std::fs::read_to_string(&manifest).expect("clutch.toml");
    let streams = text.split("# Who wins").next().expect("streams");
    std::fs::write(&manifest, streams).expect("writable");

    let server = Server::start(&project);
    assert_eq!(get(&server, "/models/status")["endpoints"], json!([]));
    if cfg!(feature = "train") {
        let refused = project.output(&["train", "--model", "win_probability"]);
        assert_eq!(refused.status.code(), Some(2));
        assert!(String::from_utf8_lossy(&refused.stderr).contains("declares no model"));
    }
}
