//! Two versions of a view: a model on the edited view is promoted while plays come in and the server is killed, and every
//! prediction is the one that the batch host makes for the version that made it.

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

use crate::support::{Server, TestProject, assert_success, json_lines, plays};

/// Games that are over when the new version is promoted: the history to build its view up from.
const EARLIER_GAMES: &str = "120";
/// Games that are being played meanwhile.
const GAMES: &str = "12";
/// Games that are played once the new version serves.
const LATER_GAMES: &str = "2";
/// Plays a second of each of those that are being played meanwhile.
const RATE: &str = "5/s";
const KILLS: usize = 3;

/// Game and play.
type Play = (String, i64);

/// What the batch host and a version of the model say.
struct Batch {
    probabilities: BTreeMap<Play, f64>,
    /// The model's inputs by name at the last play of each game.
    latest: BTreeMap<String, Json>,
}

#[test]
fn a_model_on_an_edited_view_takes_over_without_a_gap_while_the_server_is_killed() {
    let project = TestProject::nfl();
    project.append_to_manifest(
        "\n[sinks.lines]\nendpoint = \"win_probability\"\nformat = \"jsonl\"\npath = \"predictions.jsonl\"\n",
    );
    let path = project.dir().join("views/win_probability.sql");
    let older = std::fs::read_to_string(&path).expect("view");
    let newer =
        older.replace("ROWS 10 PRECEDING", "ROWS 60 PRECEDING").replace("ROWS 20 PRECEDING", "ROWS 90 PRECEDING");
    let write = |text: &str| std::fs::write(&path, text).expect("writable");
    simulate(&project);
    train(&project);
    let checked_older = load(&project);
    write(&newer);
    train(&project);
    let checked_newer = load(&project);
    write(&older);

    let [earlier, now, later] = [2022, 2023, 2024].map(|season| plays(&project, season));
    let server = Server::start(&project);
    assert_success(&replay(&project, &earlier, EARLIER_GAMES, "max").output().expect("clutch runs"));
    let live = replay(&project, &now, GAMES, RATE).stdout(Stdio::null()).spawn().expect("replay starts");
    let history = committed(&project);
    wait(|| (committed(&project) > history + 300).then_some(()));

    // The project is edited and the new version promoted, under way.
    write(&newer);
    project.json(&["models", "promote", "win_probability/2"]);
    wait(|| (!endpoint(&project)["awaited"].is_null() || endpoint(&project)["version"] == 2).then_some(()));
    let server = kill_while_built_up(&project, server, &checked_newer);
    wait(|| (endpoint(&project)["version"] == 2).then_some(()));
    assert_success(&live.wait_with_output().expect("replay ends"));
    assert_success(&replay(&project, &later, LATER_GAMES, "max").output().expect("clutch runs"));
    let status = drained(&project);

    let views = status["streams"]["plays"]["views"].as_array().expect("views");
    let hashes: Vec<_> = views.iter().filter(|v| v["view"] == "win_probability").map(|v| &v["view_hash"]).collect();
    assert_eq!(hashes, [&json!(checked_newer.views["win_probability"].hash)], "the older view's states are not kept");

    let sources = [(&earlier, EARLIER_GAMES), (&now, GAMES), (&later, LATER_GAMES)];
    let batch = [(1, &checked_older), (2, &checked_newer)].map(|(version, checked)| {
        let batches = sources.map(|(data, games)| batch(&project, checked, version, data, games));
        let [mut all, now, later] = batches;
        for batch in [now, later] {
            all.probabilities.extend(batch.probabilities);
            all.latest.extend(batch.latest);
        }
        all
    });
    let predicted = predictions(&project);
    assert!(predicted.keys().eq(batch[0].probabilities.keys()), "a play has no prediction, or one too many");
    let mut versions = BTreeSet::new();
    for (play, (version, probability)) in &predicted {
        versions.insert(*version);
        let expected = batch[*version as usize - 1].probabilities.get(play);
        assert_eq!(expected.map(|p| p.to_bits()), Some(probability.to_bits()), "{play:?} by version {version}");
    }
    assert_eq!(versions, BTreeSet::from([1, 2]));
    for (game, inputs) in &batch[1].latest {
        assert_eq!(features(&server, game), *inputs, "{game}");
    }
}

/// Kills the server again and again while the new version's view is built up. Each time that it comes back the version
/// before serves, and one that is asked for by name says that it has to wait.
fn kill_while_built_up(project: &TestProject, server: Server, newer: &Project) -> Server {
    let hash = json!(newer.views["win_probability"].hash);
    let mut server = server;
    let mut interrupted = 0;
    for _ in 0..KILLS {
        let (before, direct) = (status(project), ask(&server, r#""model":"win_probability/2""#, "2099_01_A_B"));
        let after = status(project);
        let views = after["streams"]["plays"]["views"].as_array().expect("views");
        let view = views.iter().find(|v| v["view_hash"] == hash).expect("it is kept");
        let endpoints = [&before, &after].map(|status| &status["endpoints"]["win_probability"]);
        if view["live"] == false {
            interrupted += 1;
            assert_eq!((direct.0, &direct.1["code"]), (503, &json!("view_not_ready")), "{}", direct.1);
            for endpoint in endpoints {
                assert_eq!((&endpoint["version"], &endpoint["awaited"]["version"]), (&json!(1), &json!(2)));
            }
            let awaited = &endpoints[1]["awaited"];
            assert!(awaited["percent"].as_u64() < Some(100) && awaited["of"].as_u64() > Some(0), "{awaited}");
        }
        server.kill();
        server = Server::start(project);
    }
    if interrupted == 0 {
        println!("the view was built up before the first kill: nothing was interrupted");
    }
    server
}

fn load(project: &TestProject) -> Project {
    Project::load(&project.dir(), &|_| None).expect("a good project")
}

fn simulate(project: &TestProject) {
    let out = project.dir().join("simulated").display().to_string();
    let simulate =
        ["data", "simulate", "nfl", "--seasons", "2", "--first-season", "2022", "--games", "30", "--no-import"];
    assert_success(&project.output(&[&simulate[..], &["--out", &out]].concat()));
}

fn train(project: &TestProject) {
    let data = format!("plays={}/*.parquet", project.dir().join("simulated").display());
    project.json(&["train", "--model", "win_probability", "--data", &data]);
}

fn replay(project: &TestProject, data: &Path, games: &str, rate: &str) -> Command {
    let data = data.display().to_string();
    project.command(&["stream", "replay", "--stream", "plays", "--data", &data, "--games", games, "--rate", rate])
}

fn status(project: &TestProject) -> Json {
    // Exit code 1 tells of a worker that has just failed and tries again; none should.
    project.json(&["stream", "status"])
}

fn endpoint(project: &TestProject) -> Json {
    status(project)["endpoints"]["win_probability"].take()
}

fn committed(project: &TestProject) -> u64 {
    status(project)["streams"]["plays"]["totals"]["committed"].as_u64().expect("committed")
}

/// The status once everything is worked off, in the sink's file, and nothing is awaited.
fn drained(project: &TestProject) -> Json {
    wait(|| {
        let status = status(project);
        let done = status["streams"]["plays"]["totals"]["lag"] == 0 && status["sinks"]["lines"]["behind"] == 0;
        done.then_some(status)
    })
}

/// Asks again and again, for two minutes at most.
fn wait<T>(ask: impl Fn() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(120);
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < deadline, "waited for two minutes");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Status and body of the answer for a game by its key.
fn ask(server: &Server, whom: &str, game: &str) -> (u16, Json) {
    let body = format!(r#"{{{whom},"key":{{"game_id":"{game}"}},"return_features":true}}"#);
    let request = ureq::post(server.url("/predict")).config().http_status_as_error(false).build();
    let answer = request.header("Content-Type", "application/json").send(body).expect("an answer");
    let status = answer.status().as_u16();
    (status, serde_json::from_reader(answer.into_body().into_reader()).expect("JSON"))
}

/// The inputs of the endpoint's model at the game's last play, as the running server has them.
fn features(server: &Server, game: &str) -> Json {
    let (status, answer) = ask(server, r#""endpoint":"win_probability""#, game);
    assert_eq!((status, &answer["version"]), (200, &json!(2)), "{game}: {answer}");
    answer["features"].clone()
}

/// Version and probability of every play that was predicted.
fn predictions(project: &TestProject) -> BTreeMap<Play, (u64, f64)> {
    let mut predictions = BTreeMap::new();
    for line in json_lines(&project.dir().join("predictions.jsonl")) {
        let game = line["id"]["game_id"].as_str().expect("game_id").to_owned();
        let play = (game, line["id"]["play_id"].as_i64().expect("play_id"));
        let version = line["version"].as_u64().expect("version");
        let probability = line["outputs"]["probability"].as_f64().expect("probability");
        assert_eq!(predictions.insert(play.clone(), (version, probability)), None, "{play:?} was predicted twice");
    }
    predictions
}

/// What a version says of the first `games` games of these files, by the batch host.
fn batch(project: &TestProject, checked: &Project, version: u32, data: &Path, games: &str) -> Batch {
    let view = &checked.views["win_probability"];
    let history = read_history(&view.stream, &data.display().to_string(), &|_| ()).expect("history");
    let rows = compute(view, &history, Order::Served).expect("rows").table;
    let registry = DirectoryRegistry::new(project.dir().join(".clutch/registry"), Arc::new(|| 0));
    let artifact = registry.load("win_probability", version).expect("version").artifact;
    assert_eq!(artifact.manifest().view.hash, view.hash);
    let predictor = artifact.predictor().expect("native");
    let names: Vec<&str> = artifact.manifest().signature.names().collect();
    let column = |name: &&str| view.columns.iter().position(|column| column.name == *name).expect("column");
    let inputs: Vec<usize> = names.iter().map(column).collect();

    let limit = games.parse::<usize>().expect("a number");
    let mut seen = Vec::new();
    let mut batch = Batch { probabilities: BTreeMap::new(), latest: BTreeMap::new() };
    for row in 0..rows.rows {
        let [Value::String(game), Value::Int(play)] = [rows.columns[0].value(row), rows.columns[1].value(row)] else {
            panic!("the view begins with game_id and play_id")
        };
        if !seen.contains(&game) {
            seen.push(game.clone());
        }
        if limit < seen.len() {
            break;
        }
        let values: Vec<Value> = inputs.iter().map(|&column| rows.columns[column].value(row)).collect();
        let numbers: Vec<f64> = values.iter().map(|value| value.as_number().unwrap_or(f64::NAN)).collect();
        let mut output = [0.0];
        predictor.predict(&numbers, &mut output);
        batch.probabilities.insert((game.to_string(), play), output[0]);
        let named = names.iter().zip(&values).map(|(name, value)| ((*name).to_owned(), json_of(value)));
        batch.latest.insert(game.to_string(), Json::Object(named.collect()));
    }
    batch
}

fn json_of(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(b) => json!(b),
        Value::Int(i) => json!(i),
        Value::Float(x) => json!(x),
        other => panic!("{other:?} is no model input"),
    }
}

#[test]
fn the_difference_of_two_versions_is_told_with_values_and_by_any_name() {
    let project = TestProject::nfl();
    simulate(&project);
    train(&project);
    let trained = load(&project).views["win_probability"].hash.clone();
    let data = format!("plays={}/*.parquet", project.dir().join("simulated").display());

    let same = project.json(&["views", "diff", "win_probability@champion", "win_probability", "--data", &data]);
    assert_eq!((&same["same"], &same["values"]), (&json!(true), &Json::Null));

    let edit = |file: &str, from: &str, to: &str| {
        let path = project.dir().join(file);
        let text = std::fs::read_to_string(&path).expect("file");
        assert!(text.contains(from), "{from}");
        std::fs::write(&path, text.replace(from, to)).expect("writable");
    };
    edit("views/win_probability.sql", "down IS NOT NULL AND", "down IS NOT NULL AND qtr <= 4 AND");
    edit("views/win_probability.sql", "ROWS 20 PRECEDING", "ROWS 3 PRECEDING");
    edit("views/win_probability.sql", "AS is_blowout", "AS is_rout");
    edit("clutch.toml", "lateness   = \"5m\"", "lateness   = \"4m\"");

    let output = project
        .command(&["views", "diff", &trained.0[..8], "win_probability", "--data", &data, "--json"])
        .output()
        .expect("clutch runs");
    assert_eq!(output.status.code(), Some(1));
    let found = crate::support::last_json_line(&output);
    assert_eq!((&found["a"]["view_hash"], &found["same"]), (&json!(trained), &json!(false)));
    assert_eq!(found["a"]["notes"], json!([]), "the version says how its stream was declared");
    let changes = &found["changes"];
    let names = |part: &str| {
        let changes = changes[part].as_array().expect("changes");
        changes.iter().map(|change| change["name"].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names("columns"), ["is_blowout", "lead_change", "is_rout"]);
    assert_eq!(names("rules"), ["lateness", "dedupe"]);
    assert_eq!(changes["rules"][0]["before"], "5m");
    assert_eq!(changes["rules"][0]["after"], "4m");
    assert_eq!((names("filter").len(), names("windows").len(), names("kernel").len()), (1, 2, 0));
    let values = &found["values"];
    let column = |name: &str| {
        let columns = values["columns"].as_array().expect("columns");
        columns.iter().find(|column| column["column"] == name).expect("column").clone()
    };
    assert_eq!(column("quarter")["differing"], 0);
    let changed = column("lead_change");
    assert!(changed["differing"].as_u64() > Some(0), "{changed}");
    assert_ne!(changed["examples"][0]["a"], changed["examples"][0]["b"]);
    assert!(changed["examples"][0]["event"]["game_id"].is_string(), "{changed}");
    assert_eq!(values["differing"], changed["differing"], "nothing else differs");

    let text = project.output(&["views", "diff", "win_probability/1", "win_probability", "--data", &data]);
    let text = String::from_utf8_lossy(&text.stdout).into_owned();
    for part in ["A  win_probability", "  + lateness: 4m", "is_rout: ", "values differ, in", "lead_change"] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    let unknown = project.output(&["views", "diff", "win_probabilty", "win_probability"]);
    assert_eq!(unknown.status.code(), Some(2));
    let text = String::from_utf8_lossy(&unknown.stderr);
    assert!(text.contains("`win_probabilty` names no view") && text.contains("NAME@champion"), "{text}");
}
