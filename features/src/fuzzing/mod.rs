//! What must hold of input that nobody means well: each function takes arbitrary bytes and panics where a promise is
//! broken. The fuzz targets in `fuzz/` call them without end; a test here runs them over every kept seed.

#![expect(clippy::panic, reason = "a broken promise is told by a panic, which is what a fuzzer looks for")]

mod event;
mod project;
mod sample;
mod sql;
mod state;

pub use event::event;
pub use project::project;
pub use sql::sql;
pub use state::state;

#[cfg(test)]
mod tests;
