//! One process owns a project's `.clutch` folder: its lock, its database, and what stands in it.

mod lock;
mod open;
mod synchronise;

pub use lock::{Holder, LockError};
pub use open::{Instance, InstanceError, Places};
