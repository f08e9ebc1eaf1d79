use super::files::{parse_versioned, versioned};
use super::trees::{TreesHead, from_bytes, to_bytes};
use super::{ArtifactError, Files, LinearModel, MODEL, TREES, TreeModel};

/// The parameters of a model of our own: `model.json`, and `trees.bin` where there are trees.
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

    /// BLAKE3 over all that predictions depend on, in hexadecimal digits; equal models, equal digest.
    pub fn digest(&self) -> Result<String, ArtifactError> {
        let (model, trees) = self.parts();
        let mut hasher = blake3::Hasher::new();
        hasher.update(&versioned(MODEL, &model)?);
        hasher.update(&trees.unwrap_or_default());
        Ok(hasher.finalize().to_hex().to_string())
    }

    pub(super) fn write(&self, files: &mut Files) -> Result<(), ArtifactError> {
        let (model, trees) = self.parts();
        files.insert(MODEL, versioned(MODEL, &model)?);
        if let Some(trees) = trees {
            files.insert(TREES, trees);
        }
        Ok(())
    }

    pub(super) fn read(files: &Files) -> Result<NativeModel, ArtifactError> {
        parse_versioned::<Read>(MODEL, files)?.build(|| files.require(TREES))
    }

    /// What stands in JSON, and the nodes of its trees.
    pub(super) fn parts(&self) -> (Written<'_>, Option<Vec<u8>>) {
        match self {
            NativeModel::Linear(model) => (Written::Linear(model), None),
            NativeModel::Trees(model) => (Written::Trees(TreesHead::of(model)), Some(to_bytes(model))),
        }
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
pub(super) enum Written<'a> {
    Linear(&'a LinearModel),
    Trees(TreesHead),
}

#[derive(serde::Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum Read {
    Linear(LinearModel),
    Trees(TreesHead),
}

impl Read {
    /// `trees` gives the nodes of its trees, if it has trees.
    pub(super) fn build<'a>(
        self,
        trees: impl FnOnce() -> Result<&'a [u8], ArtifactError>,
    ) -> Result<NativeModel, ArtifactError> {
        Ok(match self {
            Read::Linear(model) => NativeModel::Linear(model),
            Read::Trees(head) => NativeModel::Trees(from_bytes(&head, trees()?)?),
        })
    }
}
