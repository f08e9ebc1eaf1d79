//! One prediction: from what a client gives to a number, whoever the client is. Knows nothing of HTTP.

mod error;
mod explanation;
mod given;
mod key;
mod named_inputs;
mod object;
mod pool;
mod recent;
mod rows;
mod service;
mod target;

pub use error::{InputProblem, KeyProblem, PredictError};
pub use explanation::{Explanation, Named};
pub use given::{AsOf, Given};
pub(crate) use object::typed;
pub use recent::RecentStates;
pub use service::{Answer, Options, PredictService, Prediction, Timing};
pub use target::{Chosen, Target};
