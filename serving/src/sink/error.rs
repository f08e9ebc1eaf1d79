//! Why a sink could not write. It tries again after a while; nothing is lost meanwhile, the log holds it.

use std::path::PathBuf;

use crate::log::LogError;

#[derive(Debug, thiserror::Error)]
pub enum SinkError {
    #[error("could not {action} `{}`", .path.display())]
    Io { action: &'static str, path: PathBuf, source: std::io::Error },
    #[error("`{}` was not written by this sink: move it away", .path.display())]
    Foreign { path: PathBuf },
    #[error("`{}` has {found} bytes of the {expected} written: somebody changed it, move it away to have all written anew", .path.display())]
    Shorter { path: PathBuf, found: u64, expected: u64 },
    #[error("`{}` was begun with other columns or for another topic: move it away, or give the sink another path", .path.display())]
    Changed { path: PathBuf },
    #[error("the prediction at offset {offset} of partition {partition} cannot be read")]
    Record { partition: u32, offset: u64, source: serde_json::Error },
    #[error(transparent)]
    Log(#[from] LogError),
    #[error("the sink's position could not be {action}")]
    Position { action: &'static str, source: Box<dyn std::error::Error + Send + Sync> },
    #[error("a Parquet file could not be written")]
    Parquet(#[source] Box<dyn std::error::Error + Send + Sync>),
}
