use super::LinearModel;
use crate::predictor::Predictor;

/// The native predictor's parameters, `model.json`. Trees, and a pointer to `model.onnx`, will be further arms.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum NativeModel {
    Linear(LinearModel),
}

impl NativeModel {
    /// The number of inputs of one row.
    pub fn width(&self) -> usize {
        match self {
            NativeModel::Linear(model) => model.width(),
        }
    }
}
