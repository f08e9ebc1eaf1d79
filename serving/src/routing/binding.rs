//! A registered version bound to the version of the view that it was trained on: checked once, then used without
//! further checks.

use std::sync::Arc;

use features::kernel::KERNEL_VERSION;
use features::plan::View;
use features::project::{Project, Task, view_as_declared};
use features::schema::Stream;
use features::sql::{self, Catalog};
use features::value::{Type, Value};
use indexmap::IndexMap;
use models::artifact::{Artifact, ArtifactError, ViewRecord};
use models::predictor::Predictor;
use models::predictor::onnx::OnnxRunError;
use models::registry::{Registry, RegistryError, Version};
use models::signature::Feature;
use smol_str::SmolStr;

use super::Routes;
use crate::metrics::{Metrics, ModelMetrics};
use crate::views::{InUse, ViewVersions};

/// A version, loaded and bound to its version of the view.
#[derive(Debug)]
pub struct LoadedModel {
    pub name: String,
    pub version: u32,
    /// Of the artifact: which numbers predict.
    pub digest: SmolStr,
    pub artifact: Artifact,
    pub predictor: Box<dyn Predictor>,
    pub view: Arc<View>,
    /// Keeps the states of the view for as long as the model is in memory.
    pub in_use: InUse,
    /// For each input of the predictor, the view's column.
    pub inputs: Vec<usize>,
    pub task: Task,
    pub metrics: ModelMetrics,
}

/// Why a version cannot be used in this project.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    #[error("the version cannot be read")]
    Unreadable(#[from] RegistryError),
    #[error("it was trained on view `{view}` of stream `{stream}`, which the project does not have")]
    UnknownStream { view: String, stream: String },
    #[error(
        "it was trained on a view of stream `{trained}`, and the endpoint's model looks at stream `{declared}`; train \
         again"
    )]
    OtherStream { trained: String, declared: String },
    #[error("view `{view}` has changed since training: it was {trained} and is {found} now, as {why}; train again")]
    ViewChanged { view: String, trained: String, found: String, why: String },
    #[error("view `{view}` has no column `{feature}`")]
    MissingFeature { view: String, feature: String },
    #[error("column `{feature}` of view `{view}` is {declared}, the model was trained on {trained}")]
    FeatureType { view: String, feature: String, declared: Type, trained: Type },
    #[error("column `{feature}` of view `{view}` is text, which is no model input")]
    TextFeature { view: String, feature: String },
    #[error("the model takes {width} inputs, its manifest names {named}")]
    Width { width: usize, named: usize },
    #[error("the version's digest cannot be made")]
    Digest(#[from] ArtifactError),
    #[error(transparent)]
    Predictor(#[from] OnnxRunError),
    #[error("a trial prediction gave {value}")]
    WarmUp { value: f64 },
}

/// Binds versions to views: those of the project, and those that a version itself carries.
#[derive(Debug, Clone)]
pub struct Binder {
    streams: IndexMap<SmolStr, Arc<Stream>>,
    views: Arc<ViewVersions>,
    metrics: Arc<Metrics>,
}

impl Binder {
    pub fn new(project: &Project, routes: &Routes, metrics: Arc<Metrics>) -> Binder {
        Binder { streams: project.streams.clone(), views: Arc::clone(&routes.views), metrics }
    }

    /// Reads a version from the registry and binds it. Blocks on the registry.
    pub fn load(&self, registry: &dyn Registry, model: &str, number: u32) -> Result<LoadedModel, BindError> {
        self.bind(registry.load(model, number)?)
    }

    /// Finds or makes the version of the view that it was trained on, finds its inputs, and predicts once so that the
    /// first request pays for nothing.
    pub fn bind(&self, version: Version) -> Result<LoadedModel, BindError> {
        let Version { model: name, number, artifact } = version;
        let manifest = artifact.manifest();
        let in_use = self.view(&manifest.view)?;
        let view = Arc::clone(&in_use.version().view);
        let family = manifest.family.as_ref().map(|family| family.per.as_str());
        let inputs =
            manifest.signature.features.iter().map(|f| input(&view, f, family)).collect::<Result<Vec<_>, _>>()?;
        let names: Vec<String> = manifest.signature.names().map(str::to_owned).collect();
        let digest = SmolStr::from(artifact.digest()?);
        let predictor = artifact.predictor()?;
        if predictor.width() != inputs.len() {
            return Err(BindError::Width { width: predictor.width(), named: inputs.len() });
        }
        warm_up(&*predictor, &artifact)?;
        Ok(LoadedModel {
            metrics: self.metrics.models.model(&name, number, &names),
            task: manifest.task,
            view,
            in_use,
            name,
            version: number,
            digest,
            predictor,
            inputs,
            artifact,
        })
    }

    /// The version of a view with the hash that training saw: one that is known, or else what the recorded text means
    /// for the stream as it is declared now.
    fn view(&self, record: &ViewRecord) -> Result<InUse, BindError> {
        if let Some(known) = self.views.find(&record.hash) {
            return Ok(known);
        }
        let stream = self
            .streams
            .get(record.stream.as_str())
            .ok_or_else(|| BindError::UnknownStream { view: record.name.clone(), stream: record.stream.clone() })?;
        let read = sql::view(&record.text, &Catalog::from(Arc::clone(stream))).view;
        if read.as_ref().map_or(true, |view| view.hash != record.hash)
            && let Some(view) = as_declared(record, stream)
        {
            return Ok(self.views.keep(&Arc::new(view)));
        }
        let changed = |found: String, why: String| BindError::ViewChanged {
            view: record.name.clone(),
            trained: short(&record.hash.0),
            found,
            why,
        };
        match read {
            Ok(view) if view.hash == record.hash => Ok(self.views.keep(&Arc::new(view))),
            Ok(view) if record.kernel_version == KERNEL_VERSION => {
                Err(changed(short(&view.hash.0), format!("the rules of stream `{}` have changed", record.stream)))
            }
            Ok(view) => {
                let why =
                    format!("it was made for kernel {}, and this is kernel {KERNEL_VERSION}", record.kernel_version);
                Err(changed(short(&view.hash.0), why))
            }
            Err(faults) => {
                let fault = faults.first().map(|fault| format!(": {}", fault.message)).unwrap_or_default();
                Err(changed("none".to_owned(), format!("stream `{}` has changed{fault}", record.stream)))
            }
        }
    }
}

impl LoadedModel {
    /// Writes the model inputs of a view row: NaN, counted, where the value is NULL.
    pub fn fill_inputs(&self, columns: &[Value], out: &mut Vec<f64>) {
        for (place, &column) in self.inputs.iter().enumerate() {
            out.push(self.number(place, &columns[column]));
        }
    }

    /// The same for values that are already the model's inputs, in its order.
    pub fn fill_given(&self, values: &[Value], out: &mut Vec<f64>) {
        for (place, value) in values.iter().enumerate() {
            out.push(self.number(place, value));
        }
    }

    /// Which member of a family predicts a row, by the row's value of the family's column: `Some(None)` is the general
    /// model. `None` where the model is no family.
    pub fn member(&self, value: &Value) -> Option<Option<&str>> {
        let family = self.artifact.members()?;
        Some(family.member(family.code_of(value)).map(|member| member.value.as_str()))
    }

    /// The same for a whole row of the view.
    pub fn member_of_row(&self, columns: &[Value]) -> Option<Option<&str>> {
        self.inputs.last().and_then(|&column| self.member(&columns[column]))
    }

    fn number(&self, place: usize, value: &Value) -> f64 {
        // A family's last input tells its member.
        if let Some(family) = self.artifact.members().filter(|_| place + 1 == self.inputs.len()) {
            return family.code_of(value);
        }
        value.as_number().unwrap_or_else(|| {
            self.metrics.missing_input(place);
            f64::NAN
        })
    }

    /// The name of the model's output in answers and in streamed predictions.
    pub fn output(&self) -> &'static str {
        match self.task {
            Task::Classification => "probability",
            Task::Regression => "value",
        }
    }
}

/// The view over the stream as it was declared when the version was made, if that gives the hash that training saw. Its
/// events are those of the present stream's topic, so both must name their partitions alike.
fn as_declared(record: &ViewRecord, present: &Stream) -> Option<View> {
    let view = view_as_declared(record.declaration.as_ref()?, &record.text).ok().flatten()?;
    let keyed = |stream: &Stream| -> Vec<(SmolStr, Type)> {
        let fields = stream.message_key().iter().map(|&field| &stream.schema.fields[field]);
        fields.map(|field| (field.name.clone(), field.ty)).collect()
    };
    let exploded = |stream: &Stream| stream.explode.is_some();
    if view.hash != record.hash || keyed(&view.stream) != keyed(present) || exploded(&view.stream) != exploded(present)
    {
        return None;
    }
    let mut view = Arc::unwrap_or_clone(view);
    view.stream = Arc::new(Stream {
        topic: present.topic.clone(),
        outcomes_topic: present.outcomes_topic.clone(),
        partitions: present.partitions,
        ..Stream::clone(&view.stream)
    });
    Some(view)
}

/// The view's column that is an input, of the type that the model was trained on. Text can only tell a `family`'s members.
fn input(view: &View, feature: &Feature, family: Option<&str>) -> Result<usize, BindError> {
    let names = || (view.name.to_string(), feature.name.clone());
    let place = view.columns.iter().position(|column| column.name == feature.name).ok_or_else(|| {
        let (view, feature) = names();
        BindError::MissingFeature { view, feature }
    })?;
    let declared = view.columns[place].ty;
    let (view, name) = names();
    if declared == Type::String && family != Some(feature.name.as_str()) {
        return Err(BindError::TextFeature { view, feature: name });
    }
    if declared != feature.ty {
        return Err(BindError::FeatureType { view, feature: name, declared, trained: feature.ty });
    }
    Ok(place)
}

/// One prediction from the artifact's example, with what it lacks left missing.
fn warm_up(predictor: &dyn Predictor, artifact: &Artifact) -> Result<(), BindError> {
    let example = |feature: &str| artifact.input_example().get(feature).and_then(serde_json::Value::as_f64);
    let inputs: Vec<f64> = artifact.manifest().signature.names().map(|f| example(f).unwrap_or(f64::NAN)).collect();
    let mut out = [f64::NAN];
    predictor.predict(&inputs, &mut out);
    let [value] = out;
    let fits = match artifact.manifest().task {
        Task::Classification => (0.0..=1.0).contains(&value),
        Task::Regression => value.is_finite(),
    };
    if fits { Ok(()) } else { Err(BindError::WarmUp { value }) }
}

/// The start of a hash: enough for a person to tell two apart.
fn short(hash: &str) -> String {
    hash.chars().take(8).collect()
}
