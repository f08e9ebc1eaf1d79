//! What keeps a responder from answering.

use super::answer::Unanswered;
use crate::log::{LogError, TooLarge};

#[derive(Debug, thiserror::Error)]
pub enum RespondError {
    #[error(transparent)]
    Log(#[from] LogError),
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
    #[error("the request at offset {offset} cannot be answered yet")]
    Unanswered { offset: u64, source: Unanswered },
    #[error("the partition is not taken")]
    NotTaken,
}
