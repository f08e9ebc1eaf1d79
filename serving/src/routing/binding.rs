//! A registered version bound to the project's view: checked once, then used without further checks.

use std::sync::Arc;

use features::plan::View;
use features::project::{Project, Task};
use features::value::{Type, Value};
use indexmap::IndexMap;
use models::artifact::Artifact;
use models::predictor::Predictor;
use models::registry::{Registry, RegistryError, Version};
use models::signature::Feature;
use smol_str::SmolStr;

use crate::metrics::{Metrics, ModelMetrics};

/// A version, loaded and bound to the project's view.
#[derive(Debug)]
pub struct LoadedModel {
    pub name: String,
    pub version: u32,
    pub artifact: Artifact,
    pub predictor: Box<dyn Predictor>,
    pub view: Arc<View>,
    /// The view's place in [`features::host::KeyState::views`].
    pub view_index: usize,
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
    #[error("it was trained on view `{view}`, which the project does not have")]
    UnknownView { view: String },
    #[error(
        "it was trained on view `{trained}`, and the project declares view `{declared}` for the model; train again"
    )]
    OtherView { trained: String, declared: String },
    #[error("view `{view}` has changed since training: it was {trained} and is {declared}; train again")]
    ViewChanged { view: String, trained: String, declared: String },
    #[error("view `{view}` has no column `{feature}`")]
    MissingFeature { view: String, feature: String },
    #[error("column `{feature}` of view `{view}` is {declared}, the model was trained on {trained}")]
    FeatureType { view: String, feature: String, declared: Type, trained: Type },
    #[error("column `{feature}` of view `{view}` is text, which is no model input")]
    TextFeature { view: String, feature: String },
    #[error("the model takes {width} inputs, its manifest names {named}")]
    Width { width: usize, named: usize },
    #[error("a trial prediction gave {value}")]
    WarmUp { value: f64 },
}

/// Binds versions to the views of one project.
#[derive(Debug, Clone)]
pub struct Binder {
    /// By name, with the view's place among those of its stream.
    views: IndexMap<SmolStr, (usize, Arc<View>)>,
    metrics: Arc<Metrics>,
}

impl Binder {
    pub fn new(project: &Project, metrics: Arc<Metrics>) -> Binder {
        let places = project.streams.keys().flat_map(|stream| project.views_of(stream).into_iter().enumerate());
        Binder { views: places.map(|(i, view)| (view.name.clone(), (i, view))).collect(), metrics }
    }

    /// Reads a version from the registry and binds it. Blocks on the registry.
    pub fn load(&self, registry: &dyn Registry, model: &str, number: u32) -> Result<LoadedModel, BindError> {
        self.bind(registry.load(model, number)?)
    }

    /// Checks that the version's view is the project's, finds its inputs, and predicts once so that the first request
    /// pays for nothing.
    pub fn bind(&self, version: Version) -> Result<LoadedModel, BindError> {
        let Version { model: name, number, artifact } = version;
        let manifest = artifact.manifest();
        let (view_index, view) = self
            .views
            .get(manifest.view.name.as_str())
            .ok_or_else(|| BindError::UnknownView { view: manifest.view.name.clone() })?;
        if view.hash != manifest.view.hash {
            return Err(BindError::ViewChanged {
                view: manifest.view.name.clone(),
                trained: short(&manifest.view.hash.0),
                declared: short(&view.hash.0),
            });
        }
        let inputs = manifest.signature.features.iter().map(|f| input(view, f)).collect::<Result<Vec<_>, _>>()?;
        let names: Vec<String> = manifest.signature.names().map(str::to_owned).collect();
        let predictor = artifact.predictor();
        if predictor.width() != inputs.len() {
            return Err(BindError::Width { width: predictor.width(), named: inputs.len() });
        }
        warm_up(&*predictor, &artifact)?;
        Ok(LoadedModel {
            metrics: self.metrics.models.model(&name, number, &names),
            task: manifest.task,
            view: Arc::clone(view),
            view_index: *view_index,
            name,
            version: number,
            predictor,
            inputs,
            artifact,
        })
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

    fn number(&self, place: usize, value: &Value) -> f64 {
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

/// The view's column that is an input, of the type that the model was trained on.
fn input(view: &View, feature: &Feature) -> Result<usize, BindError> {
    let names = || (view.name.to_string(), feature.name.clone());
    let place = view.columns.iter().position(|column| column.name == feature.name).ok_or_else(|| {
        let (view, feature) = names();
        BindError::MissingFeature { view, feature }
    })?;
    let declared = view.columns[place].ty;
    let (view, name) = names();
    if declared == Type::String {
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
