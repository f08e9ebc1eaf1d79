//! Parity: the proof that the batch, stream and request hosts compute the same rows, bit for bit.
//!
//! [`oracle`] computes what a view means from its expressions and the whole log of a key, sharing nothing with the hosts
//! but the plan's types. [`check()`] replays a history through all three hosts, the stream host with restarts, and compares
//! every value with each other and with the oracle, and what is asked of the request host on the way with the oracle.

#[cfg(feature = "batch")]
mod check;
#[cfg(feature = "batch")]
mod hosts;
pub mod oracle;
#[cfg(feature = "batch")]
mod questions;
#[cfg(feature = "batch")]
mod replay;
#[cfg(feature = "batch")]
mod report;
#[cfg(feature = "batch")]
mod restarts;
#[cfg(feature = "batch")]
mod sample;

#[cfg(feature = "batch")]
pub use check::{Options, check};
#[cfg(feature = "batch")]
pub use report::{Compared, Difference, FrameContents, Host, MismatchedRow, ParityReport};

#[cfg(test)]
mod tests;
