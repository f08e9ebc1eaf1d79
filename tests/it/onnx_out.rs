//! Models as ONNX files, run by Python's own onnxruntime: equal to the native predictors on every row of the test part,
//! on rows with missing values, and next to every threshold.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use features::batch::{Order, compute, read_history};
use features::project::{Model, Project, Task};
use models::artifact::{Aggregation, Artifact, Calibration, Isotonic, Link, NativeModel, Node, Platt, Side, TreeModel};
use models::contract::sample;
use models::onnx;
use models::registry::{DirectoryRegistry, Registry};
use models::signature::Feature;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Map, Value};

use crate::support::{TestProject, plays, publish_constant, python};

/// As far as predictions may differ, absolutely below 1 and relatively above.
const TOLERANCE: f64 = 1e-6;

#[test]
fn onnxruntime_predicts_what_clutch_predicts() {
    let Some(python) = python() else { return };
    let nfl = Nfl::trained();
    let mut folders = Vec::new();
    for (name, model) in &nfl.project.models {
        let rows = nfl.rows(model);
        let trained = nfl.registry().load(name, 1).expect("version").artifact;
        folders.push(nfl.write(name, &trained, &rows));
        if name == "win_probability" {
            let some: Vec<Vec<f64>> = rows.into_iter().step_by(8).collect();
            for (name, artifact) in planted(&trained, &some) {
                folders.push(nfl.write(name, &artifact, &some));
            }
        }
    }
    let paths: Vec<&Path> = folders.iter().map(PathBuf::as_path).collect();
    let report = python.run("onnx_out.py", &paths);
    let report = report.as_object().expect("an object");
    assert_eq!(report.len(), folders.len());
    for (name, found) in report {
        let difference = found["difference"].as_f64().unwrap_or(f64::INFINITY);
        eprintln!("{name}: {} rows, largest difference {difference:.1e}", found["rows"]);
        assert!(difference <= TOLERANCE, "{name}: {found}");
        assert!(found["alone"].as_f64().is_some_and(|x| x <= TOLERANCE), "{name}: {found}");
        assert_eq!(found["metadata"]["clutch.version"], "1");
    }
}

#[test]
fn an_artifact_is_an_mlflow_model() {
    let Some(python) = python() else { return };
    let project = TestProject::nfl();
    publish_constant(&project, 0.3);
    let registry = project.dir().join(".clutch/registry");
    let found = python.run("mlflow_load.py", &[&registry.join("win_probability/versions/1")]);
    assert_eq!(found["flavors"], serde_json::json!(["clutch", "onnx", "python_function"]));
    let registry = DirectoryRegistry::new(registry, Arc::new(|| 0));
    let artifact = registry.load("win_probability", 1).expect("version").artifact;
    let example: Vec<f64> = artifact.input_example().values().map(number).collect();
    let mut expected = [f64::NAN];
    artifact.predictor().expect("native").predict(&example, &mut expected);
    for frame in found["predictions"].as_array().expect("a list") {
        let predicted = frame[0]["probability"].as_f64().expect("a probability");
        assert!((predicted - expected[0]).abs() <= TOLERANCE, "{predicted} and {expected:?}");
    }
}

fn number(value: &Value) -> f64 {
    value.as_bool().map(f64::from).or_else(|| value.as_f64()).unwrap_or(f64::NAN)
}

/// The `nfl` project with each of its models trained.
struct Nfl {
    folder: TestProject,
    project: Project,
    data: [PathBuf; 2],
}

impl Nfl {
    fn trained() -> Nfl {
        let folder = TestProject::nfl();
        // Fewer trees: their file is what is looked at here, not how good they are.
        let manifest = folder.dir().join("clutch.toml");
        let text = std::fs::read_to_string(&manifest).expect("clutch.toml");
        let fewer = text.replace("trees           = 220", "trees           = 30");
        assert_ne!(text, fewer, "the boosted model is declared otherwise now");
        std::fs::write(&manifest, fewer).expect("writable");
        let data = [2022, 2023].map(|season| plays(&folder, season));
        let project = Project::load(&folder.dir(), &|_| None).expect("a good project");
        for season in &data {
            folder.json(&["data", "import", "--stream", "plays", &season.display().to_string()]);
        }
        for name in project.models.keys() {
            folder.json(&["train", "--model", name]);
        }
        Nfl { folder, project, data }
    }

    fn registry_dir(&self) -> PathBuf {
        self.folder.dir().join(".clutch/registry")
    }

    fn registry(&self) -> DirectoryRegistry {
        DirectoryRegistry::new(self.registry_dir(), Arc::new(|| 0))
    }

    /// The inputs of every row of the later season.
    fn rows(&self, model: &Model) -> Vec<Vec<f64>> {
        let later = self.data[1].display().to_string();
        let history = read_history(&model.view.stream, &later, &|_| ()).expect("history");
        let table = compute(&model.view, &history, Order::Ideal).expect("rows").table;
        let number = |row, column: usize| table.columns[column].value(row).as_number().unwrap_or(f64::NAN);
        (0..table.rows).map(|row| model.inputs.iter().map(|&column| number(row, column)).collect()).collect()
    }

    /// A folder with the model, rows (those given, and odd ones) and the native predictions.
    fn write(&self, name: &str, artifact: &Artifact, rows: &[Vec<f64>]) -> PathBuf {
        let folder = self.folder.dir().join("agreement").join(name);
        std::fs::create_dir_all(&folder).expect("folder");
        let file = onnx::with_version(onnx::export(artifact).expect("a native model"), 1);
        std::fs::write(folder.join("model.onnx"), file).expect("writable");
        let rows = [rows.to_vec(), odd_rows(artifact, &rows[rows.len() / 2])].concat();
        let mut expected = vec![f64::NAN; rows.len()];
        artifact.predictor().expect("native").predict(&rows.concat(), &mut expected);
        let bytes = |numbers: &[f64]| numbers.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>();
        std::fs::write(folder.join("rows.f64"), bytes(&rows.concat())).expect("writable");
        std::fs::write(folder.join("expected.f64"), bytes(&expected)).expect("writable");
        folder
    }
}

/// A row with each input missing, infinite and large, all missing; and at each threshold, one f32 below and one above.
fn odd_rows(artifact: &Artifact, typical: &[f64]) -> Vec<Vec<f64>> {
    let with = |place: usize, value: f64| {
        let mut row = typical.to_vec();
        row[place] = value;
        row
    };
    let strange = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0, 1e-310, 1e30];
    let mut rows = vec![vec![f64::NAN; typical.len()]];
    rows.extend((0..typical.len()).flat_map(|place| strange.map(|value| with(place, value))));
    if let Some(NativeModel::Trees(model)) = artifact.model().native() {
        for node in model.trees().iter().flat_map(|tree| tree.nodes()) {
            if let Node::Split { feature, threshold, .. } = *node {
                let near = [threshold.next_down(), threshold, threshold.next_up()].map(f64::from);
                // Between two singles, and just off the middle: rounding decides.
                let middle = f64::midpoint(near[0], near[1]);
                let near = near.into_iter().chain([middle, middle.next_down(), middle.next_up()]);
                rows.extend(near.map(|value| with(feature as usize, value)));
            }
        }
    }
    rows
}

/// Ensembles whose thresholds are values of the data, as sums and as means, and calibrations behind them and behind the
/// trained model.
fn planted(trained: &Artifact, rows: &[Vec<f64>]) -> Vec<(&'static str, Artifact)> {
    let names: Vec<String> = trained.manifest().signature.names().map(str::to_owned).collect();
    let artifact = |task, model| {
        let features = trained.manifest().signature.features.iter();
        let features = features.map(|feature| Feature::new(feature.name.clone(), feature.ty)).collect();
        let example: Map<String, Value> = names.iter().map(|name| (name.clone(), Value::Null)).collect();
        Artifact::new(sample::manifest("planted", task, features), model, example).expect("parts that agree")
    };
    let trees = |link, aggregation, base, leaf: f32, seed| {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let trees = (0..50).map(|_| tree(&mut random, rows, leaf)).collect();
        NativeModel::Trees(TreeModel::new(link, base, aggregation, names.len(), trees).expect("trees"))
    };
    let boosted = trees(Link::Logit, Aggregation::Sum, -0.25, 0.2, 1);
    let isotonic = |points: &[f64]| {
        let probabilities = (0..points.len()).map(|i| i as f64 / points.len() as f64).collect();
        Calibration::Isotonic(Isotonic::new(points.to_vec(), probabilities).expect("points"))
    };
    let platt = Calibration::Platt(Platt::new(-0.3, 1.7).expect("finite"));
    let classify = |model: &NativeModel| artifact(Task::Classification, model.clone());
    let points: Vec<f64> = (0..100).map(|i| f64::from(i * i) / 2000.0 - 2.0).collect();
    vec![
        ("boosted", classify(&boosted)),
        ("boosted_platt", classify(&boosted).calibrated(platt.clone()).expect("a classification")),
        ("boosted_isotonic", classify(&boosted).calibrated(isotonic(&points)).expect("a classification")),
        ("boosted_one_point", classify(&boosted).calibrated(isotonic(&[0.5])).expect("a classification")),
        ("boosted_margin", artifact(Task::Regression, trees(Link::Identity, Aggregation::Sum, 22.5, 7.5, 2))),
        ("forest", artifact(Task::Regression, trees(Link::Identity, Aggregation::Mean, 0.0, 60.0, 3))),
        ("logistic_platt", trained.clone().calibrated(platt).expect("a classification")),
        ("logistic_isotonic", trained.clone().calibrated(isotonic(&points)).expect("a classification")),
    ]
}

/// A full tree of depth 5.
fn tree(random: &mut ChaCha8Rng, rows: &[Vec<f64>], leaf: f32) -> Vec<Node> {
    const SPLITS: u32 = 31;
    let mut node = |index: u32| {
        if index >= SPLITS {
            return Node::Leaf { value: random.random_range(-leaf..leaf), cover: 1.0 };
        }
        let row = &rows[random.random_range(0..rows.len())];
        let feature = random.random_range(0..row.len());
        let value = if row[feature].is_nan() { 0.0 } else { row[feature] };
        let missing = if random.random() { Side::Left } else { Side::Right };
        let feature = u32::try_from(feature).expect("few features");
        Node::Split { feature, threshold: value as f32, left: 2 * index + 1, right: 2 * index + 2, missing }
    };
    (0..2 * SPLITS + 1).map(&mut node).collect()
}
