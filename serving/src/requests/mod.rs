//! Request streams: questions that come as messages, in the form of the body of `POST /predict`. Each gets exactly one
//! answer: the prediction or the problem that HTTP would have answered with.
//!
//! A [`responder`] works one partition. Its answers and the offset behind the questions are one transaction, so whatever
//! dies in between, nobody who reads what is committed sees an answer twice or misses one.

mod answer;
mod crew;
mod error;
mod responder;
mod runner;
#[cfg(test)]
mod tests;

pub use answer::{Asking, Reply, Unanswered};
pub(crate) use crew::consumer;
pub use crew::{RequestParts, Responders};
pub use error::RespondError;
pub use responder::{Responder, Step};
