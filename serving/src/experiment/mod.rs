//! Experiments on live traffic.

mod assignment;

pub use assignment::Assignment;
