//! Endpoints and the versions that serve them.

use std::sync::Arc;

use arc_swap::{ArcSwap, ArcSwapOption};
use features::project::{Endpoint, Project};
use smol_str::SmolStr;

use super::LoadedModel;

/// All endpoints of the project. Shared by HTTP and the workers; versions are swapped in while both run.
#[derive(Debug)]
pub struct Routes {
    pub routes: Vec<Arc<Route>>,
}

/// An endpoint and the version that serves it; empty until a first version is champion.
#[derive(Debug)]
pub struct Route {
    pub endpoint: Endpoint,
    /// The view of the endpoint's model: every version that serves is bound to it.
    pub view: SmolStr,
    pub champion: ArcSwapOption<LoadedModel>,
    status: ArcSwap<RouteStatus>,
}

/// What the last look at the registry found for an endpoint.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct RouteStatus {
    /// Where `@champion` stands; `None` where the registry has no champion, or could not say.
    pub champion: Option<u32>,
    /// What serves.
    pub serving: Option<u32>,
    /// Why the champion does not serve.
    pub refused: Option<Refused>,
}

/// A champion that was not taken.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Refused {
    pub version: Option<u32>,
    pub reason: String,
}

impl Routes {
    /// The project's endpoints, none served yet.
    pub fn new(project: &Project) -> Routes {
        let route = |endpoint: &Endpoint| {
            let model = project.models.get(&endpoint.model)?;
            Some(Arc::new(Route::new(endpoint.clone(), model.view.name.clone())))
        };
        Routes { routes: project.endpoints.values().filter_map(route).collect() }
    }

    pub fn endpoint(&self, name: &str) -> Option<&Arc<Route>> {
        self.routes.iter().find(|r| r.endpoint.name == name)
    }
}

impl Route {
    pub fn new(endpoint: Endpoint, view: SmolStr) -> Route {
        Route { endpoint, view, champion: ArcSwapOption::empty(), status: ArcSwap::default() }
    }

    pub fn status(&self) -> Arc<RouteStatus> {
        self.status.load_full()
    }

    pub(super) fn set_status(&self, status: RouteStatus) {
        self.status.store(Arc::new(status));
    }
}
