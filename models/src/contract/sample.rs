//! Ready-made parts of artifacts, for tests that need one and do not care about all of it.

use features::plan::ViewHash;
use features::project::Task;
use features::value::Type;
use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use crate::artifact::{
    AlgorithmRecord, Artifact, DataFingerprint, GateOutcome, GateReport, LinearModel, Link, Manifest, NativeModel,
    ParityCertificate, Rows, ViewRecord,
};
use crate::evaluation::Evaluation;
use crate::signature::{Feature, Signature};

/// A manifest that says as little as one can.
pub fn manifest(model: &str, task: Task, features: Vec<Feature>) -> Manifest {
    Manifest {
        model: model.to_owned(),
        algorithm: AlgorithmRecord { name: "logistic".to_owned(), parameters: IndexMap::new() },
        task,
        view: ViewRecord {
            name: "view".to_owned(),
            text: "CREATE VIEW view AS SELECT 1 FROM plays".to_owned(),
            hash: ViewHash("0".repeat(32)),
            kernel_version: 1,
            stream: "plays".to_owned(),
            declaration: None,
        },
        signature: Signature::new(features, task),
        label: "won".to_owned(),
        filter: None,
        split: None,
        group: Vec::new(),
        rows: Rows { train: 0, test: 0 },
        evaluation: Evaluation::default(),
        family: None,
        gate: GateReport { outcome: GateOutcome::None, rules: Vec::new() },
        data: DataFingerprint { rows: 0, digest: String::new(), sources: Vec::new() },
        coefficients: None,
        importances: None,
        refit: None,
        seed: 0,
        parity: None,
        clutch_version: "0.1.0".to_owned(),
        created_at: 0,
    }
}

/// What a parity check found that ended with so many mismatches.
pub fn certificate(mismatches: u64) -> ParityCertificate {
    ParityCertificate {
        view_hash: ViewHash("0".repeat(32)),
        kernel_version: features::kernel::KERNEL_VERSION,
        rows: 100,
        values: 400,
        mismatches,
        restarts: 50,
        seed: 1,
        data: Some(DataFingerprint { rows: 120, digest: "c0ffee".to_owned(), sources: vec!["plays.csv".to_owned()] }),
        checked_at: 1_739_143_860_000_000,
    }
}

/// A logistic model over two features; `intercept` tells two of them apart.
pub fn artifact(model: &str, intercept: f64) -> Artifact {
    let features = vec![Feature::new("lead", Type::Int), Feature::new("time", Type::Float)];
    logistic(manifest(model, Task::Classification, features), intercept, vec![0.25, -0.5])
}

/// A logistic model with these coefficients and imputation 0.
pub fn logistic(manifest: Manifest, intercept: f64, coefficients: Vec<f64>) -> Artifact {
    let imputation = vec![0.0; coefficients.len()];
    let example: Map<String, Value> = manifest.signature.features.iter().map(|f| (f.name.clone(), one(f.ty))).collect();
    let model = LinearModel::new(Link::Logit, intercept, coefficients, imputation).expect("finite, of equal lengths");
    Artifact::new(manifest, NativeModel::Linear(model), example).expect("a coefficient for each feature")
}

/// 1 as a value of a type.
fn one(ty: Type) -> Value {
    match ty {
        Type::Bool => json!(true),
        Type::Float => json!(1.0),
        _ => json!(1),
    }
}
