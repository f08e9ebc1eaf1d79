//! Endpoints and the versions that serve them.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use arc_swap::{ArcSwap, ArcSwapOption};
use features::project::{Endpoint, Project};
use smol_str::SmolStr;

use super::LoadedModel;
use crate::views::{Progress, ViewVersions};

/// All endpoints of the project. Shared by HTTP and the workers; versions are swapped in while both run.
#[derive(Debug)]
pub struct Routes {
    pub routes: Vec<Arc<Route>>,
    /// The versions of views that models are bound to.
    pub views: Arc<ViewVersions>,
    /// Whether the registry has been looked at.
    pub(super) looked: AtomicBool,
}

/// An endpoint and the version that serves it; empty until a first version is champion.
#[derive(Debug)]
pub struct Route {
    pub endpoint: Endpoint,
    /// The stream of the endpoint's model: every version that serves is bound to a view of it.
    pub stream: SmolStr,
    pub champion: ArcSwapOption<LoadedModel>,
    /// The version that becomes champion as soon as its view is live.
    pub awaited: ArcSwapOption<LoadedModel>,
    status: ArcSwap<RouteStatus>,
}

/// What the last look at the registry found for an endpoint.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct RouteStatus {
    /// Where `@champion` stands; `None` where the registry has no champion, or could not say.
    pub champion: Option<u32>,
    /// What serves.
    pub serving: Option<u32>,
    /// The champion, while its version of the view is built up and an older version serves, or none.
    pub awaited: Option<u32>,
    /// Why the champion does not serve.
    pub refused: Option<Refused>,
}

/// A champion that serves as soon as its version of the view is built up.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Awaited {
    pub version: u32,
    pub view: String,
    pub view_hash: String,
    #[serde(flatten)]
    pub progress: Progress,
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
            Some(Arc::new(Route::new(endpoint.clone(), model.view.stream.name.clone())))
        };
        let routes = project.endpoints.values().filter_map(route).collect();
        Routes { routes, views: Arc::new(ViewVersions::new(project)), looked: AtomicBool::new(false) }
    }

    /// Whether a version is awaited somewhere whose view is live by now.
    pub fn is_a_version_due(&self) -> bool {
        let awaited = self.routes.iter().filter_map(|route| route.awaited.load_full());
        awaited.into_iter().any(|model| model.in_use.version().is_live())
    }

    pub fn endpoint(&self, name: &str) -> Option<&Arc<Route>> {
        self.routes.iter().find(|r| r.endpoint.name == name)
    }
}

impl Route {
    pub fn new(endpoint: Endpoint, stream: SmolStr) -> Route {
        let (champion, awaited) = (ArcSwapOption::empty(), ArcSwapOption::empty());
        Route { endpoint, stream, champion, awaited, status: ArcSwap::default() }
    }

    pub fn status(&self) -> Arc<RouteStatus> {
        self.status.load_full()
    }

    /// The version that is awaited, and how far its view is now.
    pub fn awaited(&self) -> Option<Awaited> {
        let model = self.awaited.load_full()?;
        Some(Awaited {
            version: model.version,
            view: model.view.name.to_string(),
            view_hash: model.view.hash.to_string(),
            progress: model.in_use.version().progress(),
        })
    }

    /// Whether the champion serves, or the registry has none: not one that is awaited or refused.
    pub fn is_settled(&self) -> bool {
        let status = self.status.load();
        status.refused.is_none() && status.awaited.is_none()
    }

    pub(super) fn set_status(&self, status: RouteStatus) {
        self.status.store(Arc::new(status));
    }
}
