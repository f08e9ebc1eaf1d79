//! Python with the packages of `tests/python/requirements.txt`, in which models of others are made and ours are run.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use super::{assert_success, last_json_line};

/// The interpreter that `make test` prepared. Where there is none the test says so and is skipped; under CI it fails.
pub(crate) fn python() -> Option<Python> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let given = std::env::var_os("CLUTCH_TEST_PYTHON").map(PathBuf::from);
    let interpreter = given.unwrap_or_else(|| root.join("target/test-venv/bin/python"));
    if interpreter.is_file() {
        return Some(Python { interpreter, scripts: root.join("tests/python") });
    }
    let missing = format!("SKIPPED: no Python at {}: scripts/python.sh makes it", interpreter.display());
    assert!(std::env::var_os("CI").is_none(), "{missing}");
    eprintln!("{missing}");
    None
}

pub(crate) struct Python {
    interpreter: PathBuf,
    scripts: PathBuf,
}

impl Python {
    /// Runs a script of `tests/python` to success and gives back the JSON object that it prints last.
    #[track_caller]
    pub(crate) fn run(&self, script: &str, args: &[&Path]) -> Value {
        let mut command = Command::new(&self.interpreter);
        // Some packages write folders of their own where they run.
        command.current_dir(env!("CARGO_TARGET_TMPDIR"));
        let output = command.arg(self.scripts.join(script)).args(args).output().expect("python runs");
        assert_success(&output);
        last_json_line(&output)
    }

    pub(crate) fn interpreter(&self) -> &Path {
        &self.interpreter
    }

    /// Whether it has a package.
    pub(crate) fn has(&self, package: &str) -> bool {
        let import = format!("import {package}");
        Command::new(&self.interpreter).args(["-c", &import]).output().is_ok_and(|output| output.status.success())
    }

    /// Runs a piece of Python in a folder.
    pub(crate) fn run_text(&self, text: &str, folder: &Path) -> Output {
        let mut command = Command::new(&self.interpreter);
        command.arg("-c").arg(text).current_dir(folder).env("OMP_NUM_THREADS", "1").output().expect("python runs")
    }

    /// The folder of ONNX Runtime's library in this Python's packages.
    pub(crate) fn onnxruntime(&self) -> PathBuf {
        let path = self.run("onnxruntime_folder.py", &[]);
        PathBuf::from(path["folder"].as_str().expect("a folder"))
    }
}
