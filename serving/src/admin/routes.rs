//! The requests that the admin socket answers.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Json, Router};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;

use super::desk::{Desk, DeskError};
use super::refusal::Refusal;
use super::tail::{self, TAILS};
use super::wire::{
    AppendAnswer, ForgetAnswer, LetterPlace, Position, ProducerAnswer, ReadAnswer, RedriveAnswer, Status,
};
use crate::log::{ProducerId, RecordBatch, Sequence, TopicPartition};

/// The largest append.
const MAX_BODY: usize = 16 << 20;
/// Records in one answer, unless fewer are asked for.
const MAX_READ: usize = 10_000;

pub(super) struct Shared {
    desk: Arc<Desk>,
    tails: Arc<Semaphore>,
    shutdown: CancellationToken,
}

pub(super) fn router(desk: Arc<Desk>, shutdown: CancellationToken) -> Router {
    let shared = Shared { desk, tails: Arc::new(Semaphore::new(TAILS)), shutdown };
    Router::new()
        .route("/status", get(status))
        .route("/producers/{id}", get(producer))
        .route("/forget", post(forget))
        .route("/topics/{topic}/records", get(read).post(append))
        .route("/streams/{stream}/redrive", post(redrive))
        .route("/topics/{topic}/tail", get(listen))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(Arc::new(shared))
}

#[derive(serde::Deserialize)]
struct StatusQuery {
    #[serde(default)]
    states: bool,
}

async fn status(State(shared): State<Arc<Shared>>, Query(query): Query<StatusQuery>) -> Result<Json<Status>, Refusal> {
    ask(&shared, move |desk| desk.status(query.states)).await.map(Json)
}

#[derive(serde::Deserialize)]
struct ForgetQuery {
    unit: String,
}

async fn forget(
    State(shared): State<Arc<Shared>>,
    Query(query): Query<ForgetQuery>,
) -> Result<Json<ForgetAnswer>, Refusal> {
    let predictions = ask(&shared, move |desk| desk.forget(&query.unit)).await?;
    Ok(Json(ForgetAnswer { predictions }))
}

async fn producer(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Result<Json<ProducerAnswer>, Refusal> {
    let producer = parse_producer(&id)?;
    let last_sequence = ask(&shared, move |desk| desk.last_sequence(producer)).await?;
    Ok(Json(ProducerAnswer { last_sequence }))
}

#[derive(serde::Deserialize)]
struct AppendQuery {
    producer: Option<String>,
    sequence: Option<u64>,
}

async fn append(
    State(shared): State<Arc<Shared>>,
    Path(topic): Path<String>,
    Query(query): Query<AppendQuery>,
    body: Bytes,
) -> Result<Json<AppendAnswer>, Refusal> {
    let sequence = match (query.producer, query.sequence) {
        (None, None) => None,
        (Some(id), Some(number)) => Some(Sequence { producer: parse_producer(&id)?, number }),
        _ => return Err(Refusal::NotAProducer),
    };
    let records = RecordBatch::from_wire(body.to_vec()).ok_or(Refusal::NotRecords)?;
    ask(&shared, move |desk| desk.append(&topic, sequence, &records)).await.map(Json)
}

#[derive(serde::Deserialize)]
struct ReadQuery {
    partition: u32,
    #[serde(default)]
    from: u64,
    limit: Option<usize>,
}

async fn read(
    State(shared): State<Arc<Shared>>,
    Path(topic): Path<String>,
    Query(query): Query<ReadQuery>,
) -> Result<Json<ReadAnswer>, Refusal> {
    let place = TopicPartition { topic: topic.into(), partition: query.partition };
    let limit = query.limit.unwrap_or(MAX_READ).min(MAX_READ);
    ask(&shared, move |desk| desk.read(&place, query.from, limit)).await.map(Json)
}

async fn redrive(
    State(shared): State<Arc<Shared>>,
    Path(stream): Path<String>,
    body: Bytes,
) -> Result<Json<RedriveAnswer>, Refusal> {
    let letters: Vec<LetterPlace> = serde_json::from_slice(&body).map_err(|_| Refusal::NotLetters)?;
    ask(&shared, move |desk| desk.redrive(&stream, &letters)).await.map(Json)
}

#[derive(serde::Deserialize)]
struct TailQuery {
    #[serde(default)]
    from: Position,
}

async fn listen(
    State(shared): State<Arc<Shared>>,
    Path(topic): Path<String>,
    Query(query): Query<TailQuery>,
) -> Result<Response, Refusal> {
    let permit = Arc::clone(&shared.tails).try_acquire_owned().map_err(|_| Refusal::Busy)?;
    let position = query.from;
    let begun = ask(&shared, move |desk| tail::begin(desk, topic, position)).await?;
    let lines = tail::follow(Arc::clone(&shared.desk), begun, permit, shared.shutdown.clone());
    let mut response = Response::new(Body::from_stream(lines));
    let lines = axum::http::HeaderValue::from_static("application/x-ndjson");
    response.headers_mut().insert(axum::http::header::CONTENT_TYPE, lines);
    Ok(response)
}

/// Asks the desk on a thread that may block.
async fn ask<T: Send + 'static>(
    shared: &Shared,
    question: impl FnOnce(&Desk) -> Result<T, DeskError> + Send + 'static,
) -> Result<T, Refusal> {
    let desk = Arc::clone(&shared.desk);
    let answer = spawn_blocking(move || question(&desk)).await;
    Ok(answer.map_err(|_| Refusal::Interrupted)??)
}

fn parse_producer(id: &str) -> Result<ProducerId, Refusal> {
    match u128::from_str_radix(id, 16) {
        Ok(number) if id.len() == 32 => Ok(ProducerId(number.to_be_bytes())),
        _ => Err(Refusal::NotAProducer),
    }
}
