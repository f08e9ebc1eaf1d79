//! Two versions that answered the same requests, one of them in the shadow or afterwards: differences are within requests,
//! so far fewer of them are needed than where each request has one answer.

mod distribution;
mod examples;
mod explain;
mod mcnemar;
mod report;
mod sample;
mod tally;

pub use distribution::ScoreShift;
pub use examples::Example;
pub use explain::Explanation;
pub use mcnemar::McNemar;
pub use report::{Agreement, Latency, PairedMetric, ShadowReport, Side};
pub use tally::{PairedSpec, PairedTally};

#[cfg(test)]
mod tests;
