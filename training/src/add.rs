//! Models of others: an ONNX file bound to a model that the project declares, tried, judged on history, registered.

use std::sync::Arc;

use features::batch::{BatchError, Order, compute};
use features::project::{Model, Project};
use features::value::Micros;
use models::artifact::{
    AlgorithmRecord, AnyModel, Artifact, ArtifactError, BindingError, DataFingerprint, GateReport, Link, Manifest,
    OnnxModel, ParityCertificate, Rows, Wanted,
};
use models::evaluation::{Evaluation, EvaluationError};
use models::onnx::OnnxFile;
use models::predictor::Predictor;
use models::predictor::onnx::{OnnxPredictor, OnnxRunError};
use models::registry::{Published, Registry, RegistryError, publish_and_maybe_promote};

use crate::artifact::{self, Declared};
use crate::dataset::{Dataset, DatasetError};
use crate::evaluate::judge;
use crate::gate;
use crate::progress::{Progress, Stage};
use crate::remark::Remark;
use crate::source::Source;
use crate::split::SplitError;

/// What to add, and to which model of the project.
#[derive(Debug)]
pub struct AddRun<'a> {
    pub project: &'a Project,
    pub model: &'a Arc<Model>,
    pub file: OnnxFile,
    /// Where the file was, as the version records it.
    pub path: &'a str,
    /// What is to be known beside the project: names for features, stand-ins, the output. Its features are not looked at.
    pub wanted: Wanted,
    pub source: Source,
    pub registry: &'a dyn Registry,
    pub parity: Option<ParityCertificate>,
    pub now: Micros,
    pub clutch_version: &'a str,
}

/// What was registered.
#[derive(Debug, Clone, PartialEq)]
pub struct AddReport {
    pub manifest: Manifest,
    pub version: u32,
    pub promoted: bool,
    /// Rows of which nothing is known get a prediction.
    pub takes_missing: bool,
    /// There was no history to judge it by.
    pub unjudged: bool,
    pub remarks: Vec<Remark>,
}

#[derive(Debug, thiserror::Error)]
pub enum AddError {
    #[error(transparent)]
    Binding(#[from] BindingError),
    #[error(transparent)]
    Run(#[from] OnnxRunError),
    #[error(
        "the model has no prediction for {without} of {rows} rows of the test part{}: where a value may be missing, give \
         what stands in for it with --missing FEATURE=VALUE",
        missing(.features)
    )]
    NoPrediction { without: usize, rows: usize, features: Vec<String> },
    #[error(transparent)]
    History(BatchError),
    #[error(transparent)]
    Dataset(#[from] DatasetError),
    #[error(transparent)]
    Split(#[from] SplitError),
    #[error(transparent)]
    Evaluation(#[from] EvaluationError),
    #[error("the version cannot be described")]
    Artifact(#[from] ArtifactError),
    #[error(transparent)]
    Registry(#[from] RegistryError),
}

/// Binds, tries, judges (where there is history) and registers a model of others.
pub fn add(run: AddRun<'_>, progress: &dyn Progress) -> Result<AddReport, AddError> {
    let names = |model: &Model| {
        let columns = model.inputs.iter().map(|&index| model.view.columns[index].name.to_string());
        columns.collect::<Vec<String>>()
    };
    let wanted = Wanted { features: names(run.model), ..run.wanted.clone() };
    let (bound, features) = OnnxModel::bind(run.file.clone(), run.model.task, &wanted)?;
    let place = |feature: &String| run.model.view.columns.iter().position(|column| column.name == feature.as_str());
    let model = Model { inputs: features.iter().filter_map(place).collect(), stack: None, ..Model::clone(run.model) };
    let predictor = OnnxPredictor::new(&bound, Link::of(model.task))?;
    let trial = predictor.trial()?;

    let judged = judged(&run, &model, &predictor, progress)?;
    progress.stage(Stage::Publish);
    let unjudged = judged.is_none();
    let judged = judged.unwrap_or_else(|| Judged::nothing(run.project, &model));
    let remarks = judged.remarks.clone();
    let algorithm = algorithm(&run);
    let example = judged.example.clone();
    let manifest = manifest(&run, &model, algorithm, judged);
    let artifact = Artifact::new(manifest, AnyModel::Onnx(bound), example)?;
    let Published { version, promoted } = publish_and_maybe_promote(run.registry, &artifact)?;
    let manifest = artifact.manifest().clone();
    Ok(AddReport { manifest, version, promoted, takes_missing: trial.takes_missing, unjudged, remarks })
}

/// What history says of the model.
struct Judged {
    declared: Declared,
    rows: Rows,
    evaluation: Evaluation,
    gate: GateReport,
    data: DataFingerprint,
    example: serde_json::Map<String, serde_json::Value>,
    remarks: Vec<Remark>,
}

impl Judged {
    fn nothing(project: &Project, model: &Model) -> Judged {
        let evaluation = Evaluation::default();
        let names = model.inputs.iter().map(|&index| model.view.columns[index].name.to_string());
        Judged {
            declared: Declared::of(project, model, None),
            rows: Rows { train: 0, test: 0 },
            gate: gate::judge(&model.gate, &evaluation),
            evaluation,
            data: DataFingerprint { rows: 0, digest: String::new(), sources: Vec::new() },
            example: names.map(|name| (name, serde_json::Value::Null)).collect(),
            remarks: Vec::new(),
        }
    }
}

/// On the test part, or on all rows where the project declares no split; `None` where there is no history.
fn judged(
    run: &AddRun<'_>,
    model: &Model,
    predictor: &dyn Predictor,
    progress: &dyn Progress,
) -> Result<Option<Judged>, AddError> {
    progress.stage(Stage::Load);
    let history = match run.source.read(run.project, &model.view.stream, &|rows| progress.rows(rows)) {
        Ok(history) => history,
        Err(BatchError::NoHistory { .. }) => return Ok(None),
        Err(error) => return Err(AddError::History(error)),
    };
    progress.stage(Stage::Features);
    let view = compute(&model.view, &history, Order::Ideal).map_err(AddError::History)?;
    let dataset = Dataset::new(model, &history, &view)?;
    let parts = dataset.split(model)?;
    progress.stage(Stage::Evaluate);
    let rows = if parts.test.is_empty() { &parts.train } else { &parts.test };
    every_row_is_predicted(&dataset, rows, predictor)?;
    let evaluation = judge(model, &dataset, rows, predictor, None)?;
    let mut remarks = Remark::of_history(&history);
    remarks.extend(Remark::of_groups(&evaluation));
    Ok(Some(Judged {
        declared: Declared::of(run.project, model, Some(&dataset)),
        rows: Rows { train: 0, test: rows.len() as u64 },
        gate: gate::judge(&model.gate, &evaluation),
        evaluation,
        data: DataFingerprint {
            rows: history.len() as u64,
            digest: dataset.digest(&parts),
            sources: vec![run.source.describe()],
        },
        example: artifact::example(model, &dataset),
        remarks,
    }))
}

fn every_row_is_predicted(dataset: &Dataset, rows: &[usize], predictor: &dyn Predictor) -> Result<(), AddError> {
    let mut predictions = vec![f64::NAN; rows.len()];
    predictor.predict(&dataset.inputs.row_major(rows), &mut predictions);
    let without: Vec<usize> = rows.iter().zip(&predictions).filter(|(_, p)| p.is_nan()).map(|(&row, _)| row).collect();
    if without.is_empty() {
        return Ok(());
    }
    let unknown = |column: &&Vec<f64>| without.iter().any(|&row| column[row].is_nan());
    let named = dataset.names.iter().zip(dataset.inputs.columns());
    let features = named.filter(|(_, column)| unknown(column)).map(|(name, _)| name.to_string()).collect();
    Err(AddError::NoPrediction { without: without.len(), rows: rows.len(), features })
}

fn algorithm(run: &AddRun<'_>) -> AlgorithmRecord {
    let opsets: Vec<String> = run.file.opsets().iter().map(|(domain, version)| format!("{domain} {version}")).collect();
    let parameters = [
        ("file", run.path.to_owned()),
        ("digest", blake3::hash(run.file.bytes()).to_hex().to_string()),
        ("producer", run.file.producer().to_owned()),
        ("operators", opsets.join(", ")),
    ];
    let parameters = parameters.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
    AlgorithmRecord { name: "onnx".to_owned(), parameters }
}

fn manifest(run: &AddRun<'_>, model: &Model, algorithm: AlgorithmRecord, judged: Judged) -> Manifest {
    let Judged { declared, rows, evaluation, gate, data, .. } = judged;
    let Declared { view, signature, label, filter, split, group } = declared;
    Manifest {
        model: model.name.to_string(),
        algorithm,
        task: model.task,
        view,
        signature,
        label,
        filter,
        split,
        group,
        rows,
        evaluation,
        gate,
        data,
        coefficients: None,
        family: None,
        stack: None,
        importances: None,
        refit: None,
        seed: model.seed,
        parity: run.parity.clone(),
        clutch_version: run.clutch_version.to_owned(),
        created_at: run.now,
    }
}

fn missing(features: &[String]) -> String {
    let names: Vec<String> = features.iter().map(|name| format!("`{name}`")).collect();
    if names.is_empty() { String::new() } else { format!(" (missing there: {})", names.join(", ")) }
}
