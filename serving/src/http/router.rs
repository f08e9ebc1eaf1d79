//! The routes, and what stands before each: the limit of requests at once, the time limit, and the metrics.

use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::http::Response;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use features::project::Project;
use tokio::sync::Semaphore;

use super::error::HttpError;
use super::failures::Failures;
use super::health::Readiness;
use super::limits::Limits;
use super::problem::Code;
use super::{feedback, health, models, openapi, predict};
use crate::clock::Clock;
use crate::metrics::{Metrics, RouteMetrics};
use crate::outcome::Intake;
use crate::predict::PredictService;
use crate::prediction_log::PredictionLog;
use crate::skew::Checks;

/// What the handlers share.
#[derive(Debug)]
pub struct App {
    pub(super) service: Arc<PredictService>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) readiness: Arc<dyn Readiness>,
    pub(super) limits: Limits,
    pub(super) routes: RoutesMetrics,
    pub(super) failures: Failures,
    pub(super) checks: Arc<Checks>,
    pub(super) prediction_log: Option<Arc<PredictionLog>>,
    pub(super) outcomes: Option<Outcomes>,
    in_flight: Semaphore,
}

#[derive(Debug)]
pub(super) struct RoutesMetrics {
    pub(super) predict: RouteMetrics,
    pub(super) batch: RouteMetrics,
    pub(super) feedback: RouteMetrics,
}

/// Where outcomes go.
#[derive(Debug)]
pub(super) struct Outcomes {
    pub(super) project: Arc<Project>,
    pub(super) intake: Arc<Intake>,
    pub(super) clock: Arc<dyn Clock>,
}

impl App {
    pub fn new(
        service: Arc<PredictService>,
        metrics: Arc<Metrics>,
        readiness: Arc<dyn Readiness>,
        limits: Limits,
    ) -> App {
        let routes = RoutesMetrics {
            predict: metrics.http.route("/predict"),
            batch: metrics.http.route("/predict/batch"),
            feedback: metrics.http.route("/feedback"),
        };
        let in_flight = Semaphore::new(limits.in_flight);
        App {
            service,
            metrics,
            readiness,
            limits,
            routes,
            failures: Failures::new(),
            checks: Arc::default(),
            prediction_log: None,
            outcomes: None,
            in_flight,
        }
    }

    /// Logs what it answers; its service is one that has it logged.
    pub fn with_log(self, log: Arc<PredictionLog>) -> App {
        App { prediction_log: Some(log), ..self }
    }

    /// Takes outcomes.
    pub fn with_outcomes(self, project: Arc<Project>, intake: Arc<Intake>, clock: Arc<dyn Clock>) -> App {
        App { outcomes: Some(Outcomes { project, intake, clock }), ..self }
    }

    /// Its status tells what skew checks have found.
    pub fn with_checks(self, checks: Arc<Checks>) -> App {
        App { checks, ..self }
    }

    /// Answers within the limits, and counts the answer.
    pub(super) async fn guarded(
        &self,
        route: &RouteMetrics,
        work: impl Future<Output = Result<Response<Body>, HttpError>>,
    ) -> Response<Body> {
        let start = Instant::now();
        let response = match self.in_flight.try_acquire() {
            Err(_) => HttpError::Overloaded { retry_after_seconds: 1 }.into_response(),
            Ok(_permit) => {
                self.metrics.http.in_flight.inc();
                let _leaving = Leaving(&self.metrics);
                match tokio::time::timeout(self.limits.request, work).await {
                    Ok(Ok(response)) => response,
                    Ok(Err(error)) => self.refused(error),
                    Err(_) => self.refused(HttpError::Timeout { seconds: self.limits.request.as_secs() }),
                }
            }
        };
        if let Some(Code(code)) = response.extensions().get::<Code>() {
            self.metrics.http.problem(code);
        }
        route.answered(response.status().as_u16(), start.elapsed().as_secs_f64());
        response
    }
}

impl App {
    fn refused(&self, error: HttpError) -> Response<Body> {
        self.failures.report(&error);
        error.into_response()
    }
}

/// Takes a request off the gauge, even one that its client abandons.
struct Leaving<'a>(&'a Metrics);

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        self.0.http.in_flight.dec();
    }
}

/// Every route of the public address.
pub fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/predict", post(predict::one))
        .route("/predict/batch", post(predict::batch))
        .route("/feedback", post(feedback::feedback))
        .route("/models/status", get(models::status))
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(health::metrics))
        .route("/openapi.json", get(openapi::description))
        .method_not_allowed_fallback(async || HttpError::MethodNotAllowed)
        .fallback(async || HttpError::NotFound)
        .with_state(app)
}
