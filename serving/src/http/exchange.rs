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
        let portion = |bodies: &[&[u8]]| self.runtime.block_on(join_all(bodies.iter().map(|body| one(self, body))));
        bodies.chunks(AT_ONCE).flat_map(portion).collect()
    }
}

async fn one(exchange: &Exchange, body: &[u8]) -> Result<Reply, Unanswered> {
    let (request_id, asked) = ask(exchange, body).await;
    match asked {
        Ok(body) => Ok(Reply { request_id, status: 200, body }),
        Err(error) if error.is_a_failure() => Err(Unanswered(Box::new(error))),
        Err(error) => {
            let problem = Problem::from(error);
            let body = to_raw_value(&problem).map_err(|error| Unanswered(Box::new(error)))?;
            Ok(Reply { request_id, status: problem.status().as_u16(), body })
        }
    }
}

async fn ask(
    Exchange { service, log, .. }: &Exchange,
    body: &[u8],
) -> (Option<String>, Result<Box<RawValue>, HttpError>) {
    let body = match JsonBody::check(Bytes::copy_from_slice(body)) {
        Ok(body) => body,
        Err(error) => return (None, Err(error)),
    };
    let asked = match envelope::one(body.text()) {
        Ok(asked) => asked,
        Err(error) => return (None, Err(error)),
    };
    let request_id = asked.request_id.as_deref().map(str::to_owned);
    let answered = async {
        let mut answer = service.predict(asked.target(), &[asked.given], asked.options).await?;
        if let Some(log) = log {
            log.put(Logged::timed(std::mem::take(&mut answer.logged), answer.timing, Duration::ZERO, 1));
        }
        let prediction = answer.rows.pop().unwrap_or(Err(PredictError::Interrupted))?;
        let body = to_raw_value(&answer::One::of(&answer.chosen, &prediction, None));
        Ok(body.map_err(|_| PredictError::Interrupted)?)
    };
    (request_id, answered.await)
}
