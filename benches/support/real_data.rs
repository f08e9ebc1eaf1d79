//! Where real data is: one place for benchmarks and tests.

use std::path::PathBuf;

/// The folder that `CLUTCH_DATA` names, or the fallback beside the repository; `None` where neither has plays.
pub(crate) fn real_data() -> Option<PathBuf> {
    let given = std::env::var_os("CLUTCH_DATA").map(PathBuf::from);
    let folder = given.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data"));
    Some(folder).filter(|folder| folder.join("nfl_pbp").is_dir())
}
