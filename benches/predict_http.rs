//! `POST /predict` with an event of the `nfl` project, beside a bare axum handler that parses the same body into a
//! typed struct and writes an answer of the same size: the limit that the framework sets. Same process, same load
//! generator, rounds in turn.
//!
//! Run: `cargo bench --bench predict_http`

#![expect(
    clippy::print_stdout,
    clippy::expect_used,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::panic,
    reason = "a benchmark prints its figures and may fail loudly"
)]

#[path = "support/champion.rs"]
mod champion;
#[path = "support/closed_loop.rs"]
mod closed_loop;
#[path = "support/cpu.rs"]
mod cpu;
#[path = "support/play.rs"]
mod play;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

use axum::{Json, Router, routing::post};
use features::project::Project;
use models::registry::{MemoryRegistry, publish_and_maybe_promote};
use serde::{Deserialize, Serialize};
use serving::clock::SystemClock;
use serving::http::Limits;
use serving::instance::{Instance, Places};
use serving::log::{Entry, EventLog, RecordBatch, TopicPartition};
use serving::server::ServerParts;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

use play::Play;

const ROUNDS: usize = 7;
const ROUND: Duration = Duration::from_secs(2);
const CONNECTIONS: [usize; 2] = [2, 32];
/// Plays of the game that the state has seen before.
const HISTORY: i64 = 60;

fn main() {
    // `cargo test --benches` only asks whether it starts.
    let quick = std::env::args().any(|argument| argument == "--test");
    let (rounds, length) = if quick { (1, Duration::from_millis(50)) } else { (ROUNDS, ROUND) };
    let body = format!(
        r#"{{"endpoint":"win_probability","event":{}}}"#,
        serde_json::to_string(&Play::new(HISTORY)).expect("JSON")
    );
    let request = closed_loop::post("/predict", &body);
    let shutdown = CancellationToken::new();
    let folder = tempfile::tempdir().expect("folder");
    let (clutch_runtime, clutch) = start_clutch(folder.path(), &shutdown);
    let (bare_runtime, bare) = start_bare(&shutdown);
    wait_for_state(clutch);
    println!("event of {} bytes; clutch answers  {}", body.len(), closed_loop::once(clutch, &request));
    println!("{:>36}{}", "the bare handler answers  ", closed_loop::once(bare, &request));

    for connections in CONNECTIONS {
        let mut ours = Figures::default();
        let mut limit = Figures::default();
        for _ in 0..=rounds {
            limit.add("bare", closed_loop::round(bare, &request, connections, length));
            ours.add("clutch-http", closed_loop::round(clutch, &request, connections, length));
        }
        println!("\n{connections} connections, {rounds} rounds of {} s", length.as_secs_f64());
        limit.print("bare axum handler");
        ours.print("clutch serve");
        let ratios: Vec<f64> = ours.per_second.iter().zip(&limit.per_second).skip(1).map(|(a, b)| a / b).collect();
        println!("  {:<20} {:.0} % of the bare handler's requests/s", "ratio", 100.0 * median(ratios));
    }
    print_batches(clutch, rounds, length);
    shutdown.cancel();
    clutch_runtime.shutdown_timeout(Duration::from_secs(5));
    bare_runtime.shutdown_timeout(Duration::from_secs(5));
}

/// Rows a second when they come a hundred at a time.
fn print_batches(clutch: SocketAddr, rounds: usize, length: Duration) {
    const ROWS: i64 = 100;
    let events: Vec<String> =
        (0..ROWS).map(|n| serde_json::to_string(&Play::new(HISTORY + n)).expect("JSON")).collect();
    let body = format!(r#"{{"endpoint":"win_probability","events":[{}]}}"#, events.join(","));
    let request = closed_loop::post("/predict/batch", &body);
    let mut figures = Figures { cpu_before: cpu::of_threads("clutch-http"), ..Figures::default() };
    for _ in 0..=rounds {
        figures.add("clutch-http", closed_loop::round(clutch, &request, 2, length));
    }
    println!("\n2 connections, batches of {ROWS} events");
    figures.print("clutch serve");
    println!("  {:<20} {:.0} rows/s", "", median(figures.per_second[1..].to_vec()) * ROWS as f64);
}

/// The first round of each is for warming up.
#[derive(Default)]
struct Figures {
    per_second: Vec<f64>,
    p50: Vec<f64>,
    p99: Vec<f64>,
    cpu: Vec<f64>,
    cpu_before: Duration,
}

impl Figures {
    fn add(&mut self, threads: &str, round: closed_loop::Round) {
        let cpu = cpu::of_threads(threads);
        self.per_second.push(round.per_second());
        self.p50.push(round.quantile(0.5).as_secs_f64() * 1e6);
        self.p99.push(round.quantile(0.99).as_secs_f64() * 1e6);
        self.cpu.push((cpu - self.cpu_before).as_secs_f64() * 1e6 / round.requests() as f64);
        self.cpu_before = cpu;
    }

    fn print(&self, name: &str) {
        let middle = |values: &[f64]| median(values[1..].to_vec());
        println!(
            "  {name:<20} {:>8.0} requests/s   p50 {:>5.0} µs   p99 {:>6.0} µs   {:>5.1} µs CPU a request",
            middle(&self.per_second),
            middle(&self.p50),
            middle(&self.p99),
            middle(&self.cpu)
        );
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

fn runtime(name: &str) -> Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name(name)
        .enable_all()
        .build()
        .expect("runtime")
}

/// The server of `clutch serve`, with the game's earlier plays in its log.
fn start_clutch(folder: &Path, shutdown: &CancellationToken) -> (Runtime, SocketAddr) {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("notebooks-data/nfl");
    let project = Arc::new(Project::load(&source, &|_| None).unwrap_or_else(|problems| panic!("{problems}")));
    let registry = MemoryRegistry::new(Arc::new(|| 0));
    publish_and_maybe_promote(&registry, &champion::artifact(&project)).expect("publish");
    let places = Places { state_dir: folder.join(".clutch"), temporary: folder.to_path_buf() };
    let instance = Instance::open(&places, Arc::new(SystemClock)).expect("instance");
    append_history(&project, &**instance.log());

    let runtime = runtime("clutch-http");
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).expect("bind");
    let address = listener.local_addr().expect("address");
    let parts = ServerParts {
        listener,
        instance,
        project,
        registry: Arc::new(registry),
        clock: Arc::new(SystemClock),
        limits: Limits::default(),
        follow_every: Duration::from_millis(500),
        shutdown: shutdown.clone(),
    };
    let (ready, is_ready) = mpsc::channel();
    runtime.spawn(async move {
        serving::server::run(parts, |_| ready.send(()).expect("waited for")).await.expect("served");
    });
    is_ready.recv().expect("ready");
    (runtime, address)
}

fn append_history(project: &Project, log: &dyn EventLog) {
    let stream = project.streams.get("plays").expect("stream");
    log.create_topic(&stream.topic, stream.partitions).expect("topic");
    let mut batch = RecordBatch::new();
    let mut key = String::new();
    for number in 0..HISTORY {
        let play = Play::new(number);
        key.clone_from(&play.game_id);
        batch.push(key.as_bytes(), &serde_json::to_vec(&play).expect("JSON")).expect("fits");
    }
    let partition = features::partition::partition_of(key.as_bytes(), stream.partitions);
    let place = TopicPartition { topic: stream.topic.as_str().into(), partition };
    log.append(None, vec![Entry { place, batch }]).expect("append");
}

/// Until the worker has folded the history.
fn wait_for_state(address: SocketAddr) {
    let body = r#"{"endpoint":"win_probability","key":{"game_id":"2024_22_KC_PHI"}}"#;
    let request = closed_loop::post("/predict", body);
    while !closed_loop::once(address, &request).contains("probability\":") {
        std::thread::yield_now();
    }
}

#[derive(Debug, Deserialize)]
struct BareRequest {
    endpoint: String,
    event: Play,
}

#[derive(Debug, Serialize)]
struct BareAnswer {
    endpoint: String,
    model: &'static str,
    version: u32,
    arm: &'static str,
    prediction_id: &'static str,
    outputs: BareOutputs,
    features_age_ms: i64,
}

#[derive(Debug, Serialize)]
struct BareOutputs {
    probability: f64,
}

/// Parses and answers; computes nothing.
async fn bare(Json(request): Json<BareRequest>) -> Json<BareAnswer> {
    Json(BareAnswer {
        endpoint: request.endpoint,
        model: "win_probability",
        version: 1,
        arm: "champion",
        prediction_id: "01936b2e-8f5c-7a41-9d0e-3c5b1f2a7e60",
        outputs: BareOutputs { probability: 0.123_456_789_012_345_6 + request.event.play_id as f64 * 1e-9 },
        features_age_ms: 56_123_456_789,
    })
}

fn start_bare(shutdown: &CancellationToken) -> (Runtime, SocketAddr) {
    let runtime = runtime("bare");
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).expect("bind");
    let address = listener.local_addr().expect("address");
    let ended = shutdown.clone().cancelled_owned();
    runtime.spawn(async move {
        let router = Router::new().route("/predict", post(bare));
        axum::serve(listener, router).with_graceful_shutdown(ended).await.expect("served");
    });
    (runtime, address)
}
