//! Runtime skew check: what workers serve for a declared share of keys is recomputed by the batch host from the events in
//! the log, and compared bit for bit.
//!
//! [`share`] chooses keys, [`tray`] takes rows from the workers and never makes them wait, [`checks`] runs a thread for
//! each stream that declares a check. The thread's work is one pass after the other (`checker`): note where the events
//! of followed keys stand (`index`), read those of the keys at hand, recompute, compare (`judge`), tell (`record`).

#[cfg(feature = "skew-check")]
mod checker;
mod checks;
#[cfg(feature = "skew-check")]
mod error;
#[cfg(feature = "skew-check")]
mod index;
#[cfg(feature = "skew-check")]
mod judge;
#[cfg(feature = "skew-check")]
mod record;
mod report;
mod share;
#[cfg(test)]
#[cfg(feature = "skew-check")]
mod tests;
mod tray;

pub use checks::{CheckStartError, Checks};
pub use report::SkewReport;
pub use share::Share;
pub use tray::{Served, ServedRow, Tray, Trays};
