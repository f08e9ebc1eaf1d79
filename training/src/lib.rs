//! How a model is made: dataset, split, algorithms, evaluation report and gate. Links polars and linfa; never serving.

pub mod algorithm;
pub mod inputs;
