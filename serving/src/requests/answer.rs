//! What is written for one question.

use std::error::Error;

use serde_json::value::RawValue;
use smol_str::SmolStr;

use crate::log::RecordRef;
use crate::prediction_log::Logged;

/// Answers questions: the seam to what predicts.
pub trait Asking: Send + Sync + std::fmt::Debug {
    /// One result for each body, in their order.
    fn ask(&self, bodies: &[&[u8]]) -> Vec<Result<Reply, Unanswered>>;

    /// These answers are committed: what was asked again before never went out.
    fn published(&self, replies: Vec<Reply>);
}

/// What HTTP would have answered.
#[derive(Debug)]
pub struct Reply {
    /// `request_id` of the question, where it had one that could be read.
    pub request_id: Option<String>,
    pub status: u16,
    /// The prediction, or a problem where `status` is not 200.
    pub body: Box<RawValue>,
    /// What is to be logged of it once it is committed.
    pub logged: Vec<Logged>,
}

/// The server's fault, not the question's: it is asked again.
#[derive(Debug, thiserror::Error)]
#[error("what predicts has failed")]
pub struct Unanswered(#[source] pub Box<dyn Error + Send + Sync>);

#[derive(serde::Serialize)]
struct Written<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
    topic: &'a str,
    partition: u32,
    offset: u64,
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<&'a RawValue>,
}

/// Appends the record of an answer: a JSON object that says which question it is for.
pub(super) fn write(topic: &SmolStr, partition: u32, question: RecordRef<'_>, reply: &Reply, out: &mut Vec<u8>) {
    let good = reply.status == 200;
    let written = Written {
        request_id: reply.request_id.as_deref(),
        topic,
        partition,
        offset: question.offset,
        status: reply.status,
        answer: good.then_some(&*reply.body),
        problem: (!good).then_some(&*reply.body),
    };
    if let Err(error) = serde_json::to_writer(out, &written) {
        tracing::error!(%error, "an answer could not be written");
    }
}
