//! The runtime skew check: a server whose every row is recomputed while it serves.

use std::sync::Arc;
use std::time::{Duration, Instant};

use features::host::{KeyState, StreamHost};
use features::online::{Claim, Flush, OnlineStore, Slot};
use features::project::Project;
use serde_json::{Value, json};
use serving::clock::SystemClock;
use serving::instance::{Instance, Places};

use crate::support::{Server, TestProject, assert_success, last_json_line, plays, publish_constant};

const ALL: &str = "\n[streams.plays.skew_check]\nshare = 1\nevery = \"100ms\"\n";

fn replay(project: &TestProject, data: &str, more: &[&str]) {
    let replay = ["stream", "replay", "--stream", "plays", "--data", data];
    assert_success(&project.output(&[&replay[..], more].concat()));
}

fn status(project: &TestProject) -> Value {
    project.json(&["stream", "status"])["streams"]["plays"].take()
}

/// What the check says once it has looked at `rows` rows, for which it may take two minutes.
fn checked(project: &TestProject, rows: u64) -> Value {
    let deadline = Instant::now() + Duration::from_secs(120);
    loop {
        let mut status = status(project);
        if status["skew"]["rows_checked"].as_u64() >= Some(rows) {
            return status["skew"].take();
        }
        assert!(Instant::now() < deadline, "{status}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn text(server: &Server, path: &str) -> String {
    ureq::get(server.url(path)).call().expect("an answer").into_body().read_to_string().expect("text")
}

/// The value of a metric that has these labels.
fn metric(metrics: &str, name: &str, labels: &str) -> Option<u64> {
    let line = metrics.lines().find(|line| line.starts_with(&format!("{name}{{")) && line.contains(labels))?;
    line.rsplit(' ').next()?.parse().ok()
}

#[test]
fn plays_that_are_served_are_recomputed_to_the_bit_across_restarts() {
    let project = TestProject::nfl();
    project.append_to_manifest(ALL);
    publish_constant(&project, 0.0);
    let data = plays(&project, 2023).display().to_string();
    let server = Server::start(&project);
    replay(&project, &data, &["--games", "6"]);
    // Each event that its WHERE keeps is a row of win_probability; every accepted one is a row of game_score.
    let first = status(&project);
    let count = |status: &Value, name: &str| status["totals"][name].as_u64().expect("a number");
    let rows = count(&first, "predictions") + count(&first, "unserved") / 2;
    let skew = checked(&project, rows);
    assert_eq!((&skew["mismatches"], &skew["missing_rows"]), (&json!(0), &json!(0)), "{skew}");
    assert_eq!((&skew["rows_checked"], &skew["rows_shed"]), (&json!(rows), &json!(0)), "{skew}");

    let metrics = text(&server, "/metrics");
    let of_view = metric(&metrics, "clutch_skew_rows_total", "win_probability");
    assert_eq!(of_view, Some(count(&first, "predictions")), "{metrics}");
    assert_eq!(metric(&metrics, "clutch_skew_mismatches_total", "win_probability"), Some(0));
    assert!(metric(&metrics, "clutch_skew_nulls_total", "side=\"served\"").is_some());
    let models: Value = serde_json::from_str(&text(&server, "/models/status")).expect("JSON");
    assert_eq!(models["endpoints"][0]["skew"]["rows_checked"].as_u64(), of_view);
    assert!(server.terminate().success());

    // The same games once more, all of them late or repeated, and two new ones after them.
    let _server = Server::start(&project);
    replay(&project, &data, &["--games", "8"]);
    let second = status(&project);
    let rows = count(&second, "predictions") + count(&second, "unserved") / 2 - rows;
    let skew = checked(&project, rows);
    assert_eq!((&skew["mismatches"], &skew["missing_rows"]), (&json!(0), &json!(0)), "{skew}");
    assert_eq!(second["skew_records"], 0);
    assert_success(&project.output(&["stream", "skew"]));
}

const SMALL: &str = r#"
[project]
name = "small"
[streams.plays]
key = ["game"]
id = ["game", "play"]
order = "play"
partitions = 1
[streams.plays.fields]
game = "string"
play = "int"
points = "float"
won = { type = "bool", outcome = true }
[models.win]
view = "form"
label = "won"
task = "classification"
[endpoints.win]
model = "win"
"#;

const FORM: &str = "CREATE VIEW form AS SELECT game, play, points, sum(points) OVER game AS so_far FROM plays \
                    WINDOW game AS (PARTITION BY game ORDER BY event_time)";

/// The state of key `g` is replaced by that of a key that was never seen.
fn lose_state(project: &TestProject) {
    let checked = Project::load(&project.dir(), &|_| None).expect("project");
    let places = Places { state_dir: project.dir().join(".clutch"), temporary: std::env::temp_dir() };
    let instance = Instance::open(&places, Arc::new(SystemClock)).expect("nobody else has it");
    let views = checked.views_of("plays");
    let slot = Slot::of(&views[0], 0);
    let store = instance.store();
    let record = store.claim(&slot, Claim([7; 16])).expect("claim");
    let host = StreamHost::new(checked.streams["plays"].clone(), views);
    let states = vec![(b"g".to_vec(), KeyState::default().encode(&host))];
    let flush = Flush { folded: record.folded, newest: record.newest, counters: record.counters, states };
    store.flush(&slot, record.hold(), &flush).expect("flush");
}

#[test]
fn a_state_that_was_lost_between_two_servers_is_told_in_metrics_status_and_on_the_skew_topic() {
    let project = TestProject::small(&(SMALL.to_owned() + ALL), "form", FORM);
    let write = |name: &str, plays: std::ops::Range<u32>| {
        let path = project.dir().join(name);
        let lines = plays.map(|play| format!("g,{play},0.5\n")).collect::<String>();
        std::fs::write(&path, "game,play,points\n".to_owned() + &lines).expect("written");
        path.display().to_string()
    };
    let (first, second) = (write("first.csv", 0..4), write("second.csv", 4..6));
    let server = Server::start(&project);
    replay(&project, &first, &[]);
    assert_eq!(checked(&project, 4)["mismatches"], 0);
    assert!(server.terminate().success());
    lose_state(&project);

    let server = Server::start(&project);
    replay(&project, &second, &[]);
    let skew = checked(&project, 2);
    assert_eq!((&skew["mismatches"], &skew["missing_rows"]), (&json!(2), &json!(0)), "{skew}");
    let metrics = text(&server, "/metrics");
    assert_eq!(metric(&metrics, "clutch_skew_mismatches_total", "feature=\"so_far\""), Some(2), "{metrics}");
    assert_eq!(metric(&metrics, "clutch_skew_mismatches_total", "feature=\"points\""), Some(0));

    let output = project.output(&["stream", "skew", "--json"]);
    assert_eq!(output.status.code(), Some(1));
    let told = last_json_line(&output);
    assert_eq!(told["plays"]["differences"], 2);
    let record = &told["plays"]["newest"][0];
    assert_eq!((&record["offset"], &record["feature"], &record["key"]), (&json!(4), &json!("so_far"), &json!("g")));
    assert_eq!(record["served"], json!({ "value": 0.5, "bits": "3fe0000000000000" }));
    assert_eq!(record["recomputed"], json!({ "value": 2.5, "bits": "4004000000000000" }));
}
