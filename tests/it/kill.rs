//! Exactly once, shown by killing the real server: SIGKILL at whatever moment, twenty times in one replay.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use features::batch::{Order, compute, read_history};
use features::project::Project;
use features::value::Value;
use models::registry::{DirectoryRegistry, Registry};
use serde_json::{Value as Json, json};

use crate::support::{Server, TestProject, assert_success, copy_folder, json_lines, plays};

const KILLS: u64 = 20;
const GAMES: &str = "40";
/// Of each game; slow enough that every kill finds the replay under way, though a busy machine takes seconds to start a
/// server, in which events gather.
const RATE: &str = "3/s";
/// Where nothing is killed: the same order, sooner.
const CALM_RATE: &str = "300/s";

/// Game and play.
type Play = (String, i64);

/// Everything that a replay leaves behind, by what must be equal however it went.
struct Outcome {
    probabilities: BTreeMap<Play, f64>,
    counters: Json,
    state_hash: Json,
}

#[test]
fn a_server_killed_twenty_times_predicts_every_kept_play_once_and_leaves_the_same_state() {
    let calm = TestProject::nfl();
    calm.append_to_manifest(
        "\n[sinks.lines]\nendpoint = \"win_probability\"\nformat = \"jsonl\"\npath = \"predictions.jsonl\"\n",
    );
    train(&calm);
    let stormy = TestProject::nfl();
    copy_folder(&calm.dir(), &stormy.dir());
    let data = plays(&calm, 2023);

    let undisturbed = {
        let _server = Server::start(&calm);
        assert_success(&replay(&calm, &data, CALM_RATE).output().expect("clutch runs"));
        outcome(&calm)
    };
    assert_eq!(replay_through_kills(&stormy, &data), KILLS, "the replay ended before the last kill");
    let disturbed = {
        let _server = Server::start(&stormy);
        outcome(&stormy)
    };

    assert_eq!(disturbed.counters, undisturbed.counters);
    assert_eq!(disturbed.state_hash, undisturbed.state_hash);
    assert_equal(&disturbed.probabilities, &undisturbed.probabilities);
    assert_equal(&disturbed.probabilities, &batch_probabilities(&calm, &data));
}

/// To the bit, and saying of thousands only the first that differs.
#[track_caller]
fn assert_equal(left: &BTreeMap<Play, f64>, right: &BTreeMap<Play, f64>) {
    let plays: BTreeSet<&Play> = left.keys().chain(right.keys()).collect();
    let bits = |side: &BTreeMap<Play, f64>, play| side.get(play).map(|p| p.to_bits());
    let differing = plays.into_iter().find(|play| bits(left, play) != bits(right, play));
    assert_eq!(differing.map(|play| (play, left.get(play), right.get(play))), None);
    assert!(!left.is_empty());
}

/// A model of its own from a few simulated games: what it says does not matter here, that it says it once does.
pub(crate) fn train(project: &TestProject) {
    let out = project.dir().join("simulated");
    let out = out.display().to_string();
    let simulate =
        ["data", "simulate", "nfl", "--seasons", "2", "--first-season", "2022", "--games", "30", "--no-import"];
    assert_success(&project.output(&[&simulate[..], &["--out", &out]].concat()));
    let data = format!("plays={out}/*.parquet");
    project.json(&["train", "--model", "win_probability", "--data", &data]);
}

fn replay(project: &TestProject, data: &Path, rate: &str) -> Command {
    let data = data.display().to_string();
    project.command(&["stream", "replay", "--stream", "plays", "--data", &data, "--games", GAMES, "--rate", rate])
}

/// Replays while the server is killed and started again; says how often it was killed before the replay had ended.
fn replay_through_kills(project: &TestProject, data: &Path) -> u64 {
    let mut server = Server::start(project);
    let mut replaying =
        replay(project, data, RATE).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("replay starts");
    let mut kills = 0;
    let mut committed = 0;
    while kills < KILLS {
        // Each life of the server gets some way further, then dies in the middle of whatever it is doing.
        let target = committed + 60 + 13 * (kills % 5);
        let reached = wait(|| {
            let ended = replaying.try_wait().expect("status").is_some();
            let committed = status(project)["totals"]["committed"].as_u64().expect("committed");
            (ended || committed >= target).then_some((committed, ended))
        });
        committed = reached.0;
        if reached.1 {
            break;
        }
        server.kill();
        kills += 1;
        server = Server::start(project);
    }
    let ended = replaying.wait_with_output().expect("replay ends");
    assert_success(&ended);
    kills
}

fn status(project: &TestProject) -> Json {
    project.json(&["stream", "status"])["streams"]["plays"].take()
}

/// Waits until so many events are committed or the log has no more; says how many are.
pub(crate) fn wait_until_committed(project: &TestProject, target: u64) -> u64 {
    wait(|| {
        let committed = status(project)["totals"]["committed"].as_u64().expect("committed");
        (committed >= target).then_some(committed)
    })
}

/// Waits until every event is worked off and in the sink `lines`; says how the stream `plays` stands then.
pub(crate) fn wait_until_worked_off(project: &TestProject) -> Json {
    wait(|| {
        let all = project.json(&["stream", "status", "--states"]);
        let plays = &all["streams"]["plays"];
        let done = plays["totals"]["lag"] == 0 && all["sinks"]["lines"]["behind"] == 0;
        (done && plays["totals"]["end"].as_u64() > Some(0)).then(|| plays.clone())
    })
}

/// Asks again and again, for five minutes at most: a busy machine is slow.
fn wait<T>(mut ask: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(300);
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < deadline, "waited for five minutes");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// What a replay left, once everything is worked off and in the sink's file.
fn outcome(project: &TestProject) -> Outcome {
    let status = wait_until_worked_off(project);
    let mut probabilities = BTreeMap::new();
    for line in json_lines(&project.dir().join("predictions.jsonl")) {
        let id = &line["id"];
        let game = id["game_id"].as_str().expect("game_id").to_owned();
        let play = (game, id["play_id"].as_i64().expect("play_id"));
        let probability = line["outputs"]["probability"].as_f64().expect("probability");
        assert_eq!(probabilities.insert(play.clone(), probability), None, "{play:?} was predicted twice");
    }
    let totals = &status["totals"];
    let counted = ["accepted", "late", "duplicate", "future", "invalid", "predictions", "keys", "end"];
    let counters =
        counted.iter().map(|name| (name.to_string(), totals[*name].clone())).collect::<serde_json::Map<_, _>>();
    Outcome { probabilities, counters: json!(counters), state_hash: status["state_hash"].clone() }
}

/// The same by the batch host and the registered model, over the games that the replay takes: the first of the file.
fn batch_probabilities(project: &TestProject, data: &Path) -> BTreeMap<Play, f64> {
    let dir = project.dir();
    let checked = Project::load(&dir, &|_| None).expect("project");
    let model = &checked.models["win_probability"];
    let history = read_history(&model.view.stream, &data.display().to_string(), &|_| ()).expect("history");
    let rows = compute(&model.view, &history, Order::Served).expect("rows").table;

    let registry = DirectoryRegistry::new(dir.join(".clutch/registry"), Arc::new(|| 0));
    let predictor = registry.load("win_probability", 1).expect("version").artifact.predictor().expect("native");

    let mut games = Vec::new();
    let mut probabilities = BTreeMap::new();
    for row in 0..rows.rows {
        let [Value::String(game), Value::Int(play)] = [rows.columns[0].value(row), rows.columns[1].value(row)] else {
            panic!("the view begins with game_id and play_id")
        };
        if !games.contains(&game) {
            games.push(game.clone());
        }
        if GAMES.parse::<usize>().expect("a number") < games.len() {
            break;
        }
        let number = |&column: &usize| rows.columns[column].value(row).as_number().unwrap_or(f64::NAN);
        let mut output = [0.0];
        predictor.predict(&model.inputs.iter().map(number).collect::<Vec<_>>(), &mut output);
        probabilities.insert((game.to_string(), play), output[0]);
    }
    probabilities
}
