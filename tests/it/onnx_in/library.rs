//! Where ONNX Runtime is looked for, and what is told where it is not found.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use super::{MANIFEST, Made, VIEW};
use crate::support::{TestProject, last_json_line, python};

#[test]
fn without_its_library_a_model_of_others_says_what_to_do() {
    let Some(made) = Made::new() else { return };
    let empty = made.project.dir().join("empty");
    std::fs::create_dir_all(&empty).expect("folder");
    let broken = made.project.dir().join("libonnxruntime.so");
    std::fs::write(&broken, b"no library").expect("writable");
    for (named, reason) in [(&empty, "holds no libonnxruntime"), (&broken, "cannot be used as ONNX Runtime")] {
        let file = made.folder.join("sklearn_logistic.onnx").display().to_string();
        let mut command = made.project.command(&["models", "add", &file, "--name", "winner"]);
        let output = command.env("CLUTCH_ONNXRUNTIME", named).output().expect("clutch runs");
        assert_eq!(output.status.code(), Some(3), "{output:?}");
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(told.contains(reason), "{told}");
        let doctor = made.project.command(&["doctor", "--json"]).env("CLUTCH_ONNXRUNTIME", named).output();
        let finding = onnx_finding(&doctor.expect("clutch runs"));
        assert!(finding["status"] == "warn" && finding["remedy"].is_string(), "{finding}");
    }
}

fn onnx_finding(output: &Output) -> Value {
    let findings = last_json_line(output)["findings"].clone();
    findings.as_array().expect("a list").iter().find(|f| f["name"] == "onnx").cloned().expect("a finding on ONNX")
}

/// As `make onnxruntime` leaves it: in the repository, beside which a project lies or not.
#[test]
fn a_library_in_the_repository_is_found_from_every_project() {
    let Some(python) = python() else { return };
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let repository = tempfile::tempdir_in(target).expect("folder");
    let folder = |name: &str| {
        let folder = repository.path().join(name);
        std::fs::create_dir_all(&folder).expect("folder");
        folder
    };
    let binary = folder("target/release").join("clutch");
    std::fs::hard_link(env!("CARGO_BIN_EXE_clutch"), &binary).expect("linked");
    std::fs::write(folder("scripts").join("onnxruntime.sh"), "").expect("writable");
    let lib = folder(".clutch/lib").join("libonnxruntime.so.1.23.2");
    std::os::unix::fs::symlink(python.onnxruntime().join("libonnxruntime.so.1.23.2"), &lib).expect("linked");

    let project = TestProject::small(MANIFEST, "state", VIEW);
    let doctor = || {
        let mut command = Command::new(&binary);
        command.args(["doctor", "--json"]).current_dir(project.dir()).env_remove("CLUTCH_ONNXRUNTIME");
        command.output().expect("clutch runs")
    };
    let healthy = onnx_finding(&doctor());
    assert_eq!(healthy["status"], "ok");
    assert_eq!(healthy["detail"], format!("ONNX Runtime 1.23 at {}", lib.display()));
    // A project with problems changes nothing of it.
    project.append_to_manifest("\n[models.nothing]\n");
    let ill = doctor();
    assert_eq!(ill.status.code(), Some(1), "{ill:?}");
    assert_eq!(onnx_finding(&ill), healthy);
    // The project's own comes first.
    let own = project.dir().join(".clutch/lib");
    std::fs::create_dir_all(&own).expect("folder");
    std::fs::rename(&lib, own.join("libonnxruntime.so.1.23.2")).expect("moved");
    let found = onnx_finding(&doctor());
    assert!(found["detail"].as_str().is_some_and(|told| told.ends_with("/nfl/.clutch/lib/libonnxruntime.so.1.23.2")));
}
