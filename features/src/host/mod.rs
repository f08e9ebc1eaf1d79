//! The stream host and the request host: one event at a time against the state of its key.

mod key;
mod key_state;
mod latest;
mod request;
mod stream;

pub use key_state::{KeyState, ViewRow};
pub use latest::Latest;
pub(crate) use latest::kept_of_latest;
pub use request::{KeyError, RequestError, RequestHost};
pub use stream::{Accepted, Position, StreamHost};

#[cfg(test)]
mod tests;
