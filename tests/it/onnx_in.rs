//! Models of others: made by scikit-learn, XGBoost and LightGBM, exported by their exporters, added, and predicting here
//! what they predict there. One project for all of them.

mod library;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::Arc;

use models::registry::{DirectoryRegistry, Registry};
use serde_json::Value;

use crate::support::{Python, Server, TestProject, assert_success, last_json_line, python};

const MANIFEST: &str = r#"
[project]
name = "nfl"

[streams.plays]
topic = "plays"
key = ["match_id"]
id = ["match_id", "n"]
order = "n"

[streams.plays.fields]
match_id = { type = "string", required = true }
n = { type = "int", required = true }
season = "int"
lead = "float"
pace = "float"
margin = { type = "float", outcome = true }

[models.winner]
view = "state"
label = "margin > 0"
task = "classification"
split = { time = "season", test_from = 2001 }
group = "match_id"

[models.margin]
view = "state"
label = "margin"
task = "regression"
split = { time = "season", test_from = 2001 }
group = "match_id"

[endpoints.winner]
model = "winner"
explain = true
"#;

const VIEW: &str = "CREATE VIEW state AS SELECT match_id, n, lead, pace, n * 1.0 AS minute FROM plays";
const FEATURES: [&str; 3] = ["lead", "pace", "minute"];
/// Rows of singles: half of each season.
const ROWS: u32 = 360;

/// A project with history, and the models that Python made of the same rows.
struct Made {
    project: TestProject,
    python: Python,
    folder: PathBuf,
}

impl Made {
    /// `None` where there is no Python.
    fn new() -> Option<Made> {
        let python = python()?;
        let project = TestProject::small(MANIFEST, "state", VIEW);
        let folder = project.dir().join("theirs");
        std::fs::create_dir_all(&folder).expect("folder");
        let mut csv = "match_id,n,season,lead,pace,margin\n".to_owned();
        let (mut rows, mut labels) = (Vec::new(), Vec::new());
        for row in 0..ROWS {
            let (game, n) = (row / 6, row % 6 + 1);
            let (season, strength) = (2000 + game / 30, f64::from((game * 37) % 21) - 9.7);
            // Quarters, which single precision holds exactly.
            let lead = (strength * f64::from(n) * 0.7).round() / 4.0 + f64::from((row * 7) % 5);
            let pace = f64::from((row * 13) % 17) / 4.0;
            let margin = strength + f64::from((game * 53) % 17) - 8.0;
            writeln!(csv, "m{game},{n},{season},{lead},{pace},{margin}").expect("a string grows");
            rows.extend([lead as f32, pace as f32, n as f32]);
            labels.push(margin);
        }
        let write = |name: &str, bytes: Vec<u8>| std::fs::write(folder.join(name), bytes).expect("writable");
        std::fs::write(project.dir().join("plays.csv"), csv).expect("writable");
        write("rows.f32", rows.iter().flat_map(|x| x.to_le_bytes()).collect());
        write("labels.f64", labels.iter().flat_map(|x| x.to_le_bytes()).collect());
        write("names.txt", FEATURES.join(" ").into_bytes());
        python.run("onnx_in.py", &[&folder]);
        let import = project.dir().join("plays.csv").display().to_string();
        assert_success(&project.output(&["data", "import", &import]));
        Some(Made { project, python, folder })
    }

    fn add(&self, name: &str, file: &str, more: &[&str]) -> Output {
        let file = self.folder.join(file).display().to_string();
        let mut command = self.project.command(&["models", "add", &file, "--name", name, "--json"]);
        command.args(more).env("CLUTCH_ONNXRUNTIME", self.python.onnxruntime()).output().expect("clutch runs")
    }

    #[track_caller]
    fn added(&self, name: &str, file: &str, more: &[&str]) -> Value {
        let output = self.add(name, file, more);
        assert_success(&output);
        last_json_line(&output)
    }

    #[track_caller]
    fn refused(&self, name: &str, file: &str, more: &[&str]) -> String {
        let output = self.add(name, file, more);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    }

    /// The rows that Python was given or made, as features.
    fn rows(&self, file: &str) -> Vec<f64> {
        let bytes = std::fs::read(self.folder.join(file)).expect("readable");
        bytes.as_chunks::<4>().0.iter().map(|bytes| f64::from(f32::from_le_bytes(*bytes))).collect()
    }

    /// What Python's packages predict by one of their models.
    fn report(&self, file: &str) -> Value {
        let text = std::fs::read(self.folder.join(format!("{file}.json"))).expect("readable");
        serde_json::from_slice(&text).expect("JSON")
    }

    fn predictions(&self, name: &str, version: u32, rows: &[f64]) -> Vec<f64> {
        models::predictor::onnx::LibraryPlaces { named: Some(self.python.onnxruntime()), folders: Vec::new() }
            .use_them();
        let registry = DirectoryRegistry::new(self.project.dir().join(".clutch/registry"), Arc::new(|| 0));
        let artifact = registry.load(name, version).expect("version").artifact;
        let mut predictions = vec![f64::NAN; rows.len() / FEATURES.len()];
        artifact.predictor().expect("ONNX Runtime").predict(rows, &mut predictions);
        predictions
    }
}

#[test]
fn models_of_others_predict_here_what_they_predict_there() {
    let Some(made) = Made::new() else { return };
    let whole = made.rows("rows.f32");
    let with_holes = [whole.clone(), made.rows("holes.f32")].concat();
    let models = [
        ("winner", "sklearn_zipmap"),
        ("winner", "sklearn_logistic"),
        ("winner", "sklearn_forest"),
        ("winner", "sklearn_boosted"),
        ("winner", "sklearn_columns"),
        ("winner", "sklearn_histogram"),
        ("winner", "sklearn_adaptive"),
        ("winner", "sklearn_calibrated"),
        ("winner", "sklearn_voting"),
        ("winner", "sklearn_stacking"),
        ("winner", "sklearn_bayes"),
        ("winner", "sklearn_perceptron"),
        ("winner", "sklearn_vectors"),
        ("winner", "sklearn_polynomial"),
        ("winner", "sklearn_bins"),
        ("winner", "xgboost_classifier"),
        ("winner", "lightgbm_classifier"),
        ("winner", "lightgbm_zipmap"),
        ("margin", "sklearn_linear"),
        ("margin", "sklearn_poisson"),
        ("margin", "sklearn_bagging"),
        ("margin", "sklearn_adaptive_regressor"),
        ("margin", "xgboost_regressor"),
        ("margin", "lightgbm_regressor"),
    ];
    for (name, file) in models {
        // Those of the others' trees take missing values as they are.
        let takes_missing = !file.starts_with("sklearn");
        let rows = if takes_missing { &with_holes } else { &whole };
        let added = made.added(name, &format!("{file}.onnx"), &[]);
        assert_eq!(added["manifest"]["algorithm"]["name"], "onnx");
        assert_eq!(added["manifest"]["rows"]["test"], ROWS / 2, "judged on the later season");
        let version = u32::try_from(added["version"].as_u64().expect("a number")).expect("small");
        assert!(!takes_missing || added["takes_missing"] == true, "{added}");
        let found = made.predictions(name, version, rows);
        let theirs = made.report(file);
        // onnxruntime in Python is the same library; the packages themselves round elsewhere.
        for (who, tolerance) in [("onnxruntime", 1e-6), ("package", 1e-5)] {
            let theirs = theirs[who].as_array().expect("a list");
            assert_eq!(theirs.len(), found.len());
            for (ours, theirs) in found.iter().zip(theirs) {
                let theirs = theirs.as_f64().expect("a number");
                let difference = (ours - theirs).abs() / theirs.abs().max(1.0);
                assert!(difference <= tolerance, "{file} by {who}: {ours} and {theirs}");
            }
        }
    }
}

#[test]
fn a_model_of_others_is_served() {
    let Some(made) = Made::new() else { return };
    assert_eq!(made.added("winner", "lightgbm_classifier.onnx", &[])["promoted"], true);
    let lib = made.project.dir().join(".clutch/lib");
    std::fs::create_dir_all(&lib).expect("folder");
    let library = made.python.onnxruntime().join("libonnxruntime.so.1.23.2");
    std::os::unix::fs::symlink(library, lib.join("libonnxruntime.so.1.23.2")).expect("linked");
    let server = Server::start(&made.project);
    let theirs = made.report("lightgbm_classifier");
    // Whole, without a lead, without a pace, without anything.
    let places = [3, ROWS as usize + 7, ROWS as usize + 12, ROWS as usize + 50];
    let rows = [made.rows("rows.f32"), made.rows("holes.f32")].concat();
    for place in places {
        let row = &rows[place * FEATURES.len()..][..FEATURES.len()];
        let features: serde_json::Map<String, Value> =
            FEATURES.iter().zip(row).map(|(name, value)| ((*name).to_owned(), Value::from(*value))).collect();
        let body = serde_json::json!({ "endpoint": "winner", "features": features, "explain": true });
        let mut answer = ureq::post(server.url("/predict"))
            .content_type("application/json")
            .send(body.to_string())
            .expect("answered");
        let answer: Value = answer.body_mut().read_json().expect("JSON");
        let served = answer["outputs"]["probability"].as_f64().expect("a probability");
        assert_eq!(served.to_bits(), made.predictions("winner", 1, row)[0].to_bits(), "{answer}");
        let package = theirs["package"][place].as_f64().expect("a number");
        assert_eq!(answer.get("explanation"), Some(&Value::Null), "it cannot tell: {answer}");
        assert!((served - package).abs() < 1e-5, "{body}: served {served}, LightGBM itself {package}");
    }
    let features = r#"{"lead":1.25,"pace":0.5,"minute":3.0}"#;
    let told = made.project.output(&["predict", "--model", "winner", "--features", features, "--explain"]);
    assert_success(&told);
    let told = String::from_utf8_lossy(&told.stdout).into_owned();
    assert!(told.contains("no explanation: a model brought from outside cannot tell"), "{told}");
    let plays = made.project.dir().join("plays.csv").display().to_string();
    let replay = ["stream", "replay", "--stream", "plays", "--data", &plays, "--games", "1"];
    assert_eq!(made.project.json(&replay)["predictions"], 6);
    let watch = ["stream", "watch", "--from-start", "--limit", "6", "--explain"];
    let told = made.project.output(&watch);
    assert_success(&told);
    let told = String::from_utf8_lossy(&told.stdout).into_owned();
    assert_eq!(told.matches("this model cannot tell what moved it").count(), 6, "{told}");
    assert!(server.terminate().success());
}

#[test]
fn a_row_without_a_prediction_is_refused_by_itself() {
    let Some(made) = Made::new() else { return };
    made.added("winner", "sklearn_logistic.onnx", &[]);
    made.added("winner", "sklearn_logistic.onnx", &["--missing", "lead=0.5"]);
    let rows = [1.0, 0.5, 3.0, f64::NAN, 0.5, 3.0, 0.5, 0.5, 3.0];
    let plain = made.predictions("winner", 1, &rows);
    assert!(plain[0].is_finite() && plain[1].is_nan() && plain[2].is_finite(), "{plain:?}");
    let filled = made.predictions("winner", 2, &rows);
    assert_eq!(filled[1].to_bits(), filled[2].to_bits(), "0.5 stands in");
}

#[test]
fn files_that_do_not_do_what_the_project_needs_are_refused() {
    let Some(made) = Made::new() else { return };
    let whole = std::fs::read(made.folder.join("sklearn_forest.onnx")).expect("readable");
    std::fs::write(made.folder.join("truncated.onnx"), &whole[..whole.len() / 2]).expect("writable");
    std::fs::write(made.folder.join("noise.onnx"), b"no model at all").expect("writable");
    for (name, file, more, reason) in [
        ("winner", "three_classes.onnx", &[][..], "tells 3 classes apart, a classification needs two"),
        ("margin", "sklearn_forest.onnx", &[], "has 2 columns, a regression needs one"),
        ("winner", "text.onnx", &[], "the input `team` takes text"),
        ("winner", "fixed_batch.onnx", &[], "the batch size of the input `X` is fixed at 1"),
        ("winner", "neighbours.onnx", &[], "has a graph of its own (a branch or a loop)"),
        ("margin", "newer.onnx", &[], "operator set 99 of `ai.onnx"),
        ("margin", "outside.onnx", &[], "the values of the constant `outside` are in another file"),
        ("margin", "bomb.onnx", &[], "operator MatMul (`bomb`) makes so many numbers of a few rows"),
        ("winner", "truncated.onnx", &[], "the file is no ONNX model, or damaged: at byte"),
        ("winner", "noise.onnx", &[], "the file is no ONNX model"),
        ("winner", "absent.onnx", &[], "No such file"),
        ("winner", "sklearn_forest.onnx", &["--map", "Y=lead"], "--map names `Y`, which the model does not take"),
        ("winner", "sklearn_forest.onnx", &["--map", "0=leed"], "there is no feature `leed`"),
        ("winner", "sklearn_forest.onnx", &["--missing", "lead=NaN"], "is no number"),
        ("nobody", "sklearn_forest.onnx", &[], "nobody"),
    ] {
        let told = made.refused(name, file, more);
        assert!(told.contains(reason), "{file}: {told}");
    }
    assert!(!made.project.dir().join(".clutch/registry/winner").exists(), "nothing was registered");
}

#[test]
fn columns_go_where_the_map_says() {
    let Some(made) = Made::new() else { return };
    made.added("winner", "sklearn_logistic.onnx", &[]);
    made.added("winner", "sklearn_logistic.onnx", &["--map", "0=pace", "--map", "X[1]=lead", "--map", "2=minute"]);
    let straight = made.predictions("winner", 1, &[1.0, 0.25, 3.0]);
    // The second version takes its features in the model's order: pace first.
    assert_eq!(straight, made.predictions("winner", 2, &[1.0, 0.25, 3.0]));
    let shown = made.project.json(&["models", "show", "winner/2"]);
    let features = &shown["manifest"]["signature"]["features"];
    assert_eq!([&features[0]["name"], &features[1]["name"]], ["pace", "lead"]);
}

/// Its models are loaded by the same library as here.
#[test]
fn a_model_of_ours_can_come_back() {
    let Some(made) = Made::new() else { return };
    assert_success(&made.project.output(&["train", "--model", "winner"]));
    let exported = made.folder.join("ours.onnx");
    let file = exported.display().to_string();
    assert_success(&made.project.output(&["models", "export", "winner/1", "--onnx", &file]));
    made.added("winner", "ours.onnx", &[]);
    let rows = [made.rows("rows.f32"), vec![f64::NAN; 3]].concat();
    let (native, back) = (made.predictions("winner", 1, &rows), made.predictions("winner", 2, &rows));
    assert!(native.iter().zip(&back).all(|(a, b)| (a - b).abs() <= 1e-12), "{native:?} {back:?}");
    assert!(Path::new(&file).exists());
}
