//! `--data STREAM=GLOB`: which history a command reads.

use std::str::FromStr;

use features::batch::BatchError;
use features::project::Project;
use features::schema::Stream;
use training::Source;

use crate::lookup;
use crate::output::UsageError;

/// Flattened into the arguments of every command that reads history.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct DataArgs {
    /// Read a stream's history from files that match a pattern, instead of what was imported; in quotes:
    /// --data plays='seasons/*.parquet'
    #[arg(long = "data", value_name = "STREAM=GLOB")]
    data: Vec<StreamFiles>,
}

/// One `STREAM=GLOB`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct StreamFiles {
    stream: String,
    pattern: String,
}

impl FromStr for StreamFiles {
    type Err = String;

    fn from_str(text: &str) -> Result<StreamFiles, String> {
        match text.split_once('=') {
            Some((stream, pattern)) if !stream.is_empty() && !pattern.is_empty() => {
                Ok(StreamFiles { stream: stream.to_owned(), pattern: pattern.to_owned() })
            }
            _ => Err("write STREAM=GLOB, as in plays='seasons/*.parquet'".to_owned()),
        }
    }
}

impl DataArgs {
    /// Where the history of `stream` is. Every stream named must be the project's, and named once.
    pub(crate) fn source(&self, project: &Project, stream: &Stream) -> Result<Source, UsageError> {
        for (i, files) in self.data.iter().enumerate() {
            lookup::stream(project, &files.stream)?;
            if self.data[..i].iter().any(|other| other.stream == files.stream) {
                let name = &files.stream;
                let message = format!("--data names stream `{name}` twice: one pattern may match several files");
                return Err(UsageError::new(message));
            }
        }
        let given = self.data.iter().find(|files| files.stream == stream.name);
        Ok(given.map_or(Source::Imported, |files| Source::Files(files.pattern.clone())))
    }
}

/// History that is not there is the caller's to give; anything else about files is a failure.
pub(crate) fn explain(error: BatchError) -> anyhow::Error {
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

#[cfg(test)]
mod tests {
    use super::StreamFiles;

    #[test]
    fn a_pattern_may_hold_equals_signs() {
        let files: StreamFiles = "plays=season=2023/*.parquet".parse().unwrap();
        assert_eq!(files, StreamFiles { stream: "plays".into(), pattern: "season=2023/*.parquet".into() });
    }

    #[test]
    fn half_an_option_is_refused() {
        for text in ["plays", "plays=", "=x"] {
            assert!(text.parse::<StreamFiles>().is_err(), "{text}");
        }
    }
}
