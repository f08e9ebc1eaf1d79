//! A project from nothing to a clean check, and what is said of a bad one.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{TestProject, assert_success, clutch, last_json_line, plays};

const SAMPLE: &str = "match_id,minute,at,lead,home_win\n\
    a,1,2024-01-06 15:01:00,0,true\na,2,2024-01-06 15:02:00,1,true\na,3,2024-01-06 15:03:00,1,true\n\
    b,1,2024-01-13 15:01:00,0,false\nb,2,2024-01-13 15:02:00,-1,false\nb,3,2024-01-13 15:03:00,-2,false\n";

/// Writes the sample in one of the formats that a person may have.
fn write_sample(folder: &Path, name: &str) -> String {
    let path = folder.join(name);
    let text = if name.ends_with(".csv") {
        SAMPLE.to_owned()
    } else {
        let cells = SAMPLE.lines().skip(1).map(|line| line.split(',').collect::<Vec<_>>());
        let line = |c: Vec<&str>| {
            format!(
                "{{\"match_id\":\"{}\",\"minute\":{},\"at\":\"{}\",\"data\":{{\"lead\":{}}},\"home_win\":{}}}\n",
                c[0], c[1], c[2], c[3], c[4]
            )
        };
        cells.map(line).collect()
    };
    fs::write(&path, text).expect("sample");
    path.display().to_string()
}

fn init(folder: &Path, args: &[&str]) -> std::process::Output {
    clutch().arg("init").args(args).arg("--json").current_dir(folder).output().expect("clutch runs")
}

#[test]
fn a_proposed_project_passes_its_check_and_reads_its_sample() {
    let folder = TempDir::new().expect("folder");
    for (name, format) in [("league", "sample.csv"), ("live", "sample.jsonl")] {
        let sample = write_sample(folder.path(), format);
        let output = init(folder.path(), &[name, "--from", &sample]);
        assert_success(&output);
        assert_eq!(last_json_line(&output)["files"][0], "clutch.toml");
        let run = |args: &[&str]| {
            let output = clutch().args(args).args(["--project", name, "--json"]).current_dir(folder.path()).output();
            let output = output.expect("clutch runs");
            assert_success(&output);
            last_json_line(&output)
        };
        let checked = run(&["check"]);
        assert_eq!(checked["streams"][0]["key"], serde_json::json!(["match_id"]), "{checked}");
        assert_eq!(checked["streams"][0]["id"], serde_json::json!(["match_id", "minute"]));
        assert_eq!(checked["streams"][0]["outcomes"], serde_json::json!(["home_win"]));
        assert_eq!(checked["models"][0]["task"], "classification");
        run(&["data", "import", &sample]);
        let view = checked["views"][0]["name"].as_str().expect("a view").to_owned();
        run(&["features", "--view", &view, "--out", &format!("{name}.parquet")]);
    }
}

#[test]
fn nothing_of_anybodys_is_overwritten() {
    let folder = TempDir::new().expect("folder");
    fs::create_dir(folder.path().join("nfl")).expect("folder");
    fs::write(folder.path().join("nfl/mine.txt"), "mine").expect("file");
    let output = init(folder.path(), &["nfl", "--template", "nfl"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(fs::read_dir(folder.path().join("nfl")).expect("folder").count(), 1);
}

#[test]
fn init_says_what_it_needs() {
    let folder = TempDir::new().expect("folder");
    for args in [&["x"][..], &["x", "--template", "nhl"], &["x", "--from", "missing.csv"], &["..", "--template", "nfl"]]
    {
        assert_eq!(init(folder.path(), args).status.code(), Some(2), "{args:?}");
    }
    assert_eq!(fs::read_dir(folder.path()).expect("folder").count(), 0);
}

#[test]
fn a_clean_project_says_what_it_declares() {
    let checked = TestProject::nfl().json(&["check"]);
    assert_eq!(checked["problems"], serde_json::json!([]));
    assert_eq!(checked["models"].as_array().map(Vec::len), Some(8));
    let hash = checked["views"][1]["hash"].as_str().expect("a hash");
    assert_eq!(hash.len(), 32);
}

#[test]
fn a_bad_project_is_told_in_full_and_ends_with_2() {
    let project = TestProject::nfl();
    project.append_to_manifest("\n[endpoints.extra]\nmodel = \"win_probabilty\"\nwhatever = 1\n");
    fs::write(project.dir().join("views/broken.sql"), "CREATE VIEW broken AS SELECT dwn FROM plays").expect("view");
    let output = project.output(&["check", "--json"]);
    assert_eq!(output.status.code(), Some(2));
    let problems = last_json_line(&output)["problems"].as_array().cloned().unwrap_or_default();
    let messages: Vec<&str> = problems.iter().filter_map(|p| p["message"].as_str()).collect();
    assert_eq!(
        messages,
        ["no model `win_probabilty`", "unknown key `whatever` in [endpoints.extra]", "no field `dwn`"]
    );
    assert!(problems.iter().all(|p| p["line"].as_u64() > Some(0) && p["help"].is_string()), "{problems:?}");
    let shown = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(shown.contains("did you mean `down`?") && shown.contains("^^^"), "{shown}");
}

#[test]
fn views_are_listed_and_shown() {
    let project = TestProject::nfl();
    let views = project.json(&["views", "list"]);
    let names: Vec<&Value> = views["views"].as_array().expect("views").iter().map(|view| &view["name"]).collect();
    assert_eq!(names, ["game_score", "win_probability"]);
    let view = project.json(&["views", "show", "game_score"]);
    assert!(view["sql"].as_str().is_some_and(|sql| sql.contains("CREATE VIEW game_score")));
    assert_eq!(view["columns"][0], serde_json::json!({ "name": "game_id", "type": "string", "identity": true }));
    assert!(view["windows"][0]["window"].as_str().is_some_and(|window| window.starts_with("PARTITION BY game_id")));
    assert_eq!(project.output(&["views", "show", "gamescore"]).status.code(), Some(2));
}

#[test]
fn an_explanation_tells_measured_states_and_the_first_rows_are_shown() {
    let folder = TempDir::new().expect("folder");
    let sample = write_sample(folder.path(), "sample.csv");
    assert_success(&init(folder.path(), &["league", "--from", &sample]));
    let run = |args: &[&str]| {
        let output = clutch().args(args).args(["--project", "league"]).current_dir(folder.path()).output();
        let output = output.expect("clutch runs");
        assert_success(&output);
        output
    };
    let unmeasured = last_json_line(&run(&["check", "--explain", "--json"]));
    assert!(unmeasured["explained"][0]["measured_state_bytes"].is_null(), "{unmeasured}");
    run(&["data", "import", &sample]);
    let explained = last_json_line(&run(&["check", "--explain", "--json"]));
    assert_eq!(explained["explained"][0]["measured_state_bytes"]["keys"], 2, "{explained}");
    let view = explained["explained"][0]["view"].as_str().expect("a name").to_owned();
    let printed = String::from_utf8(run(&["check", "--explain"]).stdout).expect("text");
    assert!(printed.contains("stored bytes: median") && !printed.contains("O(1)"), "{printed}");
    let shown = String::from_utf8(run(&["features", "--view", &view, "--head", "2"]).stdout).expect("text");
    assert!(shown.lines().next().is_some_and(|header| header.starts_with("match_id")), "{shown}");
    assert_eq!(shown.lines().take_while(|line| !line.is_empty()).count(), 3, "{shown}");
}

/// What was imported and cannot be read is no history that is missing.
#[test]
fn an_explanation_tells_why_imported_history_is_not_measured() {
    let project = TestProject::nfl();
    let plays = plays(&project, 2023).display().to_string();
    project.json(&["data", "import", "--stream", "plays", &plays]);
    let of_stream = project.dir().join(".clutch/history/plays");
    for file in std::fs::read_dir(&of_stream).expect("history") {
        let path = file.expect("entry").path();
        if path.extension().is_some_and(|ending| ending == "parquet") {
            std::fs::write(path, "PAR1").expect("writable");
        }
    }
    let explained = project.json(&["check", "--explain"]);
    let view = &explained["explained"][0];
    assert!(view["measured_state_bytes"].is_null(), "{view}");
    assert!(view["unreadable_history"].as_str().is_some_and(|error| error.contains("parquet")), "{view}");
    let printed = project.output(&["check", "--explain"]);
    let printed = String::from_utf8_lossy(&printed.stdout).into_owned();
    assert!(printed.contains("not measured: the imported history cannot be read: "), "{printed}");
}

/// Longer than anything that is waited for takes.
const PATIENCE: Duration = Duration::from_secs(120);

/// Ends with the test, however that ends.
struct Watcher(Child);

impl Drop for Watcher {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_watched_project_is_checked_again_when_a_view_changes() {
    let project = TestProject::nfl();
    let mut watcher = Watcher(
        project
            .command(&["check", "--watch"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("clutch runs"),
    );
    let read = BufReader::new(watcher.0.stderr.take().expect("stderr")).lines().map_while(Result::ok);
    let (sender, receiver) = mpsc::channel();
    let reader = thread::spawn(move || read.for_each(|line| drop(sender.send(line))));
    let deadline = Instant::now() + PATIENCE;
    let mut lines =
        std::iter::from_fn(|| match receiver.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(line) => Some(line),
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => panic!("the watcher says nothing more, and runs"),
        });
    assert!(lines.any(|line| line.starts_with("watching")), "it ended before it watched");
    fs::write(project.dir().join("views/broken.sql"), "CREATE VIEW broken AS SELECT dwon FROM plays")
        .expect("writable");
    let told: Vec<String> = lines.by_ref().take_while(|line| !line.starts_with("watching")).collect();
    assert!(told.iter().any(|line| line.contains("no field `dwon`")), "{told:?}");
    let id = rustix::process::Pid::from_child(&watcher.0);
    rustix::process::kill_process(id, rustix::process::Signal::INT).expect("a running process");
    lines.for_each(drop);
    reader.join().expect("a reader");
    assert!(watcher.0.wait().expect("an end").success(), "Ctrl-C is no failure");
}
