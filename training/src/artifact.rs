//! What a training run hands to the registry.

use features::kernel::KERNEL_VERSION;
use features::project::{CalibrationMethod, Model, Project};
use features::value::{Type, Value};
use indexmap::IndexMap;
use models::artifact::{
    AlgorithmRecord, Artifact, ArtifactError, Coefficient, Coefficients, DataFingerprint, FamilyRecord, GateReport,
    Manifest, Refit, Rows, SplitRecord, StackRecord, ViewRecord,
};
use models::evaluation::Evaluation;
use models::signature::{Feature, Signature};
use smol_str::SmolStr;

use crate::algorithm::LinearFit;
use crate::calibration::Calibrated;
use crate::dataset::Dataset;
use crate::family::Fit;
use crate::split::Parts;
use crate::train::TrainRun;
use crate::tune::Tuning;

/// All that a run came to.
pub(crate) struct Made<'a> {
    pub(crate) run: &'a TrainRun<'a>,
    pub(crate) dataset: &'a Dataset,
    pub(crate) parts: &'a Parts,
    /// Rows of history, before any filter.
    pub(crate) events: u64,
    /// The fit to register.
    pub(crate) fitted: &'a Fit,
    pub(crate) evaluation: Evaluation,
    pub(crate) family: Option<FamilyRecord>,
    pub(crate) stack: Option<StackRecord>,
    /// How the parameters were found, where they were searched for.
    pub(crate) tuning: Option<&'a Tuning>,
    pub(crate) gate: GateReport,
    pub(crate) refit: Option<Refit>,
}

pub(crate) fn artifact(made: Made<'_>) -> Result<Artifact, ArtifactError> {
    let example = example(made.run.model, made.dataset);
    let Fit { general: Calibrated { fitted, stacked, calibration, .. }, family, .. } = made.fitted;
    let (native, calibration) = (fitted.native.clone(), calibration.clone());
    let artifact = match (family.clone(), stacked.clone()) {
        (Some(family), _) => Artifact::family(manifest(made), native, family, example)?,
        (None, Some(stacked)) => Artifact::new(manifest(made), stacked, example)?,
        (None, None) => Artifact::new(manifest(made), native, example)?,
    };
    match calibration {
        Some(calibration) => artifact.calibrated(calibration),
        None => Ok(artifact),
    }
}

fn manifest(made: Made<'_>) -> Manifest {
    let Made {
        run,
        dataset,
        parts,
        events,
        fitted: Fit { general: fitted, .. },
        evaluation,
        family,
        stack,
        tuning,
        gate,
        refit,
    } = made;
    let model = run.model;
    let Declared { view, signature, label, filter, split, group } = Declared::of(run.project, model, Some(dataset));
    Manifest {
        model: model.name.to_string(),
        algorithm: AlgorithmRecord {
            name: model.algorithm.name().to_owned(),
            parameters: parameters(model, fitted.fitted.stopped_at, tuning),
        },
        task: model.task,
        view,
        signature,
        label,
        filter,
        split,
        group,
        rows: Rows { train: parts.train.len() as u64, test: parts.test.len() as u64 },
        evaluation,
        family,
        stack,
        gate,
        data: DataFingerprint { rows: events, digest: dataset.digest(parts), sources: vec![run.source.describe()] },
        coefficients: fitted.fitted.linear.as_ref().map(|fit| coefficients(&fitted_on(model, dataset), fit)),
        importances: fitted.importances.clone(),
        refit,
        seed: model.seed,
        parity: run.parity.clone(),
        clutch_version: run.clutch_version.to_owned(),
        created_at: run.now,
    }
}

/// What a manifest repeats of the project's declaration.
pub(crate) struct Declared {
    pub(crate) view: ViewRecord,
    pub(crate) signature: Signature,
    pub(crate) label: String,
    pub(crate) filter: Option<String>,
    pub(crate) split: Option<SplitRecord>,
    pub(crate) group: Vec<String>,
}

impl Declared {
    /// Where the split falls only the data can tell.
    pub(crate) fn of(project: &Project, model: &Model, dataset: Option<&Dataset>) -> Declared {
        let stream = &model.view.stream;
        let field = |index: usize| stream.schema.fields[index].name.to_string();
        let from = dataset.and_then(|dataset| dataset.test_from(model));
        Declared {
            view: ViewRecord {
                name: model.view.name.to_string(),
                text: model.view.text.clone(),
                hash: model.view.hash.clone(),
                kernel_version: KERNEL_VERSION,
                declaration: project.declarations.get(&stream.name).cloned(),
                stream: stream.name.to_string(),
            },
            signature: Signature::new(inputs(model), model.task),
            label: model.label.text.clone(),
            filter: model.filter.as_ref().map(|filter| filter.text.clone()),
            split: model
                .split
                .as_ref()
                .zip(from)
                .map(|(split, from)| SplitRecord { time: field(split.time), test_from: json(&from) }),
            group: model.group.iter().map(|&index| field(index)).collect(),
        }
    }
}

fn inputs(model: &Model) -> Vec<Feature> {
    let per = model.per.iter().map(|per| &per.column);
    let columns = model.inputs.iter().chain(per).map(|&index| &model.view.columns[index]);
    columns.map(|column| Feature::new(column.name.as_str(), column.ty)).collect()
}

/// The names of what the fit itself looked at: the features, or a stacked model's own ones and then its bases.
pub(crate) fn fitted_on(model: &Model, dataset: &Dataset) -> Vec<SmolStr> {
    match &model.stack {
        None => dataset.names.clone(),
        Some(stack) => {
            let bases = stack.bases.iter().map(|base| &base.name);
            dataset.names.iter().take(stack.own).chain(bases).cloned().collect()
        }
    }
}

fn coefficients(names: &[SmolStr], fitted: &LinearFit) -> Coefficients {
    let term = |(index, name): (usize, &SmolStr)| Coefficient {
        feature: name.to_string(),
        value: fitted.coefficients[index],
        standardised: Some(fitted.standardised[index]),
        imputation: fitted.imputation[index],
    };
    Coefficients { intercept: fitted.intercept, terms: names.iter().enumerate().map(term).collect() }
}

/// What the model was really made with, defaults filled in.
pub(crate) fn parameters(
    model: &Model,
    stopped_at: Option<u32>,
    tuning: Option<&Tuning>,
) -> IndexMap<String, serde_json::Value> {
    let mut parameters: IndexMap<String, serde_json::Value> = model
        .algorithm
        .parameters()
        .into_iter()
        .map(|(name, value)| (name.to_owned(), serde_json::json!(value)))
        .collect();
    let mut add = |name: &str, value: serde_json::Value| parameters.insert(name.to_owned(), value);
    if let Some(rounds) = stopped_at {
        add("stopped_at", rounds.into());
    }
    match model.calibration {
        Some(CalibrationMethod::Platt) => add("calibration", "platt".into()),
        Some(CalibrationMethod::Isotonic) => add("calibration", "isotonic".into()),
        None => None,
    };
    if let Some(weight) = &model.weight {
        add("weight", weight.text.as_str().into());
    }
    if model.balanced {
        add("class_weight", "balanced".into());
    }
    if let Some(tuning) = tuning {
        add("tuned", serde_json::json!({ "trials": tuning.trials, "folds": tuning.folds, "kept": tuning.kept }));
    }
    parameters
}

/// One row of inputs, by feature name and in the features' own types: the row with the fewest NULLs among the first.
pub(crate) fn example(model: &Model, dataset: &Dataset) -> serde_json::Map<String, serde_json::Value> {
    let columns = dataset.inputs.columns();
    let missing = |row: &usize| columns.iter().filter(|column| column[*row].is_nan()).count();
    let row = (0..dataset.rows().min(100)).min_by_key(missing).unwrap_or(0);
    let value = |(&index, column): (&usize, &Vec<f64>)| typed(model.view.columns[index].ty, column[row]);
    let values = model.inputs.iter().zip(columns).map(value);
    let mut example: serde_json::Map<_, _> = dataset.names.iter().map(|name| name.to_string()).zip(values).collect();
    if let (Some(per), Some(members)) = (&model.per, &dataset.members) {
        let column = &model.view.columns[per.column];
        example.insert(column.name.to_string(), member_example(column.ty, members[row].as_deref()));
    }
    example
}

/// The value of a family's column, in the column's own type.
fn member_example(ty: Type, value: Option<&str>) -> serde_json::Value {
    match (ty, value) {
        (Type::Int, Some(value)) => value.parse::<i64>().map_or(serde_json::Value::Null, Into::into),
        (Type::Bool, Some(value)) => (value == "true").into(),
        (_, Some(value)) => value.into(),
        (_, None) => serde_json::Value::Null,
    }
}

/// A model input as JSON writes a value of the feature's type; NaN is NULL.
fn typed(ty: Type, input: f64) -> serde_json::Value {
    if input.is_nan() {
        return serde_json::Value::Null;
    }
    match ty {
        Type::Bool => serde_json::json!(input != 0.0),
        #[expect(clippy::cast_possible_truncation, reason = "it was an integer, and saturates")]
        Type::Int | Type::Timestamp | Type::Interval => serde_json::json!(input as i64),
        Type::Float | Type::String => serde_json::json!(input),
    }
}

fn json(value: &Value) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(b) => (*b).into(),
        Value::Int(i) | Value::Interval(i) => (*i).into(),
        Value::Float(x) => serde_json::json!(x),
        Value::String(s) => s.as_str().into(),
        Value::Timestamp(t) => models::timestamp::rfc3339(*t).into(),
    }
}
