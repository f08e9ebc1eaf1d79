//! Which model version answers for which endpoint, right now.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use features::plan::View;
use features::project::{Endpoint, Task};
use features::value::Value;
use models::artifact::Artifact;
use models::predictor::Predictor;

/// A version, loaded and bound to the project's view.
#[derive(Debug)]
pub struct LoadedModel {
    pub name: String,
    pub version: u32,
    pub artifact: Artifact,
    pub predictor: Box<dyn Predictor>,
    pub view: Arc<View>,
    /// For each input of the predictor, the view's column.
    pub inputs: Vec<usize>,
    pub task: Task,
}

impl LoadedModel {
    /// Writes the model inputs of a view row: NaN where the value is NULL.
    pub fn fill_inputs(&self, columns: &[Value], out: &mut Vec<f64>) {
        out.extend(self.inputs.iter().map(|&i| columns[i].as_number().unwrap_or(f64::NAN)));
    }
}

/// An endpoint and the version that serves it; empty until a first version is champion.
#[derive(Debug)]
pub struct Route {
    pub endpoint: Endpoint,
    pub champion: ArcSwapOption<LoadedModel>,
}

/// All endpoints of the project. Shared by HTTP and the workers; versions are swapped in while both run.
#[derive(Debug)]
pub struct Routes {
    pub routes: Vec<Arc<Route>>,
}

impl Routes {
    pub fn endpoint(&self, name: &str) -> Option<&Arc<Route>> {
        self.routes.iter().find(|r| r.endpoint.name == name)
    }
}
