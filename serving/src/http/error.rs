//! Every way in which a request can be refused, whatever it looks like to the client: that is for [`super::problem`].

use crate::outcome::{FeedbackError, IntakeError};
use crate::predict::PredictError;

#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    #[error("the body is not UTF-8: the first wrong byte is at {at}")]
    NotUtf8 { at: usize },
    #[error("the body is not JSON: {message}")]
    MalformedJson { message: String },
    #[error("the body nests deeper than {limit} levels")]
    TooDeep { limit: usize },
    #[error("the body is larger than {limit} bytes")]
    TooLarge { limit: usize },
    #[error("the body must be sent as Content-Type: application/json")]
    MediaType,
    #[error("the body could not be read to its end")]
    BodyInterrupted,
    #[error("{message}")]
    InvalidRequest { message: String },
    #[error("a batch has 1 to {limit} rows, this one has {rows}")]
    BatchSize { rows: usize, limit: usize },
    #[error("there is nothing at this path")]
    NotFound,
    #[error("this path takes another method")]
    MethodNotAllowed,
    #[error("the server is at its limit of requests; try again shortly")]
    Overloaded { retry_after_seconds: u32 },
    #[error("the request took longer than {seconds} s")]
    Timeout { seconds: u64 },
    #[error("the server is not ready")]
    NotReady { waiting_for: Vec<String> },
    #[error(transparent)]
    Predict(#[from] PredictError),
    #[error(transparent)]
    Feedback(#[from] FeedbackError),
    #[error("another outcome was told before, {known}: tell a later `time`, or `\"correct\": true`, to replace it")]
    ContradictoryOutcome { known: String },
    #[error("`outcome` must be {expected}")]
    MistypedOutcome { expected: &'static str },
    #[error("the prediction was dropped with its day: its outcome comes too late")]
    OutcomeTooLate,
    #[error("outcomes cannot be kept at the moment")]
    Outcomes(#[from] IntakeError),
}

impl HttpError {
    /// Something is wrong in the server: worth a line in its log, for the client is not told what.
    pub(super) fn is_a_failure(&self) -> bool {
        match self {
            HttpError::Predict(error) => error.is_a_failure(),
            HttpError::Timeout { .. } => true,
            _ => false,
        }
    }
}
