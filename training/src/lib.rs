//! How a model is made: dataset, split, algorithms, evaluation report and gate. Links polars and linfa; never serving.

pub mod algorithm;
pub mod dataset;
pub mod gate;
pub mod inputs;
pub mod progress;
pub mod split;
