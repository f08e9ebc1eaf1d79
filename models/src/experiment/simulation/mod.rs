//! Experiments played out by the thousand, to find out whether the statistics keep what they promise. Seeded, so that a
//! table of figures can be made again to the last digit; short in tests, long in `make statistics`.

mod chance;
mod fixed_size;
mod peeking;
mod ratio;
mod world;

pub use chance::Chance;
pub use fixed_size::{Power, Saving, cuped, power};
pub use peeking::{Peeked, Peeking};
pub use ratio::{Alarms, alarms};
pub use world::World;
