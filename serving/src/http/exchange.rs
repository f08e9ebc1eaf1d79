//! Requests that do not come over HTTP, answered as if they had.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use futures::future::join_all;
use serde_json::value::{RawValue, to_raw_value};
use tokio::runtime::Handle;

use super::body::JsonBody;
use super::error::HttpError;
use super::problem::Problem;
use super::{answer, envelope};
use crate::predict::{PredictError, PredictService};
use crate::prediction_log::{Logged, PredictionLog};
use crate::requests::{Asking, Reply, Unanswered};

/// So many are asked at once: their states may be a network away.
const AT_ONCE: usize = 32;

/// Asks the service that `POST /predict` asks. Never called on one of the runtime's own threads.
#[derive(Debug)]
pub struct Exchange {
    service: Arc<PredictService>,
    log: Option<Arc<PredictionLog>>,
    runtime: Handle,
}

impl Exchange {
    /// What it answers is logged where there is a log.
    pub fn new(service: Arc<PredictService>, log: Option<Arc<PredictionLog>>, runtime: Handle) -> Exchange {
        Exchange { service, log, runtime }
    }
}

impl Asking for Exchange {
    fn ask(&self, bodies: &[&[u8]]) -> Vec<Result<Reply, Unanswered>> {
        let portion =
            |bodies: &[&[u8]]| self.runtime.block_on(join_all(bodies.iter().map(|body| one(&self.service, body))));
        bodies.chunks(AT_ONCE).flat_map(portion).collect()
    }

    fn published(&self, replies: Vec<Reply>) {
        if let Some(log) = &self.log {
            log.put(replies.into_iter().flat_map(|reply| reply.logged));
        }
    }
}

async fn one(service: &PredictService, body: &[u8]) -> Result<Reply, Unanswered> {
    let Asked { request_id, logged, answer } = ask(service, body).await;
    match answer {
        Ok(body) => Ok(Reply { request_id, status: 200, body, logged }),
        Err(error) if error.is_a_failure() => Err(Unanswered(Box::new(error))),
        Err(error) => {
            let problem = Problem::from(error);
            let body = to_raw_value(&problem).map_err(|error| Unanswered(Box::new(error)))?;
            Ok(Reply { request_id, status: problem.status().as_u16(), body, logged })
        }
    }
}

/// What became of a question, and what is to be logged of it.
struct Asked {
    request_id: Option<String>,
    logged: Vec<Logged>,
    answer: Result<Box<RawValue>, HttpError>,
}

async fn ask(service: &PredictService, body: &[u8]) -> Asked {
    let refused = |error| Asked { request_id: None, logged: Vec::new(), answer: Err(error) };
    let body = match JsonBody::check(Bytes::copy_from_slice(body)) {
        Ok(body) => body,
        Err(error) => return refused(error),
    };
    let asked = match envelope::one(body.text()) {
        Ok(asked) => asked,
        Err(error) => return refused(error),
    };
    let request_id = asked.request_id.as_deref().map(str::to_owned);
    let mut logged = Vec::new();
    let answered = async {
        let mut answer = service.predict(asked.target(), &[asked.given], asked.options).await?;
        logged = Logged::timed(std::mem::take(&mut answer.logged), answer.timing, Duration::ZERO, 1);
        let prediction = answer.rows.pop().unwrap_or(Err(PredictError::Interrupted))?;
        let body = to_raw_value(&answer::One::of(&answer.chosen, &prediction, None));
        Ok(body.map_err(|_| PredictError::Interrupted)?)
    };
    let answer = answered.await;
    Asked { request_id, logged, answer }
}
