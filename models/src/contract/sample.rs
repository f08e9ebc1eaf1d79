//! Ready-made parts of artifacts, for tests that need one and do not care about all of it.

use features::plan::ViewHash;
use features::project::Task;
use features::value::Type;
use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use crate::artifact::{
    Aggregation, AlgorithmRecord, Artifact, DataFingerprint, Family, FamilyRecord, GateOutcome, GateReport,
    LinearModel, Link, Manifest, Member, MemberRecord, NativeModel, Node, ParityCertificate, Rows, Side, TreeModel,
    ViewRecord,
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
        stack: None,
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

/// One tree of three leaves over two of `width` inputs: −1 where the first is below 0.5 (a quarter of the training rows),
/// else 1 where the second is below 5 (half of them), else 3. The base is 0.25, so 1.25 is expected of a row unknown.
pub fn tree(width: usize, [first, second]: [u32; 2]) -> NativeModel {
    let split =
        |feature, threshold, left| Node::Split { feature, threshold, left, right: left + 1, missing: Side::Left };
    let leaf = |value, cover| Node::Leaf { value, cover };
    let nodes = vec![split(first, 0.5, 1), leaf(-1.0, 1.0), split(second, 5.0, 3), leaf(1.0, 2.0), leaf(3.0, 1.0)];
    let model = TreeModel::new(Link::Logit, 0.25, Aggregation::Sum, width, vec![nodes]).expect("a tree");
    NativeModel::Trees(model)
}

/// A family of logistic models without imputation, told apart by `per`: its general model, and its members by value, each
/// an intercept and coefficients. The manifest's features are the models' inputs.
pub fn family(
    mut manifest: Manifest,
    per: Feature,
    general: (f64, &[f64]),
    members: &[(&str, f64, &[f64])],
) -> Artifact {
    let logistic = |intercept: f64, coefficients: &[f64]| {
        let imputation = vec![0.0; coefficients.len()];
        let model = LinearModel::new(Link::Logit, intercept, coefficients.to_vec(), imputation).expect("finite");
        NativeModel::Linear(model)
    };
    let record = |value: &str| MemberRecord {
        value: value.to_owned(),
        rows: Rows { train: 0, test: 0 },
        observed: None,
        general: None,
    };
    manifest.family = Some(FamilyRecord {
        per: per.name.clone(),
        min_rows: 1,
        metric: "log_loss".to_owned(),
        members: members.iter().map(|(value, ..)| record(value)).collect(),
        rest: record(""),
    });
    manifest.signature.features.push(per);
    let member = |(value, intercept, coefficients): &(&str, f64, &[f64])| Member {
        value: (*value).to_owned(),
        model: logistic(*intercept, coefficients),
        calibration: None,
    };
    let family = Family::new(members.iter().map(member).collect()).expect("each value once");
    let example = manifest.signature.features.iter().map(|f| (f.name.clone(), one(f.ty))).collect();
    Artifact::family(manifest, logistic(general.0, general.1), family, example).expect("a coefficient for each feature")
}

/// A version by `model`, with an example of ones.
pub fn version(manifest: Manifest, model: NativeModel) -> Artifact {
    let example: Map<String, Value> = manifest.signature.features.iter().map(|f| (f.name.clone(), one(f.ty))).collect();
    Artifact::new(manifest, model, example).expect("an input for each feature")
}

/// 1 as a value of a type.
fn one(ty: Type) -> Value {
    match ty {
        Type::Bool => json!(true),
        Type::Float => json!(1.0),
        _ => json!(1),
    }
}
