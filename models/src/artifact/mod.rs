//! The artifact: what training hands to serving, as an MLflow model directory.

use features::plan::ViewHash;
use features::project::Task;
use indexmap::IndexMap;

use crate::predictor::Predictor;

/// `clutch.json`: everything that is known of a version. (Skeleton: the full form follows.)
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Manifest {
    pub format_version: u32,
    pub model: String,
    pub algorithm: String,
    pub task: Task,
    pub view: String,
    pub view_text: String,
    pub view_hash: ViewHash,
    /// Names of the view's columns, in the order in which the predictor takes them.
    pub features: Vec<String>,
    pub metrics: IndexMap<String, f64>,
    pub created_at: String,
}

/// The native predictor's parameters, `model.json`.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum NativeModel {
    /// intercept + Σ coefficient × input, in original units; missing inputs take `imputation`.
    Linear(LinearModel),
}

#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct LinearModel {
    pub link: Link,
    pub intercept: f64,
    pub coefficients: Vec<f64>,
    pub imputation: Vec<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Link {
    Identity,
    Logit,
}

/// A version in memory: what a registry stores and gives back.
#[derive(Debug, Clone, PartialEq)]
pub struct Artifact {
    pub manifest: Manifest,
    pub model: NativeModel,
    /// One row of inputs by feature name: `input_example.json`.
    pub input_example: serde_json::Map<String, serde_json::Value>,
}

impl Artifact {
    pub fn predictor(&self) -> Box<dyn Predictor> {
        todo!()
    }
}
