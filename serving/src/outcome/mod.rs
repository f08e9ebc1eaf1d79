//! Outcomes: what came true, told by clients or by streams, joined to the predictions that it is about.
//!
//! Whatever the way, an outcome is told of a [`Subject`]: a prediction, a unit of an endpoint, or a key of a stream. The last
//! revision holds; of the two kinds the one about the prediction itself does.

mod decide;
mod feedback;
mod intake;
mod join;
mod known;
mod label;
mod streams;
#[cfg(test)]
mod tests;
mod told;

pub use feedback::{Feedback, FeedbackError, invalid};
pub use intake::{Intake, IntakeError};
pub(crate) use join::day_of;
pub use label::Labels;
pub use streams::outcomes_of;
pub use told::{Subject, Told, Verdict, What};
