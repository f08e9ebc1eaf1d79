//! Metrics, group bootstrap and paired comparisons: once, for training, comparison and monitoring alike.

mod report;

pub use report::{Estimate, Evaluation, Interval, Metrics, ReferenceReport};
