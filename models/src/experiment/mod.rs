//! Which of two versions is better on live traffic, and whether that can be trusted. Pure: observations in, a verdict out;
//! no clock, no log, no store.
//!
//! [`Plan`] is what was declared, [`Tally`] what is kept of observations, [`Verdict`] what is said of them. [`paired`] is
//! for two versions that answered the same requests.

mod bayes;
mod calibration;
mod contrast;
mod estimate;
mod fixed;
mod health;
mod holm;
mod metric;
mod moments;
mod normal;
mod observation;
pub mod page;
pub mod paired;
mod plan;
mod power;
mod quantile;
mod rule;
mod sequence;
#[cfg(any(test, feature = "test-support"))]
pub mod simulation;
mod slices;
mod srm;
mod tally;
mod unit;
mod verdict;

pub use crate::evaluation::Interval;
pub use bayes::Belief;
pub use calibration::Bin;
pub use contrast::{Contrast, Form};
pub use estimate::{Adjusted, ArmEstimate, Difference};
pub use health::{ArmHealth, Finding, Health, Light};
pub use metric::Metric;
pub use moments::{Moments, UnitSums};
pub use observation::{Observation, PairedObservation};
pub use plan::{Guard, GuardSpec, Limit, Plan, PlanError, PlanSpec};
pub use power::{Reach, of_fixed_test};
pub use rule::{Call, Decision, Evidence, GuardEvidence, GuardState};
pub use sequence::Tuning;
pub use slices::SliceDifference;
pub use srm::{Intake, RatioTest};
pub use tally::{Counts, Tally};
pub use verdict::{ArmCalibration, Challenger, Compared, GuardReport, MetricReport, Verdict};

#[cfg(test)]
mod tests;
