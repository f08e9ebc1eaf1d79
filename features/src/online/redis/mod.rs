//! Key states in Redis 7 or newer: one server, or a Redis Cluster.
//!
//! A slot is one hash, `PREFIX:{STREAM/PARTITION}:VIEWS`: its record in one field, each key's state in another. So every
//! read and every write of a slot is one command on one key. It is atomic without transactions, a batch of states is read
//! in one round trip together with the record that proves the owner, and nothing can be torn apart while a cluster moves
//! its slots. The hash tag holds stream and partition alone: all versions of a view's states live on one node.
//!
//! What must be read and written at once is a Lua script ([`scripts`]). Redis runs it whole or, where it dies, not at all,
//! and hands it on to replicas and to its append-only file the same way.

mod info;
mod names;
mod pool;
mod problem;
mod reader;
#[cfg(any(test, feature = "test-support"))]
pub mod sandbox;
mod scripts;
mod store;
#[cfg(test)]
mod tests;

pub use problem::RedisProblem;
pub use store::RedisStore;
