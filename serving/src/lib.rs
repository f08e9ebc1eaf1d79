//! How a model is used: HTTP, event log, streaming workers, sinks and monitoring. Never links training.

pub mod admin;
pub mod ask;
mod back_off;
mod causes;
pub mod clock;
pub mod connect;
pub mod experiment;
#[cfg(test)]
mod fixture;
pub mod http;
pub mod instance;
mod kept;
pub mod log;
pub mod metrics;
pub mod migrate;
pub mod outcome;
pub mod predict;
pub mod prediction_log;
pub mod requests;
pub mod routing;
pub mod server;
pub mod sink;
pub mod skew;
mod stop;
pub mod tables;
pub mod updates;
pub mod views;
pub mod worker;
