//! What a client gives for one prediction.

use features::value::Micros;

/// One of the three; each is the raw JSON of the request, so that it is decoded once, straight into typed values.
#[derive(Debug, Clone, Copy)]
pub enum Given<'a> {
    /// An event of the view's stream that is not in the log: the request host computes its row.
    Event(&'a str),
    /// The key fields of the view's stream: the key's latest row.
    Key(&'a str, AsOf),
    /// The model's inputs by name.
    Features(&'a str),
}

/// When a request by key is asked for; `None`: now.
pub type AsOf = Option<Micros>;
