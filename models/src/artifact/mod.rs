//! The artifact: what training hands to serving, as an MLflow model directory.
//!
//! | file | what |
//! |---|---|
//! | `MLmodel` | signature and flavor, for tools that read MLflow |
//! | `clutch.json` | the [`Manifest`]: everything known of the version |
//! | `model.json` | the [`NativeModel`]: equal data and seed give equal bytes |
//! | `trees.bin` | the nodes of its trees, where it has trees |
//! | `input_example.json` | one row of inputs, as MLflow writes a data frame |
//! | `checksums.json` | BLAKE3 of each other file, checked at every load |

mod checksums;
mod error;
mod example;
mod files;
mod gate;
mod linear;
mod manifest;
mod mlmodel;
mod native;
mod trees;

pub use error::ArtifactError;
pub use files::{CHECKSUMS, EXAMPLE, FORMAT_VERSION, Files, MANIFEST, MLMODEL, MODEL, TREES};
pub use gate::{GateOutcome, GateReport, GateRuleReport};
pub use linear::{InvalidLinearModel, LinearModel, Link};
pub use manifest::{
    AlgorithmRecord, Coefficient, Coefficients, DataFingerprint, Manifest, ParityCertificate, Refit, Rows, SplitRecord,
    ViewRecord,
};
pub use native::NativeModel;
pub use trees::{
    Aggregation, InvalidTrees, InvalidTreesFile, MAX_DEPTH, MAX_NODES, MAX_WIDTH, Node, Side, Tree, TreeModel,
};

use crate::predictor::{Predictor, TreePredictor};

/// A version in memory: what a registry stores and gives back. Checked when built: model, signature and example agree,
/// and every number is finite.
#[derive(Debug, Clone, PartialEq)]
pub struct Artifact {
    manifest: Manifest,
    model: NativeModel,
    input_example: serde_json::Map<String, serde_json::Value>,
}

impl Artifact {
    /// `input_example` is one row of inputs by feature name; NULL for a missing value.
    pub fn new(
        manifest: Manifest,
        model: NativeModel,
        input_example: serde_json::Map<String, serde_json::Value>,
    ) -> Result<Artifact, ArtifactError> {
        manifest.check()?;
        if model.width() != manifest.signature.width() {
            return Err(ArtifactError::Width { model: model.width(), signature: manifest.signature.width() });
        }
        if !input_example.keys().map(String::as_str).eq(manifest.signature.names()) {
            return Err(ArtifactError::Example);
        }
        Ok(Artifact { manifest, model, input_example })
    }

    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    pub fn model(&self) -> &NativeModel {
        &self.model
    }

    /// One row of inputs by feature name, in the signature's order.
    pub fn input_example(&self) -> &serde_json::Map<String, serde_json::Value> {
        &self.input_example
    }

    pub fn predictor(&self) -> Box<dyn Predictor> {
        match &self.model {
            NativeModel::Linear(model) => Box::new(model.clone()),
            NativeModel::Trees(model) => Box::new(TreePredictor::new(model)),
        }
    }
}

#[cfg(test)]
mod tests;
