//! Drawings in SVG: a frame with axes, and one file a kind.

mod bars;
mod curve;
mod frame;
mod histogram;
mod intervals;
mod pairs;
mod reliability;
mod scale;

pub use bars::bars;
pub use curve::roc;
pub use frame::Frame;
pub use histogram::{histogram, sparkline, two_histograms};
pub use intervals::{IntervalRow, intervals};
pub use pairs::{Pair, pairs};
pub use reliability::reliability;
pub use scale::{around, small};
