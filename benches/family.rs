//! A family of models, one for each champion of the lol project: trained, exported to ONNX and registered, as whole
//! processes, over simulated matches. Beside it stands the training of the general model alone, on the same rows.
//!
//! Run: `cargo bench --bench family`

#![expect(clippy::print_stdout, clippy::expect_used, reason = "a benchmark prints its figures and may fail loudly")]

#[path = "support/scratch_project.rs"]
mod scratch_project;

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Instant;

use scratch_project::scratch_project;
use serde_json::Value;

const MATCHES: &str = "12000";
/// What was asked for.
const MEMBERS: usize = 150;
const SECONDS: f64 = 60.0;
const PROJECT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/notebooks-data/lol");

fn main() {
    let scratch = tempfile::tempdir().expect("a temporary folder");
    let registry = scratch.path().join("registry");
    let out = scratch.path().join("matches");
    let simulate = ["data", "simulate", "lol", "--matches", MATCHES, "--seed", "7", "--no-import", "--out"];
    let simulated = clutch(PROJECT, &[&simulate, [out.to_str().expect("a path")].as_slice()].concat());
    assert!(simulated.status.success(), "{}", String::from_utf8_lossy(&simulated.stderr));
    let picks = format!("picks={}", out.join("picks.parquet").display());

    let (told, trained) = train(PROJECT, &picks, &registry);
    let members = told["family"]["members"].as_array().map_or(0, Vec::len);
    let start = Instant::now();
    let file = scratch.path().join("champions.onnx");
    let file = file.to_str().expect("a path");
    let registry_argument = registry.to_str().expect("a path");
    let export =
        clutch(PROJECT, &["models", "--registry", registry_argument, "export", "champion_win", "--onnx", file]);
    let exported = start.elapsed().as_secs_f64();

    // The same without `per`: what one model costs, reading and registering included.
    let single = scratch_project(Path::new(PROJECT), &scratch.path().join("lol"), general_alone);
    let (_, alone) = train(single.to_str().expect("a path"), &picks, &scratch.path().join("other-registry"));

    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    println!(
        "{} picks of {MATCHES} simulated matches, {members} champions with rows enough, {cores} cores",
        rows(&told)
    );
    println!("{:<52} {trained:>7.2} s", "the family, trained and registered");
    println!(
        "{:<52} {:>7.2} s",
        "of which the fits, as clutch says",
        told["seconds"]["fit"].as_f64().unwrap_or(f64::NAN)
    );
    println!("{:<52} {alone:>7.2} s", "one model on the same rows, trained and registered");
    if export.status.success() {
        let size = std::fs::metadata(file).map_or(0, |file| file.len());
        println!("{:<52} {exported:>7.2} s, {size} bytes", "exported");
    } else {
        println!("NOT EXPORTED: {}", String::from_utf8_lossy(&export.stderr).trim());
    }
    let met = export.status.success() && MEMBERS <= members && trained + exported < SECONDS;
    let verdict = if met { "met" } else { "NOT MET" };
    println!("asked: {MEMBERS} and more trained, exported and registered in under {SECONDS} s: {verdict}");
}

/// What clutch said of the training, and the seconds that it took.
fn train(project: &str, picks: &str, registry: &Path) -> (Value, f64) {
    let registry = registry.to_str().expect("a path");
    let start = Instant::now();
    let output =
        clutch(project, &["train", "--model", "champion_win", "--json", "--data", picks, "--registry", registry]);
    let seconds = start.elapsed().as_secs_f64();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout);
    let told = text.lines().last().and_then(|line| serde_json::from_str(line).ok()).expect("one JSON object");
    (told, seconds)
}

/// The project with a model for all champions together.
fn general_alone(project: String) -> String {
    let of_family = |line: &&str| line.starts_with("per  ") || line.starts_with("min_rows");
    project.lines().filter(|line| !of_family(line)).collect::<Vec<_>>().join("\n")
}

fn rows(told: &Value) -> u64 {
    ["train", "test"].iter().filter_map(|part| told["rows"][part].as_u64()).sum()
}

fn clutch(project: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_clutch"));
    command.args(arguments).args(["--project", project]).stdin(Stdio::null());
    command.output().expect("clutch starts")
}
