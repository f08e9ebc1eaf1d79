//! The one table of element functions. Every host calls these and nothing else, so that equal inputs give equal bits.
//!
//! Each function is written once, over plain Rust types ([`arithmetic`], [`compare`], [`math`], [`text`], [`time`],
//! [`cast`]). [`table`] lists them; an entry carries the function twice, wrapped for one value and for a chunk of a
//! column, both made from the same item by [`apply`]. Name resolution is in [`resolve`].

mod apply;
mod arithmetic;
mod cast;
mod compare;
mod entry;
mod lane;
mod math;
mod resolve;
mod table;
mod text;
mod time;
mod typed;

pub use crate::timestamp::parse_timestamp;
pub use entry::{Element, NullRule};
pub use resolve::{Overload, ResolveError};
pub use time::format_timestamp;

pub(crate) use entry::{Effects, Scalar};
pub(crate) use lane::{CHUNK, Lane, Register, Slice, Stored, View};

#[cfg(test)]
mod tests;
