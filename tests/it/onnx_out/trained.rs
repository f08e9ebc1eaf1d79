//! Projects with models that were trained: every algorithm for every task, calibrated, and in families.

use std::path::PathBuf;
use std::sync::Arc;

use features::batch::{Order, compute, read_history};
use features::project::{Model, Project};
use models::artifact::Artifact;
use models::registry::{DirectoryRegistry, Registry};

use super::agreement::Rows;
use super::edit_manifest;
use crate::support::{TestProject, plays};

/// What the `nfl` project does not declare: forests of both kinds and tasks, calibrations, and families by whole numbers
/// and by booleans. Of two weeks, since not how good they are is looked at here.
const FURTHER: [(&str, &str, &str); 8] = [
    ("forest_win", "win_probability", "algorithm = 'forest'\ntrees = 12\nmax_depth = 8"),
    ("extra_win", "win_probability", "algorithm = 'forest'\nvariant = 'extra'\ntrees = 12\ncalibration = 'isotonic'"),
    ("forest_total", "game_score", "algorithm = 'forest'\ntrees = 12\nmax_depth = 8"),
    ("extra_total", "game_score", "algorithm = 'forest'\nvariant = 'extra'\ntrees = 12"),
    ("platt_win", "win_probability", "algorithm = 'boosting'\ntrees = 15\ncalibration = 'platt'"),
    ("isotonic_win", "win_probability", "algorithm = 'logistic'\ncalibration = 'isotonic'"),
    (
        "quarters_win",
        "win_probability",
        "algorithm = 'boosting'\ntrees = 10\nmax_depth = 4\nper = 'quarter'\nmin_rows = 100\ncalibration = 'isotonic'",
    ),
    (
        "halves_win",
        "win_probability",
        "algorithm = 'logistic'\nper = 'is_first_half'\nmin_rows = 100\ncalibration = 'platt'",
    ),
];
/// The same of a regression.
const DOWNS: (&str, &str, &str) =
    ("downs_total", "game_score", "algorithm = 'forest'\ntrees = 8\nper = 'down'\nmin_rows = 100");

/// The `nfl` project with each of its models trained, and further ones.
pub(super) struct Nfl {
    pub(super) folder: TestProject,
    pub(super) project: Project,
    data: [PathBuf; 2],
}

impl Nfl {
    pub(super) fn trained() -> Nfl {
        let folder = TestProject::nfl();
        // Fewer trees: their file is what is looked at here, not how good they are.
        edit_manifest(&folder.dir(), "trees           = 220", "trees           = 30");
        for (name, view, how) in FURTHER.into_iter().chain([DOWNS]) {
            let (label, task) = match view {
                "game_score" => ("total", "regression"),
                _ => ("CASE WHEN posteam = home_team THEN result > 0 ELSE result < 0 END", "classification"),
            };
            folder.append_to_manifest(&format!(
                "\n[models.{name}]\nview = '{view}'\nlabel = '{label}'\nwhere = 'result <> 0 AND qtr <= 4 AND week <= 2'\n\
                 task = '{task}'\n{how}\nsplit = {{ time = 'season', test_from = 2023 }}\ngroup = 'game_id'\n"
            ));
        }
        let data = [2022, 2023].map(|season| plays(&folder, season));
        let project = Project::load(&folder.dir(), &|_| None).expect("a good project");
        for season in &data {
            folder.json(&["data", "import", "--stream", "plays", &season.display().to_string()]);
        }
        for name in project.models.keys() {
            folder.json(&["train", "--model", name, "--no-learning-curve"]);
        }
        Nfl { folder, project, data }
    }

    pub(super) fn artifact(&self, name: &str) -> Artifact {
        load(&self.folder, name)
    }

    /// Of every row of the later season; of families, of some.
    pub(super) fn rows(&self, model: &Model, artifact: &Artifact) -> Rows {
        let rows = rows(model, &self.data[1].display().to_string());
        match artifact.members() {
            None => rows,
            Some(family) => {
                assert!(!family.members().is_empty(), "`{}` has members", model.name);
                rows.every(5)
            }
        }
    }
}

/// The `lol` project with some of its models trained on simulated matches.
pub(super) struct Lol {
    pub(super) folder: TestProject,
    project: Project,
    matches: PathBuf,
}

impl Lol {
    pub(super) fn trained(models: &[&str]) -> Lol {
        let folder = TestProject::template("lol");
        // A champion is in few of so few matches.
        edit_manifest(&folder.dir(), "min_rows  = 50", "min_rows  = 20");
        let matches = folder.dir().join("simulated");
        let out = matches.display().to_string();
        folder.json(&["data", "simulate", "lol", "--matches", "500", "--seed", "7", "--out", &out]);
        for name in models {
            folder.json(&["train", "--model", name, "--no-learning-curve"]);
        }
        let project = Project::load(&folder.dir(), &|_| None).expect("a good project");
        Lol { folder, project, matches }
    }

    pub(super) fn artifact(&self, name: &str) -> Artifact {
        load(&self.folder, name)
    }

    pub(super) fn artifact_and_rows(&self, name: &str) -> (Artifact, Rows) {
        let model = &self.project.models[name];
        let files = self.matches.join(format!("{}*.parquet", model.view.stream.name));
        (self.artifact(name), rows(model, &files.display().to_string()))
    }
}

fn load(folder: &TestProject, name: &str) -> Artifact {
    let registry = DirectoryRegistry::new(folder.dir().join(".clutch/registry"), Arc::new(|| 0));
    registry.load(name, 1).expect("version").artifact
}

/// The inputs of every row of some files, and what each has in the family's column.
fn rows(model: &Model, files: &str) -> Rows {
    let history = read_history(&model.view.stream, files, &|_| ()).expect("history");
    let table = &compute(&model.view, &history, Order::Ideal).expect("rows").table;
    let number = |row, column: usize| table.columns[column].value(row).as_number().unwrap_or(f64::NAN);
    let inputs = (0..table.rows).map(|row| model.inputs.iter().map(|&column| number(row, column)).collect());
    let value = |column: usize| move |row| table.columns[column].value(row);
    let members = model.per.iter().flat_map(|per| (0..table.rows).map(value(per.column)));
    Rows { inputs: inputs.collect(), members: members.collect() }
}
