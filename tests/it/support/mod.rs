//! A project in a temporary folder, the real binary, and servers that are gone when the test is.

mod browser;
mod data;
mod model;
mod python;
mod server;

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

pub(crate) use browser::{Browser, browser};
pub(crate) use data::{plays, real_data};
pub(crate) use model::{publish_constant, publish_model};
pub(crate) use python::{Python, python};
pub(crate) use server::Server;

/// A project folder of its own.
pub(crate) struct TestProject {
    folder: TempDir,
}

impl TestProject {
    /// The ready-made `nfl` project.
    pub(crate) fn nfl() -> TestProject {
        TestProject::template("nfl")
    }

    /// A ready-made project.
    pub(crate) fn template(name: &str) -> TestProject {
        let folder = TempDir::new().expect("temporary folder");
        let project = TestProject { folder };
        let dir = project.dir();
        let init =
            clutch().args(["init", &dir.display().to_string(), "--template", name]).output().expect("clutch runs");
        assert_success(&init);
        project
    }

    /// A project of one view.
    pub(crate) fn small(manifest: &str, view: &str, sql: &str) -> TestProject {
        let project = TestProject { folder: TempDir::new().expect("temporary folder") };
        let views = project.dir().join("views");
        std::fs::create_dir_all(&views).expect("folder");
        std::fs::write(views.join(format!("{view}.sql")), sql).expect("writable");
        std::fs::write(project.dir().join("clutch.toml"), manifest).expect("writable");
        project
    }

    pub(crate) fn dir(&self) -> PathBuf {
        self.folder.path().join("nfl")
    }

    pub(crate) fn append_to_manifest(&self, text: &str) {
        let path = self.dir().join("clutch.toml");
        let before = std::fs::read_to_string(&path).expect("clutch.toml");
        std::fs::write(&path, before + text).expect("writable");
    }

    /// A subcommand on this project, not yet started.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = clutch();
        command.args(args).arg("--project").arg(self.dir()).stdin(Stdio::null());
        command
    }

    pub(crate) fn output(&self, args: &[&str]) -> Output {
        self.command(args).output().expect("clutch runs")
    }

    /// Runs to success and gives back the JSON object.
    #[track_caller]
    pub(crate) fn json(&self, args: &[&str]) -> Value {
        let output = self.command(args).arg("--json").output().expect("clutch runs");
        assert_success(&output);
        last_json_line(&output)
    }
}

pub(crate) fn clutch() -> Command {
    Command::new(env!("CARGO_BIN_EXE_clutch"))
}

#[track_caller]
pub(crate) fn assert_success(output: &Output) {
    assert!(
        output.status.success(),
        "{:?}\n{}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

#[track_caller]
pub(crate) fn last_json_line(output: &Output) -> Value {
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().last().unwrap_or_default();
    serde_json::from_str(line).unwrap_or_else(|error| panic!("`{line}` is no JSON: {error}"))
}

/// Lines of a JSON lines file.
pub(crate) fn json_lines(path: &Path) -> Vec<Value> {
    json_lines_of(&std::fs::read(path).unwrap_or_default())
}

pub(crate) fn json_lines_of(text: &[u8]) -> Vec<Value> {
    let lines = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines.map(|line| serde_json::from_slice(line).expect("a JSON line")).collect()
}

/// A copy of a project, as it stands.
pub(crate) fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("folder");
    for entry in std::fs::read_dir(from).expect("readable") {
        let path = entry.expect("entry").path();
        let target = to.join(path.file_name().expect("name"));
        if path.is_dir() {
            copy_folder(&path, &target);
        } else {
            std::fs::copy(&path, &target).expect("copied");
        }
    }
}
