//! Why a worker could not go on. Each is handled as a crash: the cache is dropped and the partition taken again.

use features::kernel::StateError;
use features::online::StoreError;

use crate::log::{LogError, TooLarge};

#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    #[error(transparent)]
    Log(#[from] LogError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the state of key `{key}` cannot be read")]
    State { key: String, source: StateError },
    #[error("a record cannot be published")]
    Output(#[from] TooLarge),
    /// The store holds more than was ever committed: the log lost commits, or the store belongs to another log.
    #[error(
        "the states have folded {folded} events and the log has committed {committed}: they belong to different logs; \
         name the stream's topic as it was, or give the stream another name to begin anew"
    )]
    Ahead { folded: u64, committed: u64 },
    /// So many events are refused that something must be wrong with the stream, or with what is declared of it.
    #[error(
        "{refused} of the last {events} events cannot be used, and the stream's reject_limit is {limit}: nothing more is taken \
         from it; see `clutch stream deadletters list`, mend the producer or the declaration, and start the server again"
    )]
    TooManyRejected { refused: u64, events: u64, limit: f64 },
    #[error("the partition was not taken")]
    NotTaken,
}

impl WorkerError {
    /// Whether it is the trouble of one version of a view, and leaves the others as they are.
    pub(super) fn is_of_one_version(&self) -> bool {
        matches!(self, WorkerError::Log(LogError::Truncated { .. }) | WorkerError::State { .. })
    }
}
