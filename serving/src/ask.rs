//! Answers one request in this process, as a server would, where none runs.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, header};
use features::online::StateReader;
use features::project::Project;
use http_body_util::BodyExt;
use models::registry::Registry;
use tower::ServiceExt;

use crate::clock::Clock;
use crate::http::{App, Limits, Readiness, router};
use crate::metrics::Metrics;
use crate::predict::PredictService;
use crate::server::{ServeError, load_routes};
use crate::views::StoredStates;

/// What a request is answered from.
#[derive(Debug)]
pub struct AskParts {
    pub project: Arc<Project>,
    pub registry: Arc<dyn Registry>,
    pub reader: Arc<dyn StateReader>,
    /// Which versions of views have their states; without it all.
    pub stored: Option<Arc<dyn StoredStates>>,
    pub clock: Arc<dyn Clock>,
}

/// Status and body of the answer to a POST of `body`.
pub async fn ask(parts: AskParts, path: &str, body: Vec<u8>) -> Result<(u16, Vec<u8>), ServeError> {
    let AskParts { project, registry, reader, stored, clock } = parts;
    let metrics = Arc::new(Metrics::new());
    let (followed, _) = load_routes(&project, registry, &metrics, stored).await?;
    let service = PredictService::new(followed.routes, followed.direct, reader, clock);
    let app = App::new(Arc::new(service), metrics, Arc::new(AlwaysReady), Limits::default());
    let request = Request::post(path).header(header::CONTENT_TYPE, "application/json").body(Body::from(body));
    let request = request.map_err(|_| ServeError::Interrupted("made a request"))?;
    let response = router(Arc::new(app)).oneshot(request).await.unwrap_or_else(|never| match never {});
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.map_err(|_| ServeError::Interrupted("read an answer"))?;
    Ok((status, body.to_bytes().to_vec()))
}

#[derive(Debug)]
struct AlwaysReady;

impl Readiness for AlwaysReady {
    fn waiting_for(&self) -> Vec<String> {
        Vec::new()
    }
}
