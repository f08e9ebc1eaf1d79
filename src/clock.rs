//! The wall clock, for what commands write down.

use std::sync::Arc;
use std::time::UNIX_EPOCH;

use features::value::Micros;
use models::registry::Clock;

/// Microseconds since 1970; 0 on a machine whose clock stands before it.
#[expect(clippy::disallowed_methods, reason = "this is the place that reads the clock and hands it on")]
pub(crate) fn now() -> Micros {
    let since = std::time::SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Micros::try_from(since.as_micros()).unwrap_or(Micros::MAX)
}

/// As registries take it.
pub(crate) fn clock() -> Clock {
    Arc::new(now)
}
