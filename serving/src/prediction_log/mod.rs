//! The prediction log: every prediction in the tables, with all that is needed to compute it again and to judge it.
//!
//! A request hands what it has to a bounded [`queue`] and goes on. A [`collector`] makes records of it and has them written by
//! a [`writer`]; while the tables cannot be written they wait in memory, or in the [`spool`]. Streamed predictions are taken
//! from their topics by a [`follower`], each exactly once.

mod collector;
mod find;
mod follower;
mod forget;
mod keep;
mod logged;
mod queue;
mod reader;
mod record;
mod replay;
mod service;
mod spool;
mod store;
mod streamed;
#[cfg(test)]
mod tests;
mod to_topic;
mod writer;

pub use find::prediction;
pub(crate) use find::row_of;
pub use follower::{FollowError, FollowerParts, Followers};
pub use forget::{Forgotten, export, exported, forget};
pub use keep::oldest_kept;
pub use logged::{GivenEvent, Logged, Phases};
pub use reader::{Observation, Range, observations, span};
pub use record::{Record, features_of, features_text, key_text};
pub use replay::{Replay, ReplayError, replay};
pub use service::{LogParts, LogStartError, PredictionLog};
pub use spool::{Spool, SpoolError};
pub use store::Store;
pub(crate) use streamed::put_logged;
