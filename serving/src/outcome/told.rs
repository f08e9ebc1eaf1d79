//! What is told, and of what.

use features::value::Micros;
use serde_json::{Map, Value as Json};
use smol_str::SmolStr;
use uuid::Uuid;

/// What an outcome is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Subject {
    Prediction(Uuid),
    /// Every prediction of an endpoint for a unit.
    Unit {
        endpoint: SmolStr,
        unit: SmolStr,
    },
    /// Every prediction over a stream for a key.
    Key {
        stream: SmolStr,
        key: SmolStr,
    },
}

impl Subject {
    /// As it stands in the tables. Names of endpoints and streams hold no colon.
    pub(super) fn text(&self) -> String {
        match self {
            Subject::Prediction(id) => format!("p:{}", id.simple()),
            Subject::Unit { endpoint, unit } => format!("u:{endpoint}:{unit}"),
            Subject::Key { stream, key } => format!("s:{stream}:{key}"),
        }
    }
}

/// What came true.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// The label itself: TRUE is 1, FALSE is 0.
    Value(f64),
    /// Outcome fields of the stream: the label is computed for each prediction, from them and from what was logged with it.
    Fields(Map<String, Json>),
}

/// An outcome on its way in.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    pub subject: Subject,
    pub what: What,
    /// When it came true, by the clock of who tells it.
    pub told_at: Option<Micros>,
    /// It replaces what was told before.
    pub correct: bool,
    /// Who tells it.
    pub source: String,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// It is new, and belongs to so many predictions that are logged.
    Recorded { predictions: u64 },
    /// It is new, and no prediction that it belongs to is logged yet.
    Pending,
    /// It was told before.
    Repeated,
    /// It replaces what was told before.
    Corrected { predictions: u64 },
    /// Something else was told before, and nothing says that this corrects it.
    Contradicts { known: String },
    /// It is no label of the endpoint's model.
    Mistyped { expected: &'static str },
    /// The prediction is older than what is kept.
    TooLate,
}
