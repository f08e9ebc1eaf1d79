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
pub mod log;
pub mod metrics;
pub mod predict;
pub mod routing;
pub mod server;
pub mod sink;
pub mod skew;
mod stop;
pub mod views;
pub mod worker;
