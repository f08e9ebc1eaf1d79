use super::files::{parse_versioned, versioned};
use super::trees::{TreesHead, from_bytes, to_bytes};
use super::{ArtifactError, Files, LinearModel, MODEL, TREES, TreeModel};

/// The native predictor's parameters: `model.json`, and `trees.bin` where there are trees. A pointer to `model.onnx` will
/// be a further arm.
#[derive(Debug, Clone, PartialEq)]
pub enum NativeModel {
    Linear(LinearModel),
    Trees(TreeModel),
}

impl NativeModel {
    /// The number of inputs of one row.
    pub fn width(&self) -> usize {
        match self {
            NativeModel::Linear(model) => model.coefficients().len(),
            NativeModel::Trees(model) => model.width(),
        }
    }

    pub(super) fn write(&self, files: &mut Files) -> Result<(), ArtifactError> {
        let model = match self {
            NativeModel::Linear(model) => versioned(MODEL, &Written::Linear(model))?,
            NativeModel::Trees(model) => {
                files.insert(TREES, to_bytes(model));
                versioned(MODEL, &Written::Trees(TreesHead::of(model)))?
            }
        };
        files.insert(MODEL, model);
        Ok(())
    }

    pub(super) fn read(files: &Files) -> Result<NativeModel, ArtifactError> {
        Ok(match parse_versioned::<Read>(MODEL, files)? {
            Read::Linear(model) => NativeModel::Linear(model),
            Read::Trees(head) => NativeModel::Trees(from_bytes(&head, files.require(TREES)?)?),
        })
    }

    /// The files beside `model.json` that it needs.
    pub(super) fn further_files(&self) -> &'static [&'static str] {
        match self {
            NativeModel::Linear(_) => &[],
            NativeModel::Trees(_) => &[TREES],
        }
    }
}

#[derive(serde::Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Written<'a> {
    Linear(&'a LinearModel),
    Trees(TreesHead),
}

#[derive(serde::Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Read {
    Linear(LinearModel),
    Trees(TreesHead),
}
