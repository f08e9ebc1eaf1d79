//! A small project for tests: one stream, one view with a window, two endpoints.

use std::path::Path;

use features::event::EventDecoder;
use features::host::{KeyState, Position, StreamHost};
use features::online::{Claim, Flush, MemoryStore, OnlineStore, Slot};
use features::partition::partition_of;
use features::plan::View;
use features::project::{Project, Task};
use features::value::Micros;
use models::artifact::{Artifact, Manifest};
use models::contract::sample;
use models::signature::Feature;

/// Kick-off of the games in the tests: 2025-02-09T23:30:00Z.
pub(crate) const KICKOFF: Micros = 1_739_143_800_000_000;

const CLUTCH_TOML: &str = r#"
[project]
name = "score"

[streams.plays]
topic      = "plays"
key        = ["game_id"]
id         = ["game_id", "play_id"]
event_time = "at"
lateness   = "30s"
max_ahead  = "1d"

[streams.plays.fields]
game_id = { type = "string", required = true }
play_id = { type = "int", required = true }
at      = "timestamp"
kind    = "string"
lead    = { type = "int", check = "lead BETWEEN -99 AND 99" }
time    = "float"
ahead   = "bool"
won     = { type = "bool", outcome = true }

[models.win]
view      = "score"
label     = "won"
task      = "classification"
algorithm = "logistic"

[models.spare]
view      = "score"
label     = "won"
task      = "classification"
algorithm = "logistic"

[endpoints.win]
model = "win"

[endpoints.spare]
model = "spare"
"#;

const SCORE_SQL: &str = "
CREATE VIEW score AS
SELECT game_id, play_id, lead, time, ahead,
       lag(lead, 1) OVER game AS lead_before
FROM plays
WHERE kind <> 'timeout'
WINDOW game AS (PARTITION BY game_id ORDER BY event_time)
";

/// Writes and loads the project.
pub(crate) fn project_in(dir: &Path) -> Project {
    load(dir, CLUTCH_TOML, SCORE_SQL)
}

/// The project with one piece of text of its settings, or of its view, in place of another.
pub(crate) fn project_with(from: &str, to: &str) -> Project {
    assert!(CLUTCH_TOML.contains(from) || SCORE_SQL.contains(from), "`{from}` is there");
    let dir = tempfile::tempdir().expect("folder");
    load(dir.path(), &CLUTCH_TOML.replace(from, to), &SCORE_SQL.replace(from, to))
}

fn load(dir: &Path, toml: &str, sql: &str) -> Project {
    std::fs::create_dir_all(dir.join("views")).expect("folder");
    std::fs::write(dir.join("clutch.toml"), toml).expect("clutch.toml");
    std::fs::write(dir.join("views/score.sql"), sql).expect("view");
    Project::load(dir, &|_| None).unwrap_or_else(|problems| panic!("{problems}"))
}

pub(crate) fn project() -> Project {
    project_in(tempfile::tempdir().expect("folder").path())
}

/// A version of `model` over the project's view: log-odds `intercept` + lead / 10 + lead_before / 20; time and ahead
/// count for nothing.
pub(crate) fn artifact(project: &Project, model: &str, intercept: f64) -> Artifact {
    artifact_over(project.views.get("score").expect("view"), model, intercept)
}

fn artifact_over(view: &View, model: &str, intercept: f64) -> Artifact {
    let (manifest, features) = manifest_over(view, model);
    let coefficient = |feature: &Feature| match feature.name.as_str() {
        "lead" => 0.1,
        "lead_before" => 0.05,
        _ => 0.0,
    };
    let coefficients = features.iter().map(coefficient).collect();
    sample::logistic(manifest, intercept, coefficients)
}

/// Of a model over all features of the view; and they.
pub(crate) fn manifest_over(view: &View, model: &str) -> (Manifest, Vec<Feature>) {
    let features: Vec<Feature> = view.features().map(|(_, c)| Feature::new(c.name.as_str(), c.ty)).collect();
    let mut manifest = sample::manifest(model, Task::Classification, features.clone());
    manifest.view.name = view.name.to_string();
    manifest.view.hash = view.hash.clone();
    manifest.view.text = view.text.clone();
    manifest.view.stream = view.stream.name.to_string();
    (manifest, features)
}

/// A play of `game`, `second` seconds after kick-off.
pub(crate) fn play(game: &str, number: i64, second: i64, lead: i64) -> String {
    let at = chrono::DateTime::from_timestamp_micros(KICKOFF + second * 1_000_000).expect("time").to_rfc3339();
    format!(
        r#"{{"game_id":"{game}","play_id":{number},"at":"{at}","kind":"run","lead":{lead},"time":0.5,"ahead":{}}}"#,
        lead > 0
    )
}

/// A store that holds the states after these events, all of one game.
pub(crate) fn store_after(project: &Project, game: &str, events: &[String]) -> MemoryStore {
    let views = project.views_of("plays");
    let stream = project.streams.get("plays").expect("stream");
    let mut host = StreamHost::new(stream.clone(), views.clone());
    let mut decoder = EventDecoder::new(stream.clone());
    let mut state = KeyState::default();
    let partition = partition_of(game.as_bytes(), stream.partitions);
    for (offset, event) in (0..).zip(events) {
        let event = decoder.decode(event.as_bytes()).expect("valid");
        host.process(&mut state, &event, Position { partition, offset, append_time: None });
    }
    let store = MemoryStore::new();
    let slot = Slot::of(&views[0], partition);
    let hold = store.claim(&slot, Claim([1; 16])).expect("claim").hold();
    let states = vec![(game.as_bytes().to_vec(), state.encode(&host))];
    store.flush(&slot, hold, &Flush { states, ..Flush::default() }).expect("flush");
    store
}
