//! Every way in which a prediction can be refused.

use features::event::Invalid;
use features::host::{KeyError, RequestError};
use features::kernel::StateError;
use features::online::StoreError;
use features::value::Type;
use models::reference::InvalidModelRef;

use crate::routing::DirectError;
use crate::views::Progress;

#[derive(Debug, thiserror::Error)]
pub enum PredictError {
    #[error("there is no endpoint `{name}`")]
    UnknownEndpoint { name: String, nearest: Option<String> },
    #[error("no version of model `{model}` serves endpoint `{endpoint}` yet")]
    NoChampion { endpoint: String, model: String },
    #[error(transparent)]
    InvalidReference(#[from] InvalidModelRef),
    #[error("`{reference}` gives no model")]
    Direct { reference: String, source: Box<DirectError> },
    #[error("the event is invalid")]
    Event(#[source] Invalid),
    #[error(transparent)]
    Request(#[from] RequestError),
    #[error(transparent)]
    Input(#[from] InputProblem),
    #[error(transparent)]
    Key(#[from] KeyProblem),
    #[error(transparent)]
    NoRow(#[from] KeyError),
    #[error("the events of stream `{stream}` have an order and no times: leave out `as_of`")]
    AsOfWithoutTimes { stream: String },
    #[error(
        "version {version} of model `{model}` needs a version of view `{view}` that is being built up: {}% of its \
         history is folded", .progress.percent
    )]
    ViewNotReady { view: String, model: String, version: u32, progress: Box<Progress> },
    #[error("the key's state cannot be fetched")]
    Store(#[from] StoreError),
    #[error("the key's state cannot be read")]
    State(#[from] StateError),
    #[error("model `{model}` has no prediction for these features")]
    NoPrediction { model: String },
    #[error("the prediction was interrupted")]
    Interrupted,
}

impl PredictError {
    /// The server's fault, and not what it already reports by other means.
    pub fn is_a_failure(&self) -> bool {
        match self {
            PredictError::Store(StoreError::KeyTooLong { .. }) => false,
            PredictError::Store(_) | PredictError::State(_) | PredictError::Interrupted => true,
            PredictError::Direct { source, .. } => source.is_a_failure(),
            PredictError::UnknownEndpoint { .. }
            | PredictError::NoChampion { .. }
            | PredictError::InvalidReference(_)
            | PredictError::Event(_)
            | PredictError::Request(_)
            | PredictError::Input(_)
            | PredictError::Key(_)
            | PredictError::ViewNotReady { .. }
            | PredictError::NoRow(_)
            | PredictError::NoPrediction { .. }
            | PredictError::AsOfWithoutTimes { .. } => false,
        }
    }
}

/// What is wrong with the `features` that a client gives.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum InputProblem {
    #[error("the model has no feature `{name}`")]
    Unknown { name: String, nearest: Option<String> },
    #[error("{} missing: give every feature of the model, null where it is not known", list(.names))]
    Missing { names: Vec<String> },
    #[error("feature `{name}` is given twice")]
    Twice { name: String },
    #[error("feature `{name}` must be {expected} or null, not {found}")]
    Mistyped { name: String, expected: Type, found: String },
    #[error("`features` must be a JSON object of feature names and values")]
    NotAnObject,
}

/// What is wrong with the `key` that a client gives.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum KeyProblem {
    #[error("`{name}` is no key field of stream `{stream}`")]
    Unknown { name: String, stream: String, nearest: Option<String> },
    #[error("key {} missing", list(.names))]
    Missing { names: Vec<String> },
    #[error("key field `{name}` is given twice")]
    Twice { name: String },
    #[error("key field `{name}` must be {expected}, not {found}")]
    Mistyped { name: String, expected: Type, found: String },
    #[error("`key` must be a JSON object of the key fields")]
    NotAnObject,
}

fn list(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    let verb = if names.len() == 1 { "is" } else { "are" };
    format!("{} {verb}", quoted.join(", "))
}
