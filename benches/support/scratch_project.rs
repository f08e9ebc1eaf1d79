//! A ready-made project in a folder of its own, with its text mended.

use std::path::{Path, PathBuf};

/// Copies `from` into `to`; versions and history stay in the copy.
pub(crate) fn scratch_project(from: &Path, to: &Path, mended: impl FnOnce(String) -> String) -> PathBuf {
    let views = to.join("views");
    std::fs::create_dir_all(&views).expect("a folder");
    let text = std::fs::read_to_string(from.join("clutch.toml")).expect("a project");
    std::fs::write(to.join("clutch.toml"), mended(text)).expect("room on the disk");
    for view in std::fs::read_dir(from.join("views")).expect("views") {
        let view = view.expect("a view").path();
        std::fs::copy(&view, views.join(view.file_name().expect("a file"))).expect("room on the disk");
    }
    to.to_path_buf()
}
