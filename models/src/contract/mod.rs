//! What every implementation of a seam must keep, as suites that tests run, and ready-made parts for tests.
#![expect(clippy::expect_used, reason = "only tests run this")]

mod predictor;
mod registry;
pub mod sample;

pub use predictor::predictor;
pub use registry::registry;
