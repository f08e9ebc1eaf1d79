//! Why a pass of the check came to nothing. What it had taken is checked in the next, or given up where that would fail
//! over it again.

use features::batch::BatchError;

use crate::log::{LogError, TooLarge};

#[derive(Debug, thiserror::Error)]
pub(super) enum SkewError {
    #[error("the events cannot be read back, or the differences not be told")]
    Log(#[from] LogError),
    #[error("the batch host cannot recompute")]
    Batch(#[from] BatchError),
    #[error("a difference cannot be told")]
    Record(#[from] TooLarge),
    #[error("event {offset} of partition {partition} was valid and is not any more")]
    Changed { partition: u32, offset: u64 },
}
