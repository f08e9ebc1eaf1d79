//! The arrows between the crates, asserted: `features <- models <- {training, serving} <- clutch`.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

const OURS: [&str; 5] = ["clutch", "features", "models", "serving", "training"];

fn cargo(args: &[&str]) -> String {
    let output =
        Command::new(env!("CARGO")).current_dir(env!("CARGO_MANIFEST_DIR")).args(args).output().expect("cargo runs");
    assert!(output.status.success(), "cargo {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("cargo prints UTF-8")
}

/// For each of our packages: the names of its direct dependencies, without those for tests.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let metadata: Value =
        serde_json::from_str(&cargo(&["metadata", "--no-deps", "--format-version", "1", "--offline"]))
            .expect("cargo metadata prints JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    packages
        .iter()
        .map(|package| {
            let all = package["dependencies"].as_array().expect("dependencies");
            let normal = all.iter().filter(|d| d["kind"].is_null());
            let names = normal.map(|d| d["name"].as_str().expect("name").to_owned()).collect();
            (package["name"].as_str().expect("name").to_owned(), names)
        })
        .collect()
}

fn owners_of(dependency: &str) -> Vec<String> {
    let all = dependencies();
    all.into_iter().filter(|(_, names)| names.contains(dependency)).map(|(package, _)| package).collect()
}

#[test]
fn crates_depend_only_downwards() {
    let all = dependencies();
    let ours = |package: &str| -> Vec<String> {
        all[package].iter().filter(|name| OURS.contains(&name.as_str())).cloned().collect()
    };
    assert!(ours("features").is_empty());
    assert_eq!(ours("models"), ["features"]);
    assert_eq!(ours("training"), ["features", "models"]);
    assert_eq!(ours("serving"), ["features", "models"]);
    assert_eq!(ours("clutch"), ["features", "models", "serving", "training"]);
}

#[test]
fn each_heavy_library_has_one_owner() {
    assert_eq!(owners_of("axum"), ["serving"]);
    assert_eq!(owners_of("linfa"), ["training"]);
    assert_eq!(owners_of("linfa-logistic"), ["training"]);
    assert_eq!(owners_of("linfa-linear"), ["training"]);
    assert_eq!(owners_of("polars"), ["features"]);
    assert_eq!(owners_of("redis"), ["features"]);
    assert_eq!(owners_of("sqlparser"), ["features"]);
}

#[test]
fn a_serving_only_build_links_neither_polars_nor_linfa() {
    let args = ["tree", "--offline", "-p", "clutch", "--no-default-features", "-e", "normal", "--prefix", "none"];
    let linked = |features: &str| cargo(&[&args[..], &["--features", features]].concat());
    let is_training = |line: &&str| line.starts_with("polars") || line.starts_with("linfa");

    let serving = linked("serve");
    assert!(serving.lines().any(|line| line.starts_with("axum ")), "the tree lists what is linked");
    assert_eq!(serving.lines().find(is_training), None);
    assert!(linked("train,serve").lines().any(|line| line.starts_with("polars ")), "the check can fail");
}

#[test]
fn polars_stays_inside_the_batch_host() {
    let sources = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("features/src");
    let mut folders = vec![sources.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("readable") {
            let path = entry.expect("entry").path();
            if path == sources.join("batch") {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else {
                let text = std::fs::read_to_string(&path).expect("UTF-8");
                assert!(!text.contains("use polars"), "{} uses polars", path.display());
            }
        }
    }
}
