//! Experiments played out by the thousand, to find out whether the statistics keep what they promise. Seeded, so that a
//! table of figures can be made again to the last digit; short in tests, long in `make statistics`.

mod chance;
mod peeking;
mod world;

pub use chance::Chance;
pub use peeking::{Peeked, Peeking};
pub use world::World;
