//! Sinks: an endpoint's streamed predictions in files, each exactly once.
//!
//! A sink follows the endpoint's topic, not the workers: what it cannot write it tries again, and nobody waits for it.

mod columns;
mod error;
mod lines;
mod parquet;
mod position;
mod runner;
#[cfg(test)]
mod tests;
mod threads;

pub use error::SinkError;
pub use threads::{SinkParts, SinkStartError, Sinks};
