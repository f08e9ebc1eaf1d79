use super::files::{FORMAT_VERSION, parse_versioned, versioned, versioned_as};
use super::stacked::ReadStack;
use super::{ArtifactError, Binding, Files, MODEL, NativeModel, ONNX, OnnxModel, StackedModel, TREES};
use crate::onnx::OnnxFile;

/// What a version predicts by: ours, one of ours on the predictions of others of ours, or somebody else's. Of a model of others `model.onnx` is the model, and in
/// `model.json` stands only how rows go in and predictions come out.
#[derive(Debug, Clone, PartialEq)]
pub enum AnyModel {
    Native(NativeModel),
    Stacked(StackedModel),
    Onnx(OnnxModel),
}

impl From<NativeModel> for AnyModel {
    fn from(model: NativeModel) -> AnyModel {
        AnyModel::Native(model)
    }
}

impl From<StackedModel> for AnyModel {
    fn from(model: StackedModel) -> AnyModel {
        AnyModel::Stacked(model)
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
            AnyModel::Stacked(model) => model.width(),
            AnyModel::Onnx(model) => model.width(),
        }
    }

    /// A single model of ours; `None` for others.
    pub fn native(&self) -> Option<&NativeModel> {
        match self {
            AnyModel::Native(model) => Some(model),
            AnyModel::Stacked(_) | AnyModel::Onnx(_) => None,
        }
    }

    /// A model of ours that is stacked on others of ours.
    pub fn stacked(&self) -> Option<&StackedModel> {
        match self {
            AnyModel::Stacked(model) => Some(model),
            AnyModel::Native(_) | AnyModel::Onnx(_) => None,
        }
    }

    pub(super) fn write(&self, files: &mut Files) -> Result<(), ArtifactError> {
        match self {
            AnyModel::Native(model) => model.write(files)?,
            AnyModel::Stacked(model) => {
                let (stack, trees) = model.parts();
                let content = Kinded { kind: STACKED, content: &stack };
                files.insert(MODEL, versioned_as(FORMAT_VERSION, MODEL, &content)?);
                if let Some(trees) = trees {
                    files.insert(TREES, trees);
                }
            }
            AnyModel::Onnx(model) => {
                files.insert(ONNX, model.file().bytes().to_vec());
                files.insert(MODEL, versioned(MODEL, &Kinded { kind: OTHERS, content: model.binding() })?);
            }
        }
        Ok(())
    }

    pub(super) fn read(files: &Files) -> Result<AnyModel, ArtifactError> {
        match parse_versioned::<Kind>(MODEL, files)?.kind.as_deref() {
            Some(STACKED) => {
                let stack: ReadStack = parse_versioned(MODEL, files)?;
                let trees = if stack.has_trees() { files.require(TREES)? } else { &[] };
                Ok(stack.build(trees)?.into())
            }
            Some(OTHERS) => {
                let binding: Binding = parse_versioned(MODEL, files)?;
                Ok(OnnxModel::new(OnnxFile::read(files.require(ONNX)?)?, binding)?.into())
            }
            _ => Ok(NativeModel::read(files)?.into()),
        }
    }

    /// The files beside `model.json` that it needs.
    pub(super) fn further_files(&self) -> &'static [&'static str] {
        match self {
            AnyModel::Native(model) => model.further_files(),
            AnyModel::Stacked(model) if model.has_trees() => &[TREES],
            AnyModel::Stacked(_) => &[],
            AnyModel::Onnx(_) => &[ONNX],
        }
    }
}

/// The kind of a model of others; single native ones have kinds of their own.
const OTHERS: &str = "onnx";
const STACKED: &str = "stacked";

#[derive(serde::Deserialize)]
struct Kind {
    kind: Option<String>,
}

#[derive(serde::Serialize)]
struct Kinded<'a, T> {
    kind: &'static str,
    #[serde(flatten)]
    content: &'a T,
}
