//! The project parser.

use std::path::Path;

use super::sample;
use crate::project::Project;

/// Stands between `clutch.toml` and each view of an input.
const BETWEEN: &str = "\n-----\n";

/// `clutch.toml`, then views. Every problem can be shown; what is accepted has views that can be run side by side.
pub fn project(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let mut parts = text.split(BETWEEN);
    let manifest = parts.next().unwrap_or_default();
    let views: Vec<&str> = parts.collect();
    let environment = |name: &str| (name != "UNSET").then(|| name.to_lowercase());
    match Project::check(Path::new("/project"), &sample::sources(manifest, &views), &environment) {
        Ok(project) => {
            for stream in project.streams.values() {
                for view in project.views_of(&stream.name) {
                    crate::sql::describe_view(&view);
                }
            }
        }
        Err(problems) => {
            assert!(!problems.0.is_empty(), "refused without a reason");
            problems.render(false);
            problems.render(true);
        }
    }
}
