//! A stream whose events are the elements of another's lists, end to end.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use features::partition::partition_of;
use serde_json::{Value, json};
use serving::clock::SystemClock;
use serving::instance::{Instance, Places};
use serving::log::{Entry, EventLog, ReadLimit, RecordBatch, StoredBatch, TopicPartition};

use crate::support::{Server, TestProject, json_lines, publish_model, real_data};

const MANIFEST: &str = r#"
[project]
name = "test"
[streams.matches]
topic = "matches"
key = ["match_id"]
event_time = "TIMESTAMP '1970-01-01' + ended * INTERVAL '1 millisecond'"
id = ["match_id"]
lateness = "1000d"
max_ahead = "36500d"
partitions = 3
[streams.matches.fields]
match_id = { type = "string", path = "/metadata/matchId" }
ended = { type = "int", path = "/info/gameEndTimestamp" }
[streams.participants]
explode = { stream = "matches", list = "/info/participants" }
key = ["match_id"]
event_time = "TIMESTAMP '1970-01-01' + ended * INTERVAL '1 millisecond'"
lateness = "1000d"
max_ahead = "36500d"
[streams.participants.fields]
match_id = { parent = "match_id" }
ended = { parent = "ended" }
seat = { element = "index" }
side = { type = "int", path = "/teamId" }
kills = { type = "int", required = true }
gold = { type = "int", path = "/goldEarned" }
won = { type = "bool", path = "/win", outcome = true }
[models.winner]
view = "form"
label = "won"
task = "classification"
algorithm = "logistic"
[endpoints.winner]
model = "winner"
include = ["seat", "kills_before"]
"#;

const VIEW: &str = "CREATE VIEW form AS
SELECT match_id, seat, kills, gold / 1000.0 AS gold, sum(kills) OVER before AS kills_before, count(*) OVER side AS seated
FROM participants
WHERE gold >= 0 OR gold IS NULL
WINDOW before AS (PARTITION BY match_id ORDER BY event_time ROWS UNBOUNDED PRECEDING EXCLUDE CURRENT ROW),
       side AS (PARTITION BY match_id, side ORDER BY event_time)";

fn message(name: &str, list: &Value) -> Value {
    json!({"metadata": {"matchId": name, "dataVersion": "2"}, "info": {"gameEndTimestamp": 1_668_202_642_726_i64, "participants": list}})
}

fn seat(number: i64) -> Value {
    json!({"teamId": 100 + 100 * (number % 2), "kills": number, "goldEarned": 1000 * number, "win": number % 2 == 0})
}

/// 30 elements in 3 messages, one of them unusable; a message without a list and one with an empty list.
fn messages() -> Vec<(String, Value)> {
    let mut messages: Vec<(String, Value)> = ["m1", "m2", "m3"]
        .iter()
        .map(|name| ((*name).to_owned(), message(name, &(0..10).map(seat).collect())))
        .collect();
    messages[1].1["info"]["participants"][4]["kills"] = "many".into();
    messages.push(("m4".to_owned(), message("m4", &Value::Null)));
    messages.push(("m5".to_owned(), message("m5", &json!([]))));
    messages
}

fn project() -> TestProject {
    TestProject::small(MANIFEST, "form", VIEW)
}

/// The messages as a file of JSON lines.
fn file(project: &TestProject) -> PathBuf {
    let path = project.dir().join("messages.jsonl");
    let lines: Vec<String> = messages().iter().map(|(_, message)| message.to_string()).collect();
    std::fs::write(&path, lines.join("\n")).expect("writable");
    path
}

fn instance(project: &TestProject) -> Instance {
    let places = Places { state_dir: project.dir().join(".clutch"), temporary: std::env::temp_dir() };
    Instance::open(&places, Arc::new(SystemClock)).expect("nobody else has it")
}

/// Puts messages into the log of `matches`, as a producer of Riot's answers would.
fn append(project: &TestProject, messages: &[(String, Value)]) {
    let instance = instance(project);
    instance.log().create_topic("matches", 3).expect("topic");
    for (key, message) in messages {
        let mut batch = RecordBatch::new();
        batch.push(key.as_bytes(), message.to_string().as_bytes()).expect("small");
        let place = TopicPartition { topic: "matches".into(), partition: partition_of(key.as_bytes(), 3) };
        instance.log().append(None, vec![Entry { place, batch }]).expect("appended");
    }
}

fn records(project: &TestProject, topic: &str) -> Vec<Value> {
    let instance = instance(project);
    let limit = ReadLimit { records: usize::MAX, bytes: usize::MAX };
    let read = |partition| {
        let place = TopicPartition { topic: topic.into(), partition };
        instance.log().read(&place, 0, limit).expect("read").batches
    };
    let batches: Vec<StoredBatch> = (0..3).flat_map(read).collect();
    let json = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).expect("JSON");
    batches.iter().flat_map(StoredBatch::records).map(|record| json(record.value)).collect()
}

/// Serves until everything in the log is worked off.
fn serve(project: &TestProject) -> Server {
    let server = Server::start(project);
    let lag = || project.json(&["stream", "status"])["streams"]["participants"]["totals"]["lag"].clone();
    let deadline = Instant::now() + Duration::from_secs(120);
    while lag() != 0 {
        assert!(Instant::now() < deadline, "waited for two minutes");
    }
    server
}

#[test]
fn elements_of_messages_are_predicted_once_each_across_a_crash() {
    let project = project();
    publish_model(&project, "winner", 0.0);
    let all = messages();
    append(&project, &all[..2]);
    serve(&project).kill();
    append(&project, &all[2..]);
    let status = {
        let server = serve(&project);
        let status = project.json(&["stream", "status"])["streams"]["participants"].clone();
        assert!(server.terminate().success());
        status
    };
    assert_eq!(status["totals"]["accepted"], 29);
    let predictions = records(&project, "matches-winner");
    let ids: HashSet<&str> = predictions.iter().filter_map(|prediction| prediction["prediction_id"].as_str()).collect();
    assert_eq!((predictions.len(), ids.len()), (29, 29));
    for prediction in predictions.iter().filter(|prediction| prediction["key"]["match_id"] == "m3") {
        let seat = prediction["element"].as_i64().expect("an element");
        assert_eq!(prediction["id"], json!({"match_id": "m3", "seat": seat}));
        let before: i64 = (0..seat).sum();
        let expected = if seat == 0 { Value::Null } else { before.into() };
        assert_eq!(prediction["include"], json!({"seat": seat, "kills_before": expected}));
    }
    let letters = records(&project, "matches-participants-dead-letters");
    let told: HashSet<(String, Value)> =
        letters.iter().map(|letter| (letter["reason"].to_string(), letter["element"].clone())).collect();
    let expected = [
        ("an int is expected, the string \"many\" was found", json!(4)),
        ("there is no list at /info/participants", Value::Null),
    ];
    assert_eq!(told, expected.map(|(reason, element)| (json!(reason).to_string(), element)).into());
    let raw: Value = serde_json::from_str(
        letters.iter().find(|letter| letter["element"] == 4).and_then(|l| l["raw"].as_str()).expect("raw"),
    )
    .expect("JSON");
    assert_eq!(raw["goldEarned"], 4000);
}

#[test]
fn history_a_replay_and_every_host_agree_on_exploded_events() {
    let project = project();
    publish_model(&project, "winner", 0.0);
    let data = file(&project).display().to_string();
    let imported = project.json(&["data", "import", "--stream", "participants", &data]);
    assert_eq!((&imported["added"], &imported["rejected"]), (&29.into(), &2.into()));
    let again = project.json(&["data", "import", "--stream", "participants", &data]);
    assert_eq!((&again["added"], &again["present"]), (&0.into(), &29.into()));

    let parity = project.json(&["parity", "--restarts", "10"]);
    assert_eq!((&parity["events"], &parity["mismatches"]), (&29.into(), &0.into()));

    let replayed = project.json(&["stream", "replay", "--stream", "participants", "--games", "2"]);
    assert_eq!(
        (&replayed["sent"], &replayed["accepted"], &replayed["predictions"]),
        (&19.into(), &19.into(), &19.into())
    );
    let repeated = project.json(&["stream", "replay", "--stream", "participants", "--games", "2"]);
    assert_eq!((&repeated["accepted"], &repeated["dead_letters"]["duplicate"]), (&0.into(), &19.into()));

    // What was predicted from the replay is what history says.
    let out = project.dir().join("rows.jsonl").display().to_string();
    project.json(&["features", "--view", "form", "--out", &out, "--order", "served"]);
    let rows = json_lines(Path::new(&out));
    let expected: HashSet<String> = rows
        .iter()
        .filter(|row| row["match_id"] != "m3")
        .map(|row| json!([row["match_id"], row["seat"], row["kills_before"]]).to_string())
        .collect();
    let predicted: HashSet<String> = records(&project, "matches-winner")
        .iter()
        .map(|p| json!([p["key"]["match_id"], p["include"]["seat"], p["include"]["kills_before"]]).to_string())
        .collect();
    assert_eq!(predicted, expected);
    assert_eq!((&rows[0]["match_id"], &rows[0]["seat"]), (&json!("m1"), &json!(0)));
}

#[test]
fn a_request_asks_about_one_element_against_what_was_folded_before() {
    let project = project();
    publish_model(&project, "winner", 0.0);
    append(&project, &messages()[..1]);
    let server = serve(&project);
    let ask = |list: Value| {
        let body = json!({"endpoint": "winner", "event": message("m1", &list), "return_features": true});
        let answer = ureq::post(server.url("/predict"))
            .config()
            .http_status_as_error(false)
            .build()
            .header("Content-Type", "application/json")
            .send(body.to_string())
            .expect("an answer");
        let text = answer.into_body().read_to_string().expect("text");
        serde_json::from_str::<Value>(&text).expect("JSON")
    };
    let answer = ask(json!([null, seat(1)]));
    // Its own event is left out: 0 + 2 + … + 9.
    assert_eq!(answer["features"]["kills_before"], 44, "{answer}");
    let refused = ask(json!([seat(0), seat(1)]));
    assert!(refused["detail"].to_string().contains("one element is expected, 2 were found"), "{refused}");
}

#[test]
fn riots_answers_explode_into_their_participants() {
    let Some(samples) = real_data().map(|folder| folder.join("riot_match_v5_samples")) else {
        println!("skipped for lack of real data: set CLUTCH_DATA");
        return;
    };
    let project = project();
    let pattern = samples.join("*_match*.json.gz").display().to_string();
    let imported = project.json(&["data", "import", "--stream", "participants", &pattern]);
    assert_eq!((&imported["added"], &imported["rejected"]), (&30.into(), &0.into()));
    let parity = project.json(&["parity", "--restarts", "10"]);
    assert_eq!((&parity["rows"], &parity["mismatches"]), (&30.into(), &0.into()));
}
