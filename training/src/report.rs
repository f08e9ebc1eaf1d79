//! What a training run reports, in memory and as the JSON that scripts read.

use models::artifact::{Manifest, Rows};
use serde_json::{Value, json};

use crate::dataset::LeftOut;
use crate::evaluate::EvaluateReport;
use crate::remark::Remark;
use crate::validation::Validation;

/// A registered version and how it came about.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainReport {
    /// As registered: evaluation, gate, coefficients, fingerprint.
    pub manifest: Manifest,
    pub version: u32,
    /// It became champion.
    pub promoted: bool,
    pub rows: Rows,
    pub left_out: LeftOut,
    pub seconds: Seconds,
    pub validation: Validation,
    pub remarks: Vec<Remark>,
}

/// Wall-clock time by stage. Publishing is in the total only.
#[derive(Debug, Clone, Copy, Default, PartialEq, serde::Serialize)]
pub struct Seconds {
    pub load: f64,
    pub features: f64,
    /// Fits within the training part, where asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validate: Option<f64>,
    pub fit: f64,
    pub evaluate: f64,
    /// What the report tells beyond the evaluation; its learning curve fits anew.
    pub report: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refit: Option<f64>,
    pub total: f64,
}

impl TrainReport {
    /// Remarks in words.
    pub fn warnings(&self) -> Vec<String> {
        let names = self.manifest.fitted_on();
        self.remarks.iter().map(|remark| remark.describe(&names)).collect()
    }

    pub fn to_json(&self) -> Value {
        let manifest = &self.manifest;
        json!({
            "model": manifest.model,
            "version": self.version,
            "promoted": self.promoted,
            "algorithm": manifest.algorithm.name,
            "rows": self.rows,
            "left_out": self.left_out,
            "features": manifest.signature.names().collect::<Vec<_>>(),
            "metrics": manifest.evaluation.metrics,
            "intervals": manifest.evaluation.intervals,
            "groups": manifest.evaluation.groups,
            "references": manifest.evaluation.references,
            "family": manifest.family,
            "stack": manifest.stack,
            "coefficients": manifest.coefficients,
            "importances": manifest.importances,
            "validation": self.validation,
            "seconds": self.seconds,
            "gate": manifest.gate.outcome.name(),
            "gate_rules": manifest.gate.rules,
            "refit": manifest.refit,
            "data": manifest.data,
            "warnings": self.warnings(),
        })
    }
}

impl EvaluateReport {
    /// Remarks in words.
    pub fn warnings(&self) -> Vec<String> {
        self.remarks.iter().map(|remark| remark.describe(&self.features)).collect()
    }

    pub fn to_json(&self) -> Value {
        json!({
            "model": self.model,
            "version": self.version,
            "algorithm": self.algorithm,
            "rows": { "train": 0, "test": self.rows },
            "left_out": self.left_out,
            "features": self.features,
            "metrics": self.evaluation.metrics,
            "intervals": self.evaluation.intervals,
            "groups": self.evaluation.groups,
            "references": self.evaluation.references,
            "seconds": self.seconds,
            "warnings": self.warnings(),
        })
    }
}
