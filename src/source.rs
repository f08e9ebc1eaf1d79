//! Where a command takes history from: the files of `--data STREAM=GLOB`, or what the project has imported.

use std::str::FromStr;
use std::sync::Arc;

use anyhow::Result;
use features::batch::{BatchError, History, read_history, read_imported};
use features::project::Project;
use features::schema::Stream;

use crate::output::{self, UsageError};
use crate::{lookup, progress};

/// `--data`, for every command that reads history.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct DataArgs {
    /// Read a stream's history from these files (Parquet, CSV, JSON lines) in name order, instead of what was
    /// imported.
    #[arg(long = "data", value_name = "STREAM=GLOB")]
    sources: Vec<DataSource>,
}

/// The files that hold a stream's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DataSource {
    stream: String,
    pattern: String,
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("write STREAM=GLOB, such as plays='data/*.parquet'")]
pub(crate) struct NoSource;

impl FromStr for DataSource {
    type Err = NoSource;

    fn from_str(text: &str) -> Result<DataSource, NoSource> {
        match text.split_once('=') {
            Some((stream, pattern)) if !stream.is_empty() && !pattern.is_empty() => {
                Ok(DataSource { stream: stream.to_owned(), pattern: pattern.to_owned() })
            }
            _ => Err(NoSource),
        }
    }
}

impl DataArgs {
    /// The files given for `stream`; `None`: what was imported.
    pub(crate) fn pattern(&self, project: &Project, stream: &Stream) -> Result<Option<&str>, UsageError> {
        for source in &self.sources {
            lookup::stream(project, &source.stream)?;
        }
        let mut patterns = self.sources.iter().filter(|source| source.stream == stream.name);
        let pattern = patterns.next().map(|source| source.pattern.as_str());
        if patterns.next().is_some() {
            let message = format!("--data is given twice for `{}`: name all its files with one pattern", stream.name);
            return Err(UsageError::new(message));
        }
        Ok(pattern)
    }

    /// Where a training run finds the history of `stream`.
    pub(crate) fn source(&self, project: &Project, stream: &Stream) -> Result<training::Source, UsageError> {
        let pattern = self.pattern(project, stream)?;
        Ok(pattern.map_or(training::Source::Imported, |pattern| training::Source::Files(pattern.to_owned())))
    }

    /// Reads the history of `stream`; rejected rows and missing columns are told on standard error.
    pub(crate) fn read(&self, project: &Project, stream: &Arc<Stream>) -> Result<History> {
        self.read_any(project, stream)?.map_err(usage)
    }

    /// As [`DataArgs::read`], for a caller to whom it is no mistake that there is none.
    pub(crate) fn read_any(
        &self,
        project: &Project,
        stream: &Arc<Stream>,
    ) -> Result<std::result::Result<History, BatchError>> {
        let bar = progress::spinner("reading", "rows");
        let tick = |rows: u64| bar.set_position(rows);
        let read = match self.pattern(project, stream)? {
            Some(pattern) => read_history(stream, pattern, &tick),
            None => read_imported(project, stream, &tick),
        };
        bar.finish_and_clear();
        if let Ok(history) = &read {
            remark(history);
        }
        Ok(read)
    }
}

/// Files that do not exist are the caller's mistake; that a file is broken is not.
pub(crate) fn usage(error: BatchError) -> anyhow::Error {
    match error {
        BatchError::NoHistory { stream } => UsageError::new(format!(
            "stream `{stream}` has no history yet: import some with `clutch data import --stream {stream} FILE...`, or \
             name files with --data {stream}='FOLDER/*.parquet'"
        ))
        .into(),
        BatchError::NoFiles { .. } | BatchError::Pattern { .. } => UsageError::new(error.to_string()).into(),
        other => other.into(),
    }
}

pub(crate) fn remark(history: &History) {
    for note in &history.notes {
        output::note(format!("note: {note}"));
    }
    let Some(first) = history.rejects.first() else { return };
    let field = first.field.as_ref().map(|field| format!("{field}: ")).unwrap_or_default();
    output::note(format!(
        "note: {} of {} rows cannot be used; the first is row {} of {} ({field}{})",
        history.rejects.len(),
        history.rejects.len() + history.len(),
        first.row,
        first.file.display(),
        first.reason
    ));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_names_a_stream_and_a_pattern() {
        let source: DataSource = "plays=data/a=b/*.parquet".parse().unwrap();
        assert_eq!((source.stream.as_str(), source.pattern.as_str()), ("plays", "data/a=b/*.parquet"));
    }

    #[test]
    fn a_source_without_a_stream_or_a_pattern_is_refused() {
        for text in ["data/*.parquet", "=x", "plays=", ""] {
            assert_eq!(text.parse::<DataSource>(), Err(NoSource), "{text}");
        }
    }
}
