//! `clutch train` and `clutch evaluate`, as people and scripts meet them.

use std::fmt::Write as _;
use std::process::{Command, Output};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{TestProject, assert_success, clutch, last_json_line, real_data};

const PROJECT: &str = r#"
[project]
name = "small"

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
odds = "float"
won = { type = "bool", outcome = true }

[models.winner]
view = "state"
label = "won"
task = "classification"
algorithm = "logistic"
split = { time = "season", test_from = 2001 }
group = "match_id"
reference = "odds"
"#;

const VIEW: &str = "CREATE VIEW state AS SELECT match_id, n, lead, n * lead AS pressure FROM plays";

/// A project of one model, and two seasons of matches in a CSV file.
struct Small {
    folder: TempDir,
}

impl Small {
    fn new(more: &str) -> Small {
        let folder = TempDir::new().expect("temporary folder");
        std::fs::create_dir(folder.path().join("views")).expect("views");
        std::fs::write(folder.path().join("views/state.sql"), VIEW).expect("view");
        std::fs::write(folder.path().join("clutch.toml"), format!("{PROJECT}{more}")).expect("clutch.toml");
        let mut csv = "match_id,n,season,lead,odds,won\n".to_owned();
        for game in 0_u32..60 {
            let strength = f64::from((game * 37) % 21) - 9.7;
            let won = strength + f64::from((game * 53) % 17) - 8.0 > 0.0;
            for n in 1..=6_u32 {
                let lead = strength * f64::from(n) / 6.0 + f64::from((game * 7 + n * 13) % 5) - 2.0;
                let odds = 0.5 + strength / 25.0;
                writeln!(csv, "m{game},{n},{},{lead},{odds},{won}", 2000 + game / 30).expect("a string grows");
            }
        }
        std::fs::write(folder.path().join("plays.csv"), csv).expect("plays.csv");
        Small { folder }
    }

    fn command(&self, subcommand: &str, args: &[&str]) -> Command {
        let mut command = clutch();
        command.arg(subcommand).arg("--project").arg(self.folder.path()).args(args);
        command
    }

    /// On the project's CSV file.
    fn run(&self, subcommand: &str, args: &[&str]) -> Output {
        let data = format!("plays={}", self.folder.path().join("plays.csv").display());
        self.command(subcommand, args).args(["--data", &data]).output().expect("clutch runs")
    }

    #[track_caller]
    fn json(&self, subcommand: &str, args: &[&str]) -> Value {
        let output = self.run(subcommand, &[args, &["--json"]].concat());
        assert_success(&output);
        last_json_line(&output)
    }
}

#[track_caller]
fn assert_refused(output: &Output, code: i32, expected: &str) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{said}");
    assert!(said.contains(expected), "`{expected}` is not in: {said}");
}

/// The same object with what each value is in its place.
fn shape(value: &Value) -> Value {
    match value {
        Value::Number(_) => "number".into(),
        Value::String(_) => "text".into(),
        Value::Array(items) => items.first().map(shape).into_iter().collect(),
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), shape(value))).collect(),
        other => other.clone(),
    }
}

#[test]
fn train_keeps_the_contract_of_its_json() {
    let report = Small::new("gate = { log_loss = { max = 1.0 } }\n").json("train", &["--model", "winner"]);
    assert_eq!(report["model"], "winner");
    assert_eq!(report["version"], 1);
    assert_eq!(report["algorithm"], "logistic");
    assert_eq!(report["rows"], json!({ "train": 180, "test": 180 }));
    assert_eq!(report["features"], json!(["lead", "pressure"]));
    assert_eq!(report["gate"], "passed");
    let metrics = json!({
        "log_loss": "number", "brier": "number", "auc": "number", "accuracy": "number", "ece": "number"
    });
    let interval = json!({ "low": "number", "high": "number" });
    let difference = json!({ "mean": "number", "low": "number", "high": "number" });
    let term = json!({ "feature": "text", "value": "number", "standardised": "number", "imputation": "number" });
    let expected = json!({
        "model": "text",
        "version": "number",
        "promoted": true,
        "algorithm": "text",
        "rows": { "train": "number", "test": "number" },
        "left_out": { "filtered": "number", "no_label": "number", "no_time": "number" },
        "features": ["text"],
        "metrics": metrics,
        "intervals": {
            "log_loss": interval, "brier": interval, "auc": interval, "accuracy": interval, "ece": interval
        },
        "groups": "number",
        "references": {
            "odds": {
                "rows": "number", "log_loss": "number", "brier": "number", "auc": "number", "accuracy": "number",
                "ece": "number", "paired_log_loss_difference": difference, "paired_brier_difference": difference
            }
        },
        "family": null,
        "coefficients": { "intercept": "number", "terms": [term] },
        "importances": {
            "rows": "number", "base": "number", "features": [{ "feature": "text", "mean_contribution": "number" }]
        },
        "validation": {},
        "seconds": {
            "load": "number", "features": "number", "fit": "number", "evaluate": "number", "report": "number",
            "total": "number"
        },
        "gate": "text",
        "gate_rules": [{ "metric": "text", "max": "number", "observed": "number", "kept": true }],
        "refit": null,
        "data": { "rows": "number", "digest": "text", "sources": ["text"] },
        "warnings": [],
        "report": "text",
    });
    assert_eq!(shape(&report), expected);
}

#[test]
fn evaluate_says_what_train_said_of_the_same_rows() {
    let small = Small::new("");
    let trained = small.json("train", &["--model", "winner"]);
    let csv = small.folder.path().join("plays.csv");
    let text = std::fs::read_to_string(&csv).expect("plays.csv");
    let newer: String = text.lines().filter(|line| !line.contains(",2000,")).flat_map(|line| [line, "\n"]).collect();
    std::fs::write(&csv, newer).expect("plays.csv");
    for reference in ["winner", "winner@champion", "winner/1"] {
        let judged = small.json("evaluate", &["--model", reference]);
        assert_eq!(judged["metrics"], trained["metrics"], "{reference}");
        assert_eq!(judged["intervals"], trained["intervals"], "{reference}");
        assert_eq!(judged["references"], trained["references"], "{reference}");
    }
}

#[test]
fn a_failed_gate_is_an_answer_only_when_asked_for() {
    let small = Small::new("gate = { log_loss = { max = 0.001 } }\n");
    let plain = small.run("train", &["--model", "winner", "--json"]);
    assert_success(&plain);
    assert_eq!(last_json_line(&plain)["gate"], "failed");
    let required = small.run("train", &["--model", "winner", "--require-gate", "--json"]);
    assert_eq!(required.status.code(), Some(1));
    assert_eq!(last_json_line(&required)["gate"], "failed");
}

#[test]
fn versions_go_where_they_are_told() {
    let small = Small::new("");
    let registry = small.folder.path().join("elsewhere");
    small.json("train", &["--model", "winner", "--registry", &registry.display().to_string()]);
    assert!(registry.join("winner/versions/1/model.json").is_file());
    assert!(!small.folder.path().join(".clutch").exists());
}

#[test]
fn people_read_figures_and_what_to_do_next() {
    let small = Small::new("");
    let output = small.run("train", &["--model", "winner", "--refit"]);
    assert_success(&output);
    let said = String::from_utf8_lossy(&output.stdout);
    for expected in
        ["winner version 1", "log_loss", "odds", "pressure", "(intercept)", "champion", "Next: clutch serve"]
    {
        assert!(said.contains(expected), "`{expected}` is not in:\n{said}");
    }
    let second = small.run("train", &["--model", "winner"]);
    assert!(String::from_utf8_lossy(&second.stdout).contains("clutch models promote winner/2"));
}

#[test]
fn a_misspelt_model_offers_the_nearest() {
    assert_refused(&Small::new("").run("train", &["--model", "winer"]), 2, "did you mean `winner`?");
    assert_refused(&Small::new("").run("evaluate", &["--model", "winer/1"]), 2, "did you mean `winner`?");
}

#[test]
fn no_history_says_where_to_get_some() {
    let output = Small::new("").command("train", &["--model", "winner"]).output().expect("clutch runs");
    assert_refused(&output, 2, "clutch data import --stream plays");
    assert_refused(&output, 2, "--data plays=");
}

#[test]
fn a_pattern_without_files_is_named() {
    let small = Small::new("");
    let args = ["--model", "winner", "--data", "plays=nowhere/*.parquet"];
    let output = small.command("train", &args).output().expect("clutch runs");
    assert_refused(&output, 2, "nowhere/*.parquet");
}

#[test]
fn data_of_an_unknown_stream_is_refused() {
    let small = Small::new("");
    let output = small.command("train", &["--model", "winner", "--data", "play=x.csv"]).output().expect("clutch runs");
    assert_refused(&output, 2, "did you mean `plays`?");
}

#[test]
fn a_model_without_versions_cannot_be_judged() {
    assert_refused(&Small::new("").run("evaluate", &["--model", "winner"]), 2, "the registry has no model `winner`");
    assert_refused(&Small::new("").run("evaluate", &["--model", "winner/x"]), 2, "no model reference");
}

#[test]
fn a_split_past_the_data_is_refused_with_its_remedy() {
    let small = Small::new("");
    let manifest = small.folder.path().join("clutch.toml");
    let text = std::fs::read_to_string(&manifest).expect("clutch.toml");
    std::fs::write(&manifest, text.replace("test_from = 2001", "test_from = 2005")).expect("clutch.toml");
    assert_refused(&small.run("train", &["--model", "winner"]), 2, "the latest is 2001");
}

/// One real season to learn from, one to be judged on: far fewer than a model needs, and enough to tell a sound one from
/// a broken one. The figures with all seasons are the benchmark's.
#[test]
fn the_nfl_model_keeps_up_with_the_market() {
    let Some(data) = real_data() else {
        eprintln!("SKIPPED for lack of real data: set CLUTCH_DATA");
        return;
    };
    let project = TestProject::nfl();
    let manifest = project.dir().join("clutch.toml");
    // The project's own test part is left to the benchmark of quality.
    let earlier =
        std::fs::read_to_string(&manifest).expect("clutch.toml").replace("test_from = 2023", "test_from = 2022");
    std::fs::write(&manifest, earlier).expect("writable");
    let plays = format!("plays={}/nfl_pbp/pbp_202[12].parquet", data.display());
    let report = project.json(&["train", "--model", "win_probability", "--data", &plays]);
    assert!(report["rows"]["test"].as_u64() > Some(40_000), "{}", report["rows"]);
    let difference = &report["references"]["vegas_wp"]["paired_log_loss_difference"]["mean"];
    assert!(difference.as_f64().is_some_and(|d| d < 0.03), "{difference}");
}
