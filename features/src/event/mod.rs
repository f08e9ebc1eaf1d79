//! From bytes to a typed event, and whether it is folded.

mod decide;
mod decode;
mod place;
mod remembered;

pub use decide::{Decision, KeyClock};
pub use decode::{Event, EventDecoder, Invalid, Stage};
pub use place::Place;
