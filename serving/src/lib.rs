//! How a model is used: HTTP, event log, streaming workers, sinks and monitoring. Never links training.

pub mod admin;
pub mod ask;
mod back_off;
mod causes;
pub mod clock;
pub mod connect;
#[cfg(test)]
mod fixture;
pub mod http;
pub mod instance;
pub mod log;
pub mod metrics;
pub mod migrate;
pub mod predict;
pub mod requests;
pub mod routing;
pub mod server;
pub mod sink;
pub mod skew;
mod stop;
pub mod updates;
pub mod views;
pub mod worker;
