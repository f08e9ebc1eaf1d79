//! The artifact: what training hands to serving, as an MLflow model directory.
//!
//! | file | what |
//! |---|---|
//! | `MLmodel` | signature and flavors, for tools that read MLflow |
//! | `clutch.json` | the [`Manifest`]: everything known of the version |
//! | `model.json` | the [`AnyModel`]: equal data and seed give equal bytes |
//! | `trees.bin` | the nodes of its trees, where it has trees; of a stacked model those of its bases, one after the other |
//! | `family.json`, `family.bin` | the members of a [`Family`] and their trees; `model.json` is the general model |
//! | `calibration.json` | the [`Calibration`], where there is one |
//! | `profile.json` | the distribution of every feature and of the prediction over the training part |
//! | `report.html` | the training run as a page for people |
//! | `model.onnx` | the same model for ONNX Runtime; derived, so absent in version 1, and in families for a while |
//! | `conda.yaml`, `python_env.yaml`, `requirements.txt` | in which Python MLflow runs `model.onnx`; not of families |
//! | `input_example.json` | one row of inputs, as MLflow writes a data frame |
//! | `checksums.json` | BLAKE3 of each other file, checked at every load |

mod any;
mod calibration;
mod checksums;
mod documents;
mod environment;
mod error;
mod example;
mod family;
mod files;
mod gate;
mod linear;
mod manifest;
mod mlmodel;
mod native;
mod onnx;
mod stacked;
mod trees;

pub use any::AnyModel;
pub use calibration::{Calibration, InvalidCalibration, Isotonic, Platt};
pub use documents::Documents;
pub use error::ArtifactError;
pub(crate) use family::place as family_place;
pub use family::{Family, InvalidFamily, Member, member_name};
pub use files::{
    CALIBRATION, CHECKSUMS, EXAMPLE, FAMILY, FAMILY_TREES, FORMAT_VERSION, Files, MANIFEST, MLMODEL, MODEL, ONNX,
    PROFILE, REPORT, TREES,
};
pub use gate::{GateOutcome, GateReport, GateRuleReport};
pub use linear::{InvalidLinearModel, LinearModel, Link};
pub use manifest::{
    AlgorithmRecord, BaseRecord, Coefficient, Coefficients, DataFingerprint, FamilyRecord, Importance, Importances,
    Manifest, MemberRecord, ParityCertificate, Refit, Rows, SplitRecord, StackRecord, ViewRecord,
};
pub use native::NativeModel;
pub use onnx::{Binding, BindingError, BoundInput, OnnxModel, Wanted};
pub use stacked::{Base, InvalidStack, StackedModel};
pub use trees::{
    Aggregation, InvalidTrees, InvalidTreesFile, MAX_DEPTH, MAX_NODES, MAX_WIDTH, Node, Side, Tree, TreeModel,
};

use features::project::Task;

use crate::predictor::onnx::{OnnxPredictor, OnnxRunError};
use crate::predictor::{Calibrated, FamilyPredictor, Predictor, StackedPredictor, TreePredictor};

/// A version in memory: what a registry stores and gives back. Checked when built: model, signature and example agree,
/// and every number is finite.
#[derive(Debug, Clone, PartialEq)]
pub struct Artifact {
    manifest: Manifest,
    model: AnyModel,
    calibration: Option<Calibration>,
    family: Option<Family>,
    input_example: serde_json::Map<String, serde_json::Value>,
    documents: Documents,
}

impl Artifact {
    /// `input_example` is one row of inputs by feature name; NULL for a missing value.
    pub fn new(
        manifest: Manifest,
        model: impl Into<AnyModel>,
        input_example: serde_json::Map<String, serde_json::Value>,
    ) -> Result<Artifact, ArtifactError> {
        let model = model.into();
        let width = model.width();
        Artifact::of(manifest, model, None, width, input_example)
    }

    /// A family: `model` is the general one, and the signature's last feature is the column that tells its members.
    pub fn family(
        manifest: Manifest,
        model: NativeModel,
        family: Family,
        input_example: serde_json::Map<String, serde_json::Value>,
    ) -> Result<Artifact, ArtifactError> {
        let width = model.width();
        let differs = |member: &&Member| member.model.width() != width;
        if let Some(Member { value, model, .. }) = family.members().iter().find(differs) {
            let value = value.clone();
            return Err(InvalidFamily::Width { value, found: model.width(), expected: width }.into());
        }
        Artifact::of(manifest, model.into(), Some(family), width + 1, input_example)
    }

    fn of(
        manifest: Manifest,
        model: AnyModel,
        family: Option<Family>,
        width: usize,
        input_example: serde_json::Map<String, serde_json::Value>,
    ) -> Result<Artifact, ArtifactError> {
        manifest.check()?;
        let (named, found) =
            (manifest.family.as_ref().map_or(0, |f| f.members.len()), family.as_ref().map_or(0, |f| f.members().len()));
        if named != found || manifest.family.is_some() != family.is_some() {
            return Err(ArtifactError::Members { named, found });
        }
        let bases = model.stacked().map(|model| (model.own(), model.bases().len()));
        let recorded = manifest.stack.as_ref().map(|stack| (stack.own, stack.bases.len()));
        if bases != recorded {
            let count = |stack: Option<(usize, usize)>| stack.map_or(0, |(_, bases)| bases);
            return Err(ArtifactError::Bases { named: count(recorded), found: count(bases) });
        }
        if width != manifest.signature.width() {
            return Err(ArtifactError::Width { model: width, signature: manifest.signature.width() });
        }
        if !input_example.keys().map(String::as_str).eq(manifest.signature.names()) {
            return Err(ArtifactError::Example);
        }
        let documents = Documents::default();
        Ok(Artifact { manifest, model, calibration: None, family, input_example, documents })
    }

    /// The same with a calibration behind the model; the task must be classification.
    pub fn calibrated(self, calibration: Calibration) -> Result<Artifact, ArtifactError> {
        match self.manifest.task {
            Task::Classification => Ok(Artifact { calibration: Some(calibration), ..self }),
            Task::Regression => Err(ArtifactError::CalibratedRegression),
        }
    }

    /// The same with what lies beside the model.
    pub fn documented(self, documents: Documents) -> Artifact {
        Artifact { documents, ..self }
    }

    pub fn documents(&self) -> &Documents {
        &self.documents
    }

    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    pub fn model(&self) -> &AnyModel {
        &self.model
    }

    /// What makes probabilities of the model's margins, in place of its link.
    pub fn calibration(&self) -> Option<&Calibration> {
        self.calibration.as_ref()
    }

    /// Where there is one model for each value of the last input's column; [`Artifact::model`] is the general one.
    pub fn members(&self) -> Option<&Family> {
        self.family.as_ref()
    }

    /// One row of inputs by feature name, in the signature's order.
    pub fn input_example(&self) -> &serde_json::Map<String, serde_json::Value> {
        &self.input_example
    }

    /// Fails only for models of others, which need ONNX Runtime.
    pub fn predictor(&self) -> Result<Box<dyn Predictor>, OnnxRunError> {
        let model = match &self.model {
            AnyModel::Native(model) => predictor_of(model),
            AnyModel::Stacked(model) => Box::new(StackedPredictor::new(model)),
            AnyModel::Onnx(model) => Box::new(OnnxPredictor::new(model, Link::of(self.manifest.task))?),
        };
        let general = behind(model, self.calibration.as_ref());
        Ok(match &self.family {
            None => general,
            Some(family) => family_predictor(general, family),
        })
    }
}

/// What runs a family beside its general model.
pub fn family_predictor(general: Box<dyn Predictor>, family: &Family) -> Box<dyn Predictor> {
    let members =
        family.members().iter().map(|member| behind(predictor_of(&member.model), member.calibration.as_ref()));
    Box::new(FamilyPredictor::new(general, members.collect()))
}

/// A model with a calibration behind it, where there is one.
fn behind(model: Box<dyn Predictor>, calibration: Option<&Calibration>) -> Box<dyn Predictor> {
    match calibration {
        Some(calibration) => Box::new(Calibrated::new(model, calibration.clone())),
        None => model,
    }
}

/// What runs a model, without any calibration.
pub fn predictor_of(model: &NativeModel) -> Box<dyn Predictor> {
    match model {
        NativeModel::Linear(model) => Box::new(model.clone()),
        NativeModel::Trees(model) => Box::new(TreePredictor::new(model)),
    }
}

#[cfg(test)]
mod tests;
