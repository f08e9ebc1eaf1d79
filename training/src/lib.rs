//! How a model is made: dataset, split, algorithms, evaluation report and gate. Links linfa, and polars through the
//! batch host; never serving.
//!
//! [`train()`] is one run from history to a registered version; [`evaluate()`] judges a version on other history,
//! [`compare()`] two of them. The steps
//! between stand alone: [`dataset`] picks rows, [`split`] divides them by time, [`algorithm`] fits, [`gate`] judges.

mod add;
pub mod algorithm;
mod artifact;
mod calibration;
mod compare;
pub mod dataset;
mod evaluate;
mod family;
mod fit;
#[cfg(test)]
mod fixture;
pub mod gate;
mod importances;
pub mod inputs;
pub mod page;
pub mod progress;
mod remark;
mod report;
pub mod slices;
mod source;
pub mod split;
mod stack;
mod train;
pub mod tune;
pub mod validation;
mod weights;

pub use add::{AddError, AddReport, AddRun, add};
pub use compare::{CompareError, CompareReport, CompareRun, compare};
pub use evaluate::{EvaluateError, EvaluateReport, EvaluateRun, EvaluateSeconds, evaluate};
pub use fit::ModelError;
pub use remark::Remark;
pub use report::{Seconds, TrainReport};
pub use source::Source;
pub use train::{TrainError, TrainRun, train};
