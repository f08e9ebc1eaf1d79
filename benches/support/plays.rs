//! Where the plays that benchmarks read come from: real ones where they are at hand, simulated ones elsewhere.

use std::path::{Path, PathBuf};
use std::process::Command;

pub(crate) const PROJECT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/notebooks-data/nfl");

/// A folder of Parquet files, six seasons of them: `nfl_pbp` under CLUTCH_DATA, else simulated into `folder`.
pub(crate) fn seasons(folder: &Path) -> PathBuf {
    if let Some(real) =
        environment("CLUTCH_DATA").map(|data| PathBuf::from(data).join("nfl_pbp")).filter(|dir| dir.is_dir())
    {
        println!("real plays");
        return real;
    }
    println!("simulated plays (CLUTCH_DATA names no real ones)");
    let out = folder.join("plays");
    let simulated = Command::new(env!("CARGO_BIN_EXE_clutch"))
        .args(["data", "simulate", "nfl", "--seasons", "6", "--seed", "7", "--no-import", "--out"])
        .arg(&out)
        .args(["--project", PROJECT])
        .output()
        .expect("the clutch binary");
    assert!(simulated.status.success(), "{}", String::from_utf8_lossy(&simulated.stderr));
    out
}

#[expect(clippy::disallowed_methods, reason = "a benchmark is its own composition root")]
pub(crate) fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
