//! What a row is: projects, SQL views, element functions, the window kernel, and the hosts that run them.
//! Depends on no other crate of the workspace. Polars is used below [`batch`] only.

#[cfg(feature = "batch")]
pub mod batch;
pub mod column;
pub mod diagnostic;
#[cfg(test)]
#[cfg(feature = "batch")]
mod documented;
pub mod duration;
pub mod element;
pub mod enumeration;
pub mod event;
pub mod explain;
#[cfg(any(test, feature = "test-support"))]
pub mod fuzzing;
pub mod host;
pub mod kernel;
pub mod nearest;
pub mod online;
pub mod parity;
pub mod partition;
pub mod plan;
pub mod program;
pub mod project;
pub mod schema;
pub mod sql;
pub mod timestamp;
pub mod value;
mod wire;
