//! Whole projects as text: what they are checked into, and every problem that they may have.

/// Compares with a file in `snapshots/`.
macro_rules! golden {
    ($text:expr) => {
        insta::with_settings!({omit_expression => true}, { insta::assert_snapshot!($text) })
    };
}

mod declared;
mod exploded;
mod files;
mod hostile;
mod kafka;
mod problems;
mod recorded;
mod spellings;

use std::path::Path;

use super::{Project, SourceFile, Sources};
use crate::diagnostic::Problems;

/// A small project that uses everything.
const PROJECT: &str = r#"[project]
name = "demo"

[streams.plays]
topic      = "demo-plays"
key        = ["game_id"]
event_time = "at"
id         = ["game_id", "play_id"]
lateness   = "30s"
dedupe     = "10m"
retention  = "7d"

[streams.plays.fields]
game_id = { type = "string", required = true }
play_id = "int"
season  = "int"
at      = "timestamp"
team    = "string"
home    = "string"
down    = { type = "int", check = "down BETWEEN 1 AND 4" }
yards   = "float"
score   = { type = "float", path = "/data/score" }
wp      = "float"
result  = { type = "int", outcome = true }

[models.winner]
view      = "form"
label     = "CASE WHEN team = home THEN result > 0 ELSE result < 0 END"
where     = "result <> 0"
task      = "classification"
algorithm = "logistic"
l2        = 0.5
split     = { time = "season", test_from = 2024 }
group     = "game_id"
reference = ["wp"]
seed      = 7
[models.winner.gate]
log_loss = { max = 0.6 }
paired_log_loss_difference = { reference = "wp", max = 0.02 }

[endpoints.winner]
model   = "winner"
include = ["team", "yards_recent"]
watch   = "{team} {yards_recent}"

[sinks.file]
endpoint = "winner"
format   = "csv"
path     = "out/winner.csv"

[connections]
registry = { path = "${REGISTRY}" }
"#;

const VIEW: &str = "CREATE VIEW form AS
SELECT game_id, play_id, down, score, avg(yards) OVER recent AS yards_recent
FROM plays
WHERE down IS NOT NULL
WINDOW recent AS (PARTITION BY game_id, team ORDER BY event_time ROWS 10 PRECEDING EXCLUDE CURRENT ROW)
";

fn sources(manifest: &str, views: &[(&str, &str)]) -> Sources {
    let file = |path: &str, text: &str| SourceFile { path: path.into(), text: text.to_owned() };
    Sources {
        manifest: file("clutch.toml", manifest),
        views: views.iter().map(|(name, text)| file(&format!("views/{name}.sql"), text)).collect(),
    }
}

fn environment(name: &str) -> Option<String> {
    (name == "REGISTRY").then(|| "models".to_owned())
}

fn check(manifest: &str, views: &[(&str, &str)]) -> Result<Project, Problems> {
    Project::check(Path::new("/demo"), &sources(manifest, views), &environment)
}

/// The small project with some of its text replaced.
#[track_caller]
fn changed(changes: &[(&str, &str)]) -> Result<Project, Problems> {
    let mut manifest = PROJECT.to_owned();
    let mut view = VIEW.to_owned();
    for (from, to) in changes {
        assert!(manifest.contains(from) || view.contains(from), "{from} is nowhere");
        manifest = manifest.replace(from, to);
        view = view.replace(from, to);
    }
    check(&manifest, &[("form", &view)])
}

/// What `check` prints for the small project with some of its text replaced; it must be faulty.
#[track_caller]
fn explained(changes: &[(&str, &str)]) -> String {
    match changed(changes) {
        Ok(_) => panic!("accepted: {changes:?}"),
        Err(problems) => format!("{problems}\n\n"),
    }
}

/// What `check` prints for a project without views, which must be faulty.
#[track_caller]
fn explained_whole(manifest: &str) -> String {
    match check(manifest, &[]) {
        Ok(_) => panic!("accepted: {manifest}"),
        Err(problems) => format!("{problems}\n\n"),
    }
}
