//! Where plays come from: real ones where they are at hand, simulated ones elsewhere.

#[path = "../../../benches/support/real_data.rs"]
mod real_data;

use std::path::PathBuf;

use super::{TestProject, assert_success};

pub(crate) use self::real_data::real_data;

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
