//! `POST /predict` and `POST /predict/batch`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::State;
use axum::http::{Request, Response};

use super::body::JsonBody;
use super::error::HttpError;
use super::problem::Problem;
use super::router::App;
use super::{answer, envelope};
use crate::predict::Timing;
use crate::prediction_log::Logged;

pub(super) async fn one(State(app): State<Arc<App>>, request: Request<Body>) -> Response<Body> {
    app.guarded(&app.routes.predict, async {
        let body = JsonBody::read(request, app.limits.body).await?;
        answer_one(&app, &body).await
    })
    .await
}

pub(super) async fn batch(State(app): State<Arc<App>>, request: Request<Body>) -> Response<Body> {
    app.guarded(&app.routes.batch, async {
        let body = JsonBody::read(request, app.limits.body).await?;
        answer_batch(&app, &body).await
    })
    .await
}

async fn answer_one(app: &App, body: &JsonBody) -> Result<Response<Body>, HttpError> {
    let start = Instant::now();
    let asked = envelope::one(body.text())?;
    let envelope = start.elapsed();
    let mut answer = app.service.predict(asked.target(), &[asked.given], asked.options).await?;
    answer.timing.parse += envelope;
    let prediction = answer.rows.pop().unwrap_or(Err(crate::predict::PredictError::Interrupted));
    let logged = std::mem::take(&mut answer.logged);
    let prediction = match prediction {
        Ok(prediction) => prediction,
        Err(error) => {
            app.log(logged, answer.timing, Duration::ZERO, 1);
            return Err(error.into());
        }
    };
    Ok(app.encoded(answer.timing, logged, 1, || answer::one(&answer.chosen, &prediction, asked.request_id.as_deref())))
}

async fn answer_batch(app: &App, body: &JsonBody) -> Result<Response<Body>, HttpError> {
    let start = Instant::now();
    let asked = envelope::batch(body.text())?;
    let envelope = start.elapsed();
    let mut answer = app.service.predict(asked.target(), &asked.given, asked.options).await?;
    answer.timing.parse += envelope;
    let refused = |error| {
        let error = HttpError::Predict(error);
        app.failures.report(&error);
        Box::new(Problem::from(error))
    };
    let (logged, count) = (std::mem::take(&mut answer.logged), answer.rows.len());
    let rows: Vec<_> = answer.rows.into_iter().map(|row| row.map_err(refused)).collect();
    Ok(app.encoded(answer.timing, logged, count, || answer::batch(&answer.chosen, &rows, asked.request_id.as_deref())))
}

impl App {
    /// Writes the answer, notes the time of each phase, and has its `rows` rows logged.
    fn encoded(
        &self,
        timing: Timing,
        logged: Vec<Logged>,
        rows: usize,
        write: impl FnOnce() -> Response<Body>,
    ) -> Response<Body> {
        let start = Instant::now();
        let response = write();
        let phases = &self.metrics.http.phases;
        phases.parse.observe(timing.parse.as_secs_f64());
        phases.features.observe(timing.features.as_secs_f64());
        phases.predict.observe(timing.predict.as_secs_f64());
        let encode = start.elapsed();
        phases.encode.observe(encode.as_secs_f64());
        self.log(logged, timing, encode, rows);
        response
    }

    /// Hands predictions to the log, each with its share of the time that all took.
    fn log(&self, logged: Vec<Logged>, timing: Timing, encode: Duration, rows: usize) {
        let Some(log) = self.prediction_log.as_ref().filter(|_| !logged.is_empty()) else { return };
        log.put(Logged::timed(logged, timing, encode, rows));
    }
}
