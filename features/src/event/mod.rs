//! From bytes to a typed event, and whether it is folded.

mod decide;
mod decode;

pub use decide::{Decision, KeyClock};
pub use decode::{Event, EventDecoder, Invalid, Stage};
