//! The stream host and the request host: one event at a time against the state of its key.

mod request;
mod stream;

pub use request::{RequestError, RequestHost};
pub use stream::{Accepted, KeyState, Position, StreamHost, ViewRow};
