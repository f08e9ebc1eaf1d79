//! How refusals are answered: the one place that gives them HTTP statuses.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::desk::DeskError;
use super::wire::RefusalBody;
use crate::causes::with_causes;
use crate::log::LogError;

/// Why a request was not done.
#[derive(Debug)]
pub(super) enum Refusal {
    Desk(DeskError),
    /// The body is no batch of records.
    NotRecords,
    NotAProducer,
    /// The body is no list of places of dead letters.
    NotLetters,
    Busy,
    Interrupted,
}

impl From<DeskError> for Refusal {
    fn from(error: DeskError) -> Refusal {
        Refusal::Desk(error)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        use StatusCode as S;
        let (status, code) = match &self {
            Refusal::NotRecords => (S::UNPROCESSABLE_ENTITY, "not_records"),
            Refusal::NotAProducer => (S::UNPROCESSABLE_ENTITY, "not_a_producer"),
            Refusal::NotLetters => (S::UNPROCESSABLE_ENTITY, "not_letters"),
            Refusal::Busy => (S::TOO_MANY_REQUESTS, "busy"),
            Refusal::Interrupted => (S::INTERNAL_SERVER_ERROR, "interrupted"),
            Refusal::Desk(DeskError::Store(_)) => (S::INTERNAL_SERVER_ERROR, "store"),
            Refusal::Desk(DeskError::Spool(_)) => (S::INTERNAL_SERVER_ERROR, "spool"),
            Refusal::Desk(DeskError::TooLarge(_)) => (S::PAYLOAD_TOO_LARGE, "too_large"),
            Refusal::Desk(DeskError::Log(error)) => match error {
                LogError::UnknownTopic { .. } => (S::NOT_FOUND, "unknown_topic"),
                LogError::UnknownPartition { .. } => (S::NOT_FOUND, "unknown_partition"),
                LogError::Truncated { .. } => (S::GONE, "truncated"),
                LogError::SequenceGap { .. } => (S::CONFLICT, "sequence_gap"),
                LogError::PartitionCount { .. } => (S::CONFLICT, "partition_count"),
                LogError::Fenced { .. } | LogError::Offset { .. } => (S::CONFLICT, "conflict"),
                LogError::TooLarge { .. } => (S::PAYLOAD_TOO_LARGE, "too_large"),
                LogError::DiskFull { .. } => (S::INSUFFICIENT_STORAGE, "disk_full"),
                LogError::Corrupt { .. } => (S::INTERNAL_SERVER_ERROR, "corrupt"),
                LogError::Unavailable { .. } => (S::INTERNAL_SERVER_ERROR, "log"),
            },
        };
        let message = match self {
            // The other end is the same user on the same machine: it may know the causes.
            Refusal::Desk(error) => with_causes(&error),
            Refusal::NotRecords => "the body is no batch of records".to_owned(),
            Refusal::NotAProducer => "a producer is named by 32 hex digits and numbers its appends".to_owned(),
            Refusal::NotLetters => "the body is no list of places of dead letters".to_owned(),
            Refusal::Busy => "too many are listening already".to_owned(),
            Refusal::Interrupted => "the server was interrupted".to_owned(),
        };
        if status.is_server_error() {
            tracing::error!(code, message, "an admin request failed");
        }
        (status, Json(RefusalBody { code: code.to_owned(), message })).into_response()
    }
}
