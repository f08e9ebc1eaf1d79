use super::files::{parse_versioned, versioned};
use super::{ArtifactError, Binding, Files, MODEL, NativeModel, ONNX, OnnxModel};
use crate::onnx::OnnxFile;

/// What a version predicts by: ours, or somebody else's. Of a model of others `model.onnx` is the model, and in
/// `model.json` stands only how rows go in and predictions come out.
#[derive(Debug, Clone, PartialEq)]
pub enum AnyModel {
    Native(NativeModel),
    Onnx(OnnxModel),
}

impl From<NativeModel> for AnyModel {
    fn from(model: NativeModel) -> AnyModel {
        AnyModel::Native(model)
    }
}

impl From<OnnxModel> for AnyModel {
    fn from(model: OnnxModel) -> AnyModel {
        AnyModel::Onnx(model)
    }
}

impl AnyModel {
    /// The number of inputs of one row.
    pub fn width(&self) -> usize {
        match self {
            AnyModel::Native(model) => model.width(),
            AnyModel::Onnx(model) => model.width(),
        }
    }

    /// Ours; `None` for a model of others.
    pub fn native(&self) -> Option<&NativeModel> {
        match self {
            AnyModel::Native(model) => Some(model),
            AnyModel::Onnx(_) => None,
        }
    }

    pub(super) fn write(&self, files: &mut Files) -> Result<(), ArtifactError> {
        match self {
            AnyModel::Native(model) => model.write(files)?,
            AnyModel::Onnx(model) => {
                files.insert(ONNX, model.file().bytes().to_vec());
                files.insert(MODEL, versioned(MODEL, &Written { kind: KIND, binding: model.binding() })?);
            }
        }
        Ok(())
    }

    pub(super) fn read(files: &Files) -> Result<AnyModel, ArtifactError> {
        if parse_versioned::<Kind>(MODEL, files)?.kind.as_deref() != Some(KIND) {
            return Ok(NativeModel::read(files)?.into());
        }
        let binding: Binding = parse_versioned(MODEL, files)?;
        Ok(OnnxModel::new(OnnxFile::read(files.require(ONNX)?)?, binding)?.into())
    }

    /// The files beside `model.json` that it needs.
    pub(super) fn further_files(&self) -> &'static [&'static str] {
        match self {
            AnyModel::Native(model) => model.further_files(),
            AnyModel::Onnx(_) => &[ONNX],
        }
    }
}

/// The kind of a model of others; native ones have kinds of their own.
const KIND: &str = "onnx";

#[derive(serde::Deserialize)]
struct Kind {
    kind: Option<String>,
}

#[derive(serde::Serialize)]
struct Written<'a> {
    kind: &'static str,
    #[serde(flatten)]
    binding: &'a Binding,
}
