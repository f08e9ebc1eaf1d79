//! A small project for tests: plays of games, one view with a window, one model, one endpoint.

use std::path::PathBuf;
use std::sync::Arc;

use features::plan::View;
use features::project::{Project, SourceFile, Sources, Task};
use features::sql::Catalog;
use features::value::Type;
use models::artifact::{Artifact, Manifest};
use models::contract::sample;
use models::registry::Version;
use models::signature::Feature;

use super::plan::StreamPlan;
use crate::metrics::Metrics;
use crate::routing::{Binder, Routes};

const MANIFEST: &str = r#"
[project]
name = "test"

[streams.plays]
topic      = "plays"
key        = ["game"]
id         = ["game", "play"]
order      = "clock"
lateness   = "100us"
max_ahead  = "1000us"
partitions = PARTITIONS

[streams.plays.fields]
game   = { type = "string", required = true }
play   = { type = "int", required = true }
clock  = { type = "int", required = true }
yards  = { type = "float", check = "yards BETWEEN -99 AND 99" }
result = { type = "int", outcome = true }

[models.win]
view      = "form"
label     = "result > 0"
task      = "classification"
algorithm = "logistic"
features  = ["yards", "recent"]

[endpoints.win]
model   = "win"
include = ["clock", "recent"]
"#;

const VIEW: &str = "
CREATE VIEW form AS
SELECT game, play, yards, sum(yards) OVER last AS recent
FROM plays
WHERE yards IS NOT NULL
WINDOW last AS (PARTITION BY game ORDER BY event_time ROWS 2 PRECEDING)";

pub(crate) fn project(partitions: u32) -> Project {
    project_with(partitions, "")
}

/// With more declarations behind the others.
pub(crate) fn project_with(partitions: u32, more: &str) -> Project {
    checked(MANIFEST.replace("PARTITIONS", &partitions.to_string()) + more)
}

/// Of one partition, with something declared otherwise.
pub(crate) fn project_changed(from: &str, to: &str) -> Project {
    checked(MANIFEST.replace("PARTITIONS", "1").replace(from, to))
}

/// With each of the first pieces of text replaced by the second.
pub(crate) fn project_of(changes: &[(&str, &str)]) -> Project {
    let changed = |text: String, (from, to): &(&str, &str)| {
        assert!(text.contains(from), "`{from}` is there");
        text.replace(from, to)
    };
    checked(changes.iter().fold(MANIFEST.to_owned(), changed))
}

fn checked(manifest: String) -> Project {
    let file = |path: &str, text: String| SourceFile { path: PathBuf::from(path), text };
    let sources =
        Sources { manifest: file("clutch.toml", manifest), views: vec![file("views/form.sql", VIEW.to_owned())] };
    Project::check(&PathBuf::from("/project"), &sources, &|_| None).unwrap_or_else(|p| panic!("{}", p.render(false)))
}

/// The project's view with another window.
pub(crate) fn view(project: &Project, frame: &str) -> Arc<View> {
    let text = VIEW.replace("ROWS 2 PRECEDING", frame);
    let read = features::sql::view(&text, &Catalog::from(Arc::clone(&project.streams["plays"])));
    Arc::new(read.view.unwrap_or_else(|faults| panic!("{faults:?}")))
}

/// Routes on which version 3 of the project's model serves.
pub(crate) fn served(project: &Project) -> Routes {
    served_by(project, artifact(&project.views["form"], 0.5))
}

/// The same with a version of one's own.
pub(crate) fn served_by(project: &Project, artifact: Artifact) -> Routes {
    let routes = Routes::new(project);
    let binder = Binder::new(project, &routes, Arc::new(Metrics::new()));
    let model = binder.bind(Version { model: "win".into(), number: 3, artifact }).expect("the model fits its view");
    routes.routes[0].champion.store(Some(Arc::new(model)));
    routes
}

/// A version of `win` trained on this version of the view.
pub(crate) fn artifact(view: &View, intercept: f64) -> Artifact {
    sample::logistic(manifest(view), intercept, vec![0.25, -0.125])
}

/// A version of `win` trained in this project, which knows how its stream was declared.
pub(crate) fn recorded(project: &Project, intercept: f64) -> Artifact {
    let mut manifest = manifest(&project.views["form"]);
    manifest.view.declaration = project.declarations.get("plays").cloned();
    sample::logistic(manifest, intercept, vec![0.25, -0.125])
}

/// Of a model over `yards` and `recent`.
pub(crate) fn manifest(view: &View) -> Manifest {
    let features = vec![Feature::new("yards", Type::Float), Feature::new("recent", Type::Float)];
    let mut manifest = sample::manifest("win", Task::Classification, features);
    manifest.view.name = view.name.to_string();
    manifest.view.hash = view.hash.clone();
    manifest.view.text = view.text.clone();
    manifest.view.stream = view.stream.name.to_string();
    manifest
}

/// The plan of `plays`, with a model or without.
pub(crate) fn plan(partitions: u32, with_model: bool) -> Arc<StreamPlan> {
    let project = project(partitions);
    let routes = if with_model { served(&project) } else { Routes::new(&project) };
    Arc::new(StreamPlan::new(&project, "plays", &routes).expect("plan"))
}

/// A play as JSON.
pub(crate) fn play(game: &str, play: u64, clock: i64, yards: Option<f64>) -> String {
    serde_json::json!({ "game": game, "play": play, "clock": clock, "yards": yards }).to_string()
}
