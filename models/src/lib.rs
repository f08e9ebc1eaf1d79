//! What a model is: its signature and artifact, the predictors that run it, the registry that keeps its versions, and
//! the metrics and experiments that judge it. Knows nothing of how it was trained or who asks.

pub mod artifact;
pub mod certificates;
#[cfg(any(test, feature = "test-support"))]
pub mod contract;
pub mod evaluation;
pub mod experiment;
pub mod onnx;
pub mod page;
pub mod predictor;
pub mod profile;
pub mod reference;
pub mod registry;
pub mod signature;
pub mod timestamp;
