//! Metrics, group bootstrap and paired comparisons: once, for training, comparison and monitoring alike.
//!
//! One file a metric: its definition, and what of it must be kept of each group so that a resample costs little.

mod accuracy;
mod auc;
mod bootstrap;
mod brier;
mod ece;
mod error;
mod evaluate;
mod groups;
mod histogram;
mod log_loss;
mod mae;
mod mean;
mod metric;
mod r2;
mod reliability;
mod report;
mod rmse;
mod roc;
mod sample;
mod weighted_calibration;

pub use accuracy::accuracy;
pub(crate) use accuracy::row_hit;
pub use auc::auc;
pub use bootstrap::Resampling;
pub use brier::brier;
pub(crate) use ece::bin_of as ece_bin;
pub use ece::{BINS as ECE_BINS, ece};
pub use error::EvaluationError;
pub use evaluate::{Reference, evaluate};
pub use groups::Groups;
pub use histogram::Histogram;
pub use log_loss::log_loss;
pub use mae::mae;
pub use metric::{Loss, Metric};
pub use r2::r2;
pub use reliability::{ReliabilityBin, reliability};
pub use report::{Estimate, Evaluation, Interval, Metrics, ReferenceReport};
pub use rmse::rmse;
pub use roc::{RocPoint, roc};
pub use sample::Sample;
pub use weighted_calibration::weighted_calibration_error;

#[cfg(test)]
mod tests;
