//! Drawings in SVG: a frame with axes, and one file a kind.

mod bars;
mod curve;
mod frame;
mod histogram;
mod intervals;
mod pairs;
mod reliability;
mod scale;

pub(super) use bars::bars;
pub(super) use curve::{learning, roc};
pub(super) use histogram::{histogram, sparkline, two_histograms};
pub(super) use intervals::{IntervalRow, intervals};
pub(super) use pairs::{Pair, pairs};
pub(super) use reliability::reliability;
