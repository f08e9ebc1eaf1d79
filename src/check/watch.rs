//! `clutch check --watch`: checks again whenever a file of the project changes.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use crate::context::Context;
use crate::output;

/// How often files are looked at: quicker than a hand goes from the editor to the terminal.
const PAUSE: Duration = Duration::from_millis(300);

/// What tells one state of the files from another: name, time of change and length.
type Stamp = Vec<(PathBuf, Option<SystemTime>, u64)>;

/// Checks, then again after each change, until the caller is told to stop.
pub(super) fn run(context: &Context, check: impl Fn() -> ExitCode) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut seen = None;
        loop {
            let stamp = stamp(&context.project_dir);
            if seen.as_ref() != Some(&stamp) {
                if seen.is_some() && !context.json && std::io::stdout().is_terminal() {
                    // Clears the screen and what was scrolled.
                    output::print_line("\u{1b}[2J\u{1b}[3J\u{1b}[H");
                }
                check();
                output::note(format!("watching {}; Ctrl-C ends", context.project_dir.display()));
                seen = Some(stamp);
            }
            tokio::select! {
                stopped = tokio::signal::ctrl_c() => {
                    stopped?;
                    return Ok(ExitCode::SUCCESS);
                }
                () = tokio::time::sleep(PAUSE) => {}
            }
        }
    })
}

/// Of `clutch.toml` and `views/*.sql`; a file that cannot be looked at is one that changed.
fn stamp(dir: &Path) -> Stamp {
    let views = std::fs::read_dir(dir.join("views")).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path()));
    let sql = views.filter(|path| path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("sql")));
    let mut paths: Vec<PathBuf> = sql.chain([dir.join("clutch.toml")]).collect();
    paths.sort();
    let one = |path: PathBuf| {
        let meta = std::fs::metadata(&path).ok();
        let changed = meta.as_ref().and_then(|meta| meta.modified().ok());
        (path, changed, meta.map_or(0, |meta| meta.len()))
    };
    paths.into_iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_or_new_or_removed_file_is_seen() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("views")).unwrap();
        let empty = stamp(dir.path());
        std::fs::write(dir.path().join("clutch.toml"), "a").unwrap();
        let manifest = stamp(dir.path());
        std::fs::write(dir.path().join("views/v.sql"), "SELECT").unwrap();
        let view = stamp(dir.path());
        std::fs::write(dir.path().join("views/v.sql"), "SELECT 1").unwrap();
        let changed = stamp(dir.path());
        std::fs::write(dir.path().join("views/notes.txt"), "no view").unwrap();
        assert_eq!(stamp(dir.path()), changed);
        std::fs::remove_file(dir.path().join("views/v.sql")).unwrap();
        assert_eq!(stamp(dir.path()), manifest);
        let all = [&empty, &manifest, &view, &changed];
        assert!((0..4).all(|a| (a + 1..4).all(|b| all[a] != all[b])));
    }
}
