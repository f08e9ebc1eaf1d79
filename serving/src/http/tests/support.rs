//! A server without sockets.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response, header};
use features::online::{MemoryStore, StateReader};
use features::project::Project;
use http_body_util::BodyExt;
use models::registry::{CHAMPION, MemoryRegistry, Registry};
use serde_json::Value;
use tower::ServiceExt;

use crate::clock::ManualClock;
use crate::fixture;
use crate::http::openapi::DESCRIPTION;
use crate::http::{App, Limits, Readiness, router};
use crate::metrics::Metrics;
use crate::outcome::{Intake, Labels};
use crate::predict::PredictService;
use crate::routing::{Binder, DirectModels, Followed, Routes};
use crate::tables::TablesPlace;

const DOCUMENTATION: &str = include_str!("../../../../docs/http.md");

/// What the tests' server waits for.
#[derive(Debug, Default)]
pub(super) struct Waiting(pub(super) Vec<String>);

impl Readiness for Waiting {
    fn waiting_for(&self) -> Vec<String> {
        self.0.clone()
    }
}

pub(super) struct Server {
    pub(super) project: Project,
    pub(super) registry: Arc<MemoryRegistry>,
    pub(super) followed: Followed,
    service: Arc<PredictService>,
    router: Router,
}

pub(super) struct Parts {
    pub(super) project: Project,
    pub(super) reader: Arc<dyn StateReader>,
    pub(super) limits: Limits,
    pub(super) waiting: Waiting,
    /// Where outcomes are kept, if they are.
    pub(super) tables: Option<TablesPlace>,
}

impl Default for Parts {
    fn default() -> Parts {
        Parts {
            project: fixture::project(),
            reader: Arc::new(MemoryStore::new()),
            limits: Limits::default(),
            waiting: Waiting::default(),
            tables: None,
        }
    }
}

impl Server {
    /// Endpoint `win` is served by version 1 of model `win`; endpoint `spare` by nothing. The clock stands 90 seconds
    /// after kick-off.
    pub(super) fn new(parts: Parts) -> Server {
        let project = parts.project;
        let registry = Arc::new(MemoryRegistry::new(Arc::new(|| 0)));
        registry.publish(&fixture::artifact(&project, "win", 0.0)).expect("publish");
        registry.set_alias("win", CHAMPION, 1, "").expect("alias");
        let metrics = Arc::new(Metrics::new());
        let routes = Arc::new(Routes::new(&project));
        let binder = Binder::new(&project, &routes, Arc::clone(&metrics));
        let dyn_registry: Arc<dyn Registry> = registry.clone();
        let followed = Followed {
            routes,
            direct: Arc::new(DirectModels::new(Arc::clone(&dyn_registry), binder.clone())),
            registry: dyn_registry,
            binder,
            metrics: Arc::clone(&metrics),
        };
        followed.refresh();
        let clock = Arc::new(ManualClock::at(fixture::KICKOFF + 90_000_000));
        let service = PredictService::new(
            Arc::clone(&followed.routes),
            Arc::clone(&followed.direct),
            parts.reader,
            Arc::<ManualClock>::clone(&clock),
        );
        let service = Arc::new(service);
        let outcomes = metrics.outcomes.clone();
        let mut app = App::new(Arc::clone(&service), metrics, Arc::new(parts.waiting), parts.limits);
        if let Some(place) = parts.tables {
            let labels = Arc::new(Labels::of(&project));
            let intake = Intake::start(place, labels, Arc::<ManualClock>::clone(&clock), i64::MAX / 4, outcomes);
            let intake = Arc::new(intake.expect("a thread"));
            app = app.with_outcomes(Arc::new(project.clone()), intake, clock);
        }
        Server { project, registry, followed, service, router: router(Arc::new(app)) }
    }

    /// A server whose store has seen two plays of game `g1`: leads 3 and then 7, the last 60 seconds after kick-off.
    pub(super) fn with_history() -> Server {
        Server::with_history_of(fixture::project())
    }

    /// The same with the project changed.
    pub(super) fn with_history_of(project: Project) -> Server {
        let events = [fixture::play("g1", 1, 0, 3), fixture::play("g1", 2, 60, 7)];
        let store = fixture::store_after(&project, "g1", &events);
        Server::new(Parts { project, reader: Arc::new(store), ..Parts::default() })
    }

    /// What predicts behind it.
    pub(super) fn service(&self) -> Arc<PredictService> {
        Arc::clone(&self.service)
    }

    pub(super) async fn send(&self, request: Request<Body>) -> Response<Body> {
        self.router.clone().oneshot(request).await.unwrap_or_else(|never| match never {})
    }

    /// Status and body of a POST of JSON.
    pub(super) async fn post(&self, path: &str, body: impl Into<Body>) -> (u16, Value) {
        let request = Request::post(path).header(header::CONTENT_TYPE, "application/json").body(body.into());
        read(self.send(request.expect("request")).await).await
    }

    pub(super) async fn predict(&self, body: &str) -> (u16, Value) {
        self.post("/predict", body.to_owned()).await
    }

    pub(super) async fn get(&self, path: &str) -> (u16, Value) {
        read(self.send(Request::get(path).body(Body::empty()).expect("request")).await).await
    }

    pub(super) async fn metrics(&self) -> String {
        let response = self.send(Request::get("/metrics").body(Body::empty()).expect("request")).await;
        let bytes = response.into_body().collect().await.expect("body").to_bytes();
        String::from_utf8(bytes.to_vec()).expect("text")
    }
}

pub(super) async fn read(response: Response<Body>) -> (u16, Value) {
    let status = response.status().as_u16();
    let content_type = response.headers().get(header::CONTENT_TYPE).cloned();
    let expected = if status < 400 { "application/json" } else { "application/problem+json" };
    assert_eq!(content_type.as_ref().and_then(|v| v.to_str().ok()), Some(expected));
    let bytes = response.into_body().collect().await.expect("body").to_bytes();
    let body: Value = serde_json::from_slice(&bytes).expect("JSON");
    if expected != "application/json" {
        assert_eq!(body["status"], status);
        let code = body["code"].as_str().expect("a code");
        assert!(DOCUMENTATION.contains(&format!("`{code}`")), "docs/http.md does not know `{code}`");
        assert!(DESCRIPTION.contains(&format!("\"{code}\"")), "openapi.json does not know `{code}`");
    }
    (status, body)
}

/// The answer with its prediction ids, which are random, made alike.
pub(super) fn without_ids(mut body: Value) -> Value {
    fn blank(value: &mut Value) {
        if let Some(id) = value.get_mut("prediction_id") {
            assert!(uuid::Uuid::try_parse(id.as_str().expect("text")).expect("UUID").get_version_num() == 7);
            *id = "a UUIDv7".into();
        }
    }
    blank(&mut body);
    body["results"].as_array_mut().into_iter().flatten().for_each(blank);
    if body["results"].is_null() {
        body.as_object_mut().expect("object").shift_remove("results");
    }
    body
}
