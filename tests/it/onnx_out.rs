//! Models as ONNX files, run by Python's own onnxruntime: equal to the native predictors on every row of the test part,
//! on rows with missing values, next to every threshold, and for every member of a family.

mod agreement;
mod planted;
mod trained;

use std::path::Path;
use std::sync::Arc;

use models::registry::{DirectoryRegistry, Registry};
use serde_json::{Value, json};

use crate::support::{TestProject, publish_constant, python};
use agreement::Agreement;
use trained::{Lol, Nfl};

#[test]
fn onnxruntime_predicts_what_clutch_predicts() {
    let Some(python) = python() else { return };
    let nfl = Nfl::trained();
    let mut agreement = Agreement::new(nfl.folder.dir());
    for (name, model) in &nfl.project.models {
        let trained = nfl.artifact(name);
        let rows = nfl.rows(model, &trained);
        agreement.write(name, &trained, &rows);
        if name == "win_probability" {
            let some = rows.every(8);
            for (name, artifact) in planted::singles(&trained, &some) {
                agreement.write(name, &artifact, &some);
            }
            for (name, artifact, rows) in planted::families(&trained, &some) {
                agreement.write(name, &artifact, &rows);
            }
        }
    }
    agreement.check(&python);
}

#[test]
fn onnxruntime_predicts_what_the_lol_project_predicts() {
    let Some(python) = python() else { return };
    let lol = Lol::trained(&["win_at_15", "champion_win"]);
    let mut agreement = Agreement::new(lol.folder.dir());
    for name in ["win_at_15", "champion_win"] {
        let (artifact, rows) = lol.artifact_and_rows(name);
        agreement.write(name, &artifact, &rows);
    }
    let members = lol.artifact("champion_win").members().map_or(0, |family| family.members().len());
    assert!(members > 50, "{members} champions have a model");
    agreement.check(&python);

    let exported = lol.folder.dir().join("family.onnx");
    let told = lol.folder.json(&["models", "export", "champion_win", "--onnx", &exported.display().to_string()]);
    assert_eq!((&told["input"], &told["member_input"]), (&"features".into(), &"champion".into()));
    assert_eq!(told["member_missing"], "");
    let version = lol.folder.dir().join(".clutch/registry/champion_win/versions/1");
    let found = python.run("mlflow_onnx.py", &[&version]);
    assert_eq!(found, json!({ "flavors": ["clutch", "onnx"], "inputs": ["features", "champion"], "rows": 1 }));
}

/// As many champions as there are, boosted and calibrated.
#[test]
fn a_family_of_many_trees_is_a_file_of_the_size_of_its_trees() {
    let family = planted::champions(170);
    let start = std::time::Instant::now();
    let exported = models::onnx::export(&family).expect("a native model");
    let (seconds, bytes) = (start.elapsed().as_secs_f64(), exported.file.len());
    let nodes = 170 * planted::CHAMPION_TREES * 63;
    eprintln!("170 members, {nodes} nodes: {:.1} MB in {seconds:.2} s", bytes as f64 / 1e6);
    assert!(bytes < nodes * 90, "{bytes} bytes for {nodes} nodes");
    assert_eq!(exported.member.map(|member| member.name).as_deref(), Some("champion"));
}

#[test]
fn an_artifact_is_an_mlflow_model() {
    let Some(python) = python() else { return };
    let project = TestProject::nfl();
    publish_constant(&project, 0.3);
    let registry = project.dir().join(".clutch/registry");
    let found = python.run("mlflow_load.py", &[&registry.join("win_probability/versions/1")]);
    assert_eq!(found["flavors"], json!(["clutch", "onnx", "python_function"]));
    let registry = DirectoryRegistry::new(registry, Arc::new(|| 0));
    let artifact = registry.load("win_probability", 1).expect("version").artifact;
    let example: Vec<f64> = artifact.input_example().values().map(number).collect();
    let mut expected = [f64::NAN];
    artifact.predictor().expect("native").predict(&example, &mut expected);
    for frame in found["predictions"].as_array().expect("a list") {
        let predicted = frame[0]["probability"].as_f64().expect("a probability");
        assert!((predicted - expected[0]).abs() <= agreement::TOLERANCE, "{predicted} and {expected:?}");
    }
}

fn number(value: &Value) -> f64 {
    value.as_bool().map(f64::from).or_else(|| value.as_f64()).unwrap_or(f64::NAN)
}

/// `clutch.toml` with other text in the place of `from`, which is there.
fn edit_manifest(project: &Path, from: &str, to: &str) {
    let manifest = project.join("clutch.toml");
    let text = std::fs::read_to_string(&manifest).expect("clutch.toml");
    assert!(text.contains(from), "{from:?} is declared otherwise now");
    std::fs::write(&manifest, text.replace(from, to)).expect("writable");
}
