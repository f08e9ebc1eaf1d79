//! Where the plays that benchmarks read come from: real ones where they are at hand, simulated ones elsewhere.

#[path = "real_data.rs"]
mod real_data;

use std::path::{Path, PathBuf};
use std::process::Command;

pub(crate) const PROJECT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/notebooks-data/nfl");

/// A folder of Parquet files, six seasons of them: real ones, else simulated into `folder`.
pub(crate) fn seasons(folder: &Path) -> PathBuf {
    if let Some(real) = real_data::real_data().map(|data| data.join("nfl_pbp")) {
        println!("plays of real seasons: {}", real.display());
        return real;
    }
    println!("CLUTCH_DATA NAMES NO REAL DATA: running on six simulated seasons; times count, metrics say nothing");
    let out = folder.join("plays");
    let simulated = Command::new(env!("CARGO_BIN_EXE_clutch"))
        .args(["data", "simulate", "nfl", "--seasons", "6", "--first-season", "2019", "--seed", "7", "--no-import"])
        .args(["--project", PROJECT, "--out"])
        .arg(&out)
        .output()
        .expect("the clutch binary");
    assert!(simulated.status.success(), "{}", String::from_utf8_lossy(&simulated.stderr));
    out
}
