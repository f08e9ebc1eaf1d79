//! The files of a project, read.

use std::path::{Path, PathBuf};

use crate::diagnostic::Problem;

/// A text file.
#[derive(Debug, Clone)]
pub struct SourceFile {
    pub path: PathBuf,
    pub text: String,
}

/// Everything that a project is made of.
#[derive(Debug, Clone)]
pub struct Sources {
    /// `clutch.toml`
    pub manifest: SourceFile,
    /// `views/*.sql`, by file name.
    pub views: Vec<SourceFile>,
}

/// Larger files are refused unread.
const MAX_BYTES: u64 = 4 * 1024 * 1024;

impl Sources {
    /// Reads `clutch.toml` and `views/*.sql` below `dir`; what cannot be read is told as problems.
    pub fn read(dir: &Path) -> Result<Sources, Vec<Problem>> {
        let mut problems = Vec::new();
        let path = dir.join("clutch.toml");
        let manifest = if path.is_file() {
            read(&path, &mut problems)
        } else {
            let help = "run the command in a project folder, name one with --project DIR, or begin with `clutch init`";
            problems.push(Problem::of_file(&path, "there is no project here", Some(help.to_owned())));
            None
        };
        let views: Vec<_> = view_files(&dir.join("views"), &mut problems)
            .into_iter()
            .filter_map(|path| read(&path, &mut problems))
            .collect();
        match manifest {
            Some(manifest) if problems.is_empty() => Ok(Sources { manifest, views }),
            _ => Err(problems),
        }
    }
}

fn view_files(dir: &Path, problems: &mut Vec<Problem>) -> Vec<PathBuf> {
    let entries = match std::fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Vec::new(),
        Err(error) => {
            problems.push(Problem::of_file(dir, format!("cannot be read: {error}"), None));
            return Vec::new();
        }
    };
    let mut paths: Vec<PathBuf> = entries
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("sql")) && path.is_file())
        .collect();
    paths.sort();
    paths
}

fn read(path: &Path, problems: &mut Vec<Problem>) -> Option<SourceFile> {
    let problem = match std::fs::metadata(path)
        .and_then(|meta| if MAX_BYTES < meta.len() { Ok(None) } else { std::fs::read(path).map(Some) })
    {
        Ok(Some(bytes)) => match decode(bytes) {
            Ok(text) => return Some(SourceFile { path: path.to_path_buf(), text }),
            Err(line) => {
                let help = "save the file as UTF-8".to_owned();
                Problem::of_file(path, format!("line {line} is not UTF-8"), Some(help))
            }
        },
        Ok(None) => Problem::of_file(path, format!("larger than {} MB", MAX_BYTES / 1024 / 1024), None),
        Err(error) => Problem::of_file(path, format!("cannot be read: {error}"), None),
    };
    problems.push(problem);
    None
}

/// UTF-8 with or without a byte order mark; else the first line that is not.
fn decode(bytes: Vec<u8>) -> Result<String, usize> {
    match String::from_utf8(bytes) {
        Ok(text) => Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text)),
        Err(error) => {
            let valid = error.utf8_error().valid_up_to();
            Err(error.as_bytes()[..valid].split(|b| *b == b'\n').count())
        }
    }
}
