//! What a client's errors mean to a log.

use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use crate::log::seam::LogError;

/// The call could not be carried out, for now.
pub(super) fn unavailable(action: &'static str) -> impl Fn(KafkaError) -> LogError {
    move |source| LogError::Unavailable { action, source: Box::new(source) }
}

/// Whether somebody else has taken over the producer's name.
pub(super) fn is_fenced(error: &KafkaError) -> bool {
    matches!(
        error.rdkafka_error_code(),
        Some(RDKafkaErrorCode::Fenced | RDKafkaErrorCode::ProducerFenced | RDKafkaErrorCode::InvalidProducerEpoch)
    )
}

/// What an error of a reader is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ReadFault {
    /// The client goes on by itself.
    Passing,
    /// The offset is not one of the log's.
    OutOfRange,
    /// The topic or the partition is gone.
    Unknown,
    Lasting,
}

pub(super) fn read_fault(error: &KafkaError) -> ReadFault {
    use RDKafkaErrorCode as Code;
    if let KafkaError::MessageConsumptionFatal(_) = error {
        return ReadFault::Lasting;
    }
    match error.rdkafka_error_code() {
        Some(Code::OffsetOutOfRange | Code::AutoOffsetReset) => ReadFault::OutOfRange,
        Some(Code::UnknownTopicOrPartition | Code::UnknownTopic | Code::UnknownPartition) => ReadFault::Unknown,
        Some(
            Code::TopicAuthorizationFailed
            | Code::GroupAuthorizationFailed
            | Code::SaslAuthenticationFailed
            | Code::Authentication,
        ) => ReadFault::Lasting,
        _ => ReadFault::Passing,
    }
}
