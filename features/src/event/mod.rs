//! From bytes to a typed event, and whether it is folded.

mod decide;
mod decode;
mod explode;
mod familiar;
mod json;
mod list;
mod nesting;
mod place;
mod remembered;
mod scalar;
mod shape;

pub use decide::{Decision, KeyClock};
pub use decode::{Element, Event, EventDecoder, Invalid, Stage};
pub use place::Place;
