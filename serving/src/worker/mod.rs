//! Streaming workers: one for each partition of each stream with an endpoint. A worker reads a batch of events, folds
//! them, predicts, and commits predictions, dead letters, states and the consumed offset.
//!
//! The protocol of taking a partition and committing is in [`machine`], as a state machine that tests drive step by
//! step; [`runner`] runs it on a thread, and the [`crew`] has those whose partitions are this process's. Each version of a view has its own fold there, a [`lane`].

mod backend;
mod breaker;
mod cache;
mod champions;
mod course;
mod crew;
mod dead_letter;
mod decode;
mod error;
#[cfg(test)]
pub(crate) mod fixture;
mod hand_over;
mod json;
mod lane;
mod machine;
mod plan;
mod prediction;
mod prepare;
mod runner;
#[cfg(test)]
mod simulation;
mod status;
mod step;
#[cfg(test)]
mod tests;
mod threads;

pub use backend::{Backend, Ground};
pub(crate) use crew::new_claim;
pub use dead_letter::DeadLetterStage;
pub use error::WorkerError;
pub(crate) use json::{put, put_name, put_time, put_value, rfc3339};
pub use machine::Worker;
pub(crate) use plan::consumer;
pub use plan::{PlanError, StreamPlan};
pub use prediction::prediction_id;
pub use prepare::{StartError, prepare};
pub(crate) use status::StatusCell;
pub use status::{PartitionStatus, Phase};
pub use step::{Committed, Settings, Step};
pub use threads::{Parts, Workers};
