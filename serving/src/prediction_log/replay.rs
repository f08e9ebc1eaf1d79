//! A logged prediction computed again, from what was logged, by the version that made it.

use std::sync::Arc;

use features::value::{Type, Value};
use models::registry::{Registry, RegistryError};
use uuid::Uuid;

use super::find::prediction;
use super::record::{Record, features_of};
use crate::tables::{Tables, TablesError, transact};

#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    #[error("no prediction `{0}` is logged: it was never made, is not written yet, or was dropped with its day")]
    Unknown(Uuid),
    #[error(transparent)]
    Tables(#[from] TablesError),
    #[error("version {version} of model `{model}`, which made it, cannot be read")]
    Registry { model: String, version: u32, source: RegistryError },
    #[error(
        "version {version} of model `{model}` is not what it was: its digest is {found}, and {logged} made the prediction"
    )]
    Changed { model: String, version: u32, found: String, logged: String },
    #[error("the logged features are not those of version {version} of model `{model}`")]
    Features { model: String, version: u32 },
    #[error("the version cannot be run")]
    Predictor(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// What came out, beside what was logged.
#[derive(Debug, Clone, PartialEq)]
pub struct Replay {
    pub record: Record,
    /// Each input by name, as it was logged.
    pub features: Vec<(String, Value)>,
    /// `None` where the version gives no prediction, as for one that failed.
    pub output: Option<f64>,
}

impl Replay {
    /// Whether every bit is the same.
    pub fn agrees(&self) -> bool {
        self.output.map(f64::to_bits) == self.record.output.map(f64::to_bits)
    }
}

/// Finds the prediction and computes it again. One that failed before it had features has nothing to be computed from, and
/// agrees.
pub fn replay(tables: &mut dyn Tables, registry: &Arc<dyn Registry>, id: Uuid) -> Result<Replay, ReplayError> {
    let record = transact(tables, |statements| prediction(statements, id))?.ok_or(ReplayError::Unknown(id))?;
    let (model, version) = (record.model.to_string(), record.version);
    let loaded = registry.load(&model, version);
    let artifact = loaded.map_err(|source| ReplayError::Registry { model: model.clone(), version, source })?.artifact;
    let found = artifact.digest().map_err(|source| ReplayError::Predictor(Box::new(source)))?;
    if found != record.digest {
        let logged = record.digest.to_string();
        return Err(ReplayError::Changed { model, version, found, logged });
    }
    if record.features == "[]" && record.output.is_none() {
        return Ok(Replay { record, features: Vec::new(), output: None });
    }
    let signature = &artifact.manifest().signature;
    let types: Vec<Type> = signature.features.iter().map(|feature| feature.ty).collect();
    let values = features_of(&record.features, &types).ok_or(ReplayError::Features { model, version })?;
    let family = artifact.members();
    let number = |(place, value): (usize, &Value)| match family {
        Some(family) if place + 1 == values.len() => family.code_of(value),
        _ => value.as_number().unwrap_or(f64::NAN),
    };
    let inputs: Vec<f64> = values.iter().enumerate().map(number).collect();
    let predictor = artifact.predictor().map_err(|source| ReplayError::Predictor(Box::new(source)))?;
    let mut output = [f64::NAN];
    predictor.predict(&inputs, &mut output);
    let features = signature.names().map(str::to_owned).zip(values.iter().cloned()).collect();
    Ok(Replay { record, features, output: Some(output[0]).filter(|value| value.is_finite()) })
}
