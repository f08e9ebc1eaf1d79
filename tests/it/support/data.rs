//! Where plays come from: real ones where they are at hand, simulated ones elsewhere.

use std::path::PathBuf;

use super::{TestProject, assert_success};

/// The folder with real data: `CLUTCH_DATA`, or the fallback beside the repository.
pub(crate) fn real_data() -> Option<PathBuf> {
    let given = std::env::var_os("CLUTCH_DATA").map(PathBuf::from);
    let fallback = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    given.or(Some(fallback)).filter(|folder| folder.join("nfl_pbp").is_dir())
}

/// Files of plays for `project`: one real season, or one simulated one.
pub(crate) fn plays(project: &TestProject, season: u16) -> PathBuf {
    if let Some(folder) = real_data() {
        return folder.join(format!("nfl_pbp/pbp_{season}.parquet"));
    }
    eprintln!("CLUTCH_DATA names no real data: running on simulated plays");
    let out = project.dir().join(format!("simulated-{season}"));
    let season = season.to_string();
    let folder = out.display().to_string();
    assert_success(&project.output(&[
        "data",
        "simulate",
        "nfl",
        "--seasons",
        "1",
        "--first-season",
        &season,
        "--seed",
        &season,
        "--no-import",
        "--out",
        &folder,
    ]));
    out.join("*.parquet")
}
