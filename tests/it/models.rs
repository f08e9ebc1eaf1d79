//! `clutch models` over a registry of its own: no project, no training.

use std::path::PathBuf;
use std::process::{Command, Output};

use models::artifact::{Artifact, GateOutcome};
use models::contract::sample;
use models::registry::{DirectoryRegistry, Registry, publish_and_maybe_promote};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A registry with versions of `win_probability`: 1 is champion, 2 failed its gate, 3 is fine.
struct Shelf(TempDir);

impl Shelf {
    fn new() -> Shelf {
        let shelf = Shelf(TempDir::new().unwrap());
        for gate in [GateOutcome::Passed, GateOutcome::Failed, GateOutcome::Passed] {
            publish_and_maybe_promote(&shelf.registry(), &version(gate)).unwrap();
        }
        shelf
    }

    fn registry(&self) -> DirectoryRegistry {
        DirectoryRegistry::new(self.0.path(), std::sync::Arc::new(|| 1_739_143_800_000_000))
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn models(&self, args: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_clutch"));
        command.arg("models").args(args).arg("--registry").arg(self.0.path());
        command.output().unwrap()
    }

    /// Exit code and the last line of standard output.
    fn json(&self, args: &[&str]) -> (i32, Value) {
        let output = self.models(&[args, &["--json"]].concat());
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(text.lines().count(), 1, "one JSON object and nothing else: {text}");
        (output.status.code().unwrap(), serde_json::from_str(&text).unwrap())
    }
}

fn version(gate: GateOutcome) -> Artifact {
    let plain = sample::artifact("win_probability", 0.0);
    let mut manifest = plain.manifest().clone();
    manifest.gate.outcome = gate;
    manifest.created_at = 1_739_143_800_000_000;
    manifest.evaluation.metrics.insert("log_loss".to_owned(), 0.475);
    Artifact::new(manifest, plain.model().clone(), plain.input_example().clone()).unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn versions_are_listed_newest_first() {
    let output = Shelf::new().models(&["list"]);
    assert_eq!(
        text(&output.stdout),
        "  model            version  alias              trained  algorithm  metric     value  95 % interval  gate
  win_probability        3            2025-02-09 23:30  logistic   log_loss  0.4750                 passed
  win_probability        2            2025-02-09 23:30  logistic   log_loss  0.4750                 failed
  win_probability        1  champion  2025-02-09 23:30  logistic   log_loss  0.4750                 passed
"
    );
}

#[test]
fn a_broken_version_is_listed_as_such() {
    let shelf = Shelf::new();
    std::fs::remove_file(shelf.file("win_probability/versions/3/model.json")).unwrap();
    let (code, listed) = shelf.json(&["list", "win_probability"]);
    assert_eq!(code, 0);
    let versions = &listed["models"][0]["versions"];
    assert_eq!(versions[0]["broken"], "the file `model.json` is missing");
    assert_eq!(versions[2]["aliases"], json!(["champion"]));
    let show = shelf.models(&["show", "win_probability/3"]);
    assert_eq!(show.status.code(), Some(3));
    assert!(text(&show.stderr).contains("version 3 is broken: the file `model.json` is missing"));
    assert_eq!(shelf.models(&["show", "win_probability@champion"]).status.code(), Some(0));
}

#[test]
fn an_empty_registry_says_what_to_do() {
    let output = Shelf(TempDir::new().unwrap()).models(&["list"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(text(&output.stdout).contains("Next: clutch train --model NAME"));
}

#[test]
fn show_tells_all_that_is_known() {
    let shelf = Shelf::new();
    let shown = text(&shelf.models(&["show", "win_probability@champion"]).stdout);
    assert!(shown.starts_with("win_probability version 1 (champion)\n"), "{shown}");
    for fact in [
        "algorithm  logistic",
        "trained    2025-02-09 23:30 UTC by clutch 0.1.0",
        "gate       passed",
        "log_loss  0.4750",
    ] {
        assert!(shown.contains(fact), "{fact:?} is not in\n{shown}");
    }
    let (_, object) = shelf.json(&["show", "win_probability"]);
    assert_eq!((&object["version"], &object["manifest"]["gate"]["outcome"]), (&json!(3), &json!("passed")));
}

#[test]
fn promote_and_rollback_move_the_champion_and_history_remembers() {
    let shelf = Shelf::new();
    let moved = |from: u32, version: u32| {
        (0, json!({ "model": "win_probability", "moved": true, "from": from, "version": version }))
    };
    assert_eq!(shelf.json(&["promote", "win_probability/3", "--reason", "better on 2024"]), moved(1, 3));
    assert_eq!(shelf.json(&["rollback", "win_probability", "--reason", "drifts"]), moved(3, 1));
    let (_, history) = shelf.json(&["history", "win_probability"]);
    let reasons: Vec<&str> =
        history["moves"].as_array().unwrap().iter().map(|m| m["reason"].as_str().unwrap()).collect();
    assert_eq!(reasons, ["first version to pass its gate", "better on 2024", "drifts"]);
    let (code, refusal) = shelf.json(&["rollback", "win_probability"]);
    assert_eq!((code, &refusal["moved"]), (1, &json!(false)), "there is none to go back to");
}

#[test]
fn a_version_that_failed_its_gate_is_promoted_only_by_force() {
    let shelf = Shelf::new();
    let (code, refusal) = shelf.json(&["promote", "win_probability/2"]);
    assert_eq!((code, &refusal["moved"]), (1, &json!(false)));
    assert_eq!(shelf.registry().aliases("win_probability").unwrap()[0].1, 1);
    assert_eq!(shelf.json(&["promote", "win_probability/2", "--force"]).0, 0);
}

#[test]
fn a_name_that_nothing_has_is_answered_with_the_nearest() {
    let shelf = Shelf::new();
    for (args, expected) in [
        (["show", "win_probabilty"], "the registry has no model `win_probabilty`; did you mean `win_probability`?"),
        (["show", "win_probability/9"], "model `win_probability` has no version 9; its newest is 3"),
        (["show", "win_probability@champ"], "model `win_probability` has no alias `champ`; did you mean `champion`?"),
        (["promote", "win_probability@latest"], "`latest` is reserved, the newest version is plain `win_probability`"),
        (["history", "../secrets"], "the registry has no model `../secrets`"),
    ] {
        let output = shelf.models(&args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(text(&output.stderr).contains(expected), "{}", text(&output.stderr));
    }
}
