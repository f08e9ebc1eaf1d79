//! What one server takes on at once, and for how long.

use std::time::Duration;

#[derive(Debug, Clone)]
pub struct Limits {
    /// The largest body, in bytes.
    pub body: usize,
    /// Prediction requests at once; beyond it they are answered 429.
    pub in_flight: usize,
    /// From a request's head to its answer.
    pub request: Duration,
    /// Connections at once; beyond it new ones wait to be accepted.
    pub connections: usize,
    /// For the head of a request, and so for an idle connection too.
    pub head: Duration,
    /// For requests in flight at shutdown; what is left then is cut off.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            body: 4 << 20,
            in_flight: 512,
            request: Duration::from_secs(10),
            connections: 4_096,
            head: Duration::from_secs(60),
            drain: Duration::from_secs(10),
        }
    }
}
