//! Finished trials on disk, one JSON line each, so that a search that was stopped goes on where it was.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

/// What is known of earlier trials, and where new ones are written.
#[derive(Debug)]
pub(super) struct Journal {
    /// Loss by trial and rung; `None` where it could not be fitted.
    known: BTreeMap<(u32, u32), Option<f64>>,
    file: Option<(PathBuf, File)>,
}

/// One finished trial.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub(super) struct Line {
    pub(super) trial: u32,
    /// How often it was promoted to more data.
    pub(super) rung: u32,
    /// For people; the trial's number says them already.
    pub(super) parameters: BTreeMap<String, f64>,
    /// `null` where it could not be fitted.
    pub(super) loss: Option<f64>,
}

#[derive(Debug, thiserror::Error)]
#[error("the trials cannot be kept in {}", path.display())]
pub struct JournalError {
    path: PathBuf,
    #[source]
    source: std::io::Error,
}

impl Journal {
    /// Keeps nothing.
    pub(super) fn nowhere() -> Journal {
        Journal { known: BTreeMap::new(), file: None }
    }

    /// Reads what there is; lines that are none (the last one, half-written) are passed over.
    pub(super) fn open(path: &Path) -> Result<Journal, JournalError> {
        let failed = |source| JournalError { path: path.to_path_buf(), source };
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(failed(error)),
        };
        let lines = bytes.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice::<Line>(line).ok());
        let known = lines.map(|line| ((line.trial, line.rung), line.loss)).collect();
        let mut file = OpenOptions::new().create(true).append(true).open(path).map_err(failed)?;
        if bytes.last().is_some_and(|last| *last != b'\n') {
            file.write_all(b"\n").map_err(failed)?;
        }
        Ok(Journal { known, file: Some((path.to_path_buf(), file)) })
    }

    pub(super) fn find(&self, trial: u32, rung: u32) -> Option<Option<f64>> {
        self.known.get(&(trial, rung)).copied()
    }

    /// How many of the trials from 1 to `last` were tried on rung `first`.
    pub(super) fn trials(&self, last: u32, first: u32) -> usize {
        (1..=last).filter(|&trial| self.find(trial, first).is_some()).count()
    }

    pub(super) fn add(&mut self, line: &Line) -> Result<(), JournalError> {
        self.known.insert((line.trial, line.rung), line.loss);
        let Some((path, file)) = &mut self.file else { return Ok(()) };
        let failed = |source| JournalError { path: path.clone(), source };
        let mut text = serde_json::to_vec(line).map_err(|error| failed(error.into()))?;
        text.push(b'\n');
        // In one write: a killed run leaves at most one line half-written.
        file.write_all(&text).map_err(failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(trial: u32, loss: Option<f64>) -> Line {
        Line { trial, rung: 1, parameters: BTreeMap::from([("l2".to_owned(), 0.5)]), loss }
    }

    #[test]
    fn a_half_written_line_is_passed_over_and_the_next_one_stands_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tuning/winner.jsonl");
        let mut journal = Journal::open(&path).unwrap();
        journal.add(&line(1, Some(0.25))).unwrap();
        journal.add(&line(2, None)).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text.lines().next(), Some(r#"{"trial":1,"rung":1,"parameters":{"l2":0.5},"loss":0.25}"#));
        std::fs::write(&path, &text[..text.len() - 5]).unwrap();

        let mut journal = Journal::open(&path).unwrap();
        assert_eq!((journal.find(1, 1), journal.find(2, 1), journal.find(1, 0)), (Some(Some(0.25)), None, None));
        journal.add(&line(3, Some(0.5))).unwrap();
        let journal = Journal::open(&path).unwrap();
        assert_eq!((journal.find(1, 1), journal.find(3, 1)), (Some(Some(0.25)), Some(Some(0.5))));
    }
}
