//! Which model version answers for which endpoint, right now.
//!
//! [`Routes`] is shared by HTTP and the workers. [`follow`] brings it up to date with the registry while both run; a
//! version that cannot be taken leaves the last good one serving. [`DirectModels`] keeps what clients name themselves.

mod binding;
mod direct;
mod refresh;
mod routes;
mod watch;

pub use binding::{BindError, Binder, LoadedModel};
pub use direct::{DirectError, DirectModels};
pub use refresh::refresh;
pub use routes::{Awaited, Refused, Route, RouteStatus, Routes};
pub use watch::{Followed, follow};

#[cfg(test)]
mod tests;
