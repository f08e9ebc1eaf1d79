//! Who is asked: an endpoint, or a model version by name.

use std::sync::Arc;

use models::reference::ModelRef;
use smol_str::SmolStr;

use super::PredictError;
use crate::experiment::Assignment;
use crate::routing::{DirectModels, LoadedModel, Route, Routes};

/// As the client names it.
#[derive(Debug, Clone, Copy)]
pub enum Target<'a> {
    Endpoint(&'a str),
    /// `NAME`, `NAME@alias` or `NAME/3`.
    Model(&'a str),
}

/// The version that answers.
#[derive(Debug, Clone)]
pub struct Chosen {
    /// `None` where the client named the model itself.
    pub route: Option<Arc<Route>>,
    pub model: Arc<LoadedModel>,
}

impl Chosen {
    pub fn endpoint(&self) -> Option<&str> {
        self.route.as_ref().map(|route| route.endpoint.name.as_str())
    }

    /// For the log.
    pub(crate) fn assignment(&self) -> Assignment {
        let arm = SmolStr::new_static(self.arm());
        Assignment { arm, ..Assignment::champion(None) }
    }

    /// How the version came to answer.
    pub fn arm(&self) -> &'static str {
        if self.route.is_some() { "champion" } else { "direct" }
    }
}

/// Finds the version. Reads the registry, on a blocking thread, only for a model reference that is not in memory.
pub(super) async fn choose(
    target: Target<'_>,
    routes: &Routes,
    direct: &Arc<DirectModels>,
) -> Result<Chosen, PredictError> {
    match target {
        Target::Endpoint(name) => {
            let route = routes.endpoint(name).ok_or_else(|| PredictError::UnknownEndpoint {
                name: name.to_owned(),
                nearest: nearest_endpoint(name, routes),
            })?;
            // One that is awaited answers that its view is not ready.
            let model = route.champion.load_full().or_else(|| route.awaited.load_full());
            let model = model.ok_or_else(|| PredictError::NoChampion {
                endpoint: name.to_owned(),
                model: route.endpoint.model.to_string(),
            })?;
            Ok(Chosen { route: Some(Arc::clone(route)), model })
        }
        Target::Model(text) => {
            let reference: ModelRef = text.parse()?;
            let model = direct.get(reference).await;
            let direct = |source| PredictError::Direct { reference: text.to_owned(), source: Box::new(source) };
            let model = model.map_err(direct)?;
            Ok(Chosen { route: None, model })
        }
    }
}

fn nearest_endpoint(name: &str, routes: &Routes) -> Option<String> {
    let names = routes.routes.iter().map(|route| route.endpoint.name.as_str());
    features::nearest::nearest(name, names).map(str::to_owned)
}
