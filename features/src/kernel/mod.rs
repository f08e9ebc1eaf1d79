//! The window kernel: what the frames of one key's log hold. Knows no clock, no log and no store.
//!
//! Windows with an equal PARTITION BY share the rows of their partitions. Per partition there is the buffer (rows that an
//! event out of order may still have to be placed among, and as far before them as a frame reaches), the base (what is
//! left of all older rows: one accumulator per call that sees everything) and the heads (one accumulator per call, ready
//! for the next event in order; one out of order enters them at its place). Base and buffer are the state; heads are derived
//! from them and never stored.
//!
//! A log in order that is all there, as history is, is folded a call at a time over columns and without state; the
//! accumulators are the same.

mod account;
mod arrange;
mod as_of;
mod decaying;
mod exact_sum;
mod fold;
mod insert;
mod log;
mod operator;
mod persist;
#[cfg(test)]
pub(crate) mod planted;
mod rows;
mod runs;
mod state;

pub(crate) use account::value_bytes;
pub use account::{Account, Accumulates, Cost};
pub use arrange::Kernel;
pub use exact_sum::ExactSum;
pub use log::{Log, Results};
pub use state::ViewState;

pub use crate::wire::StateError;

/// Part of every view hash: changed whenever equal input could give other bits or state could not be read.
pub const KERNEL_VERSION: u32 = 4;

#[cfg(test)]
mod tests;
