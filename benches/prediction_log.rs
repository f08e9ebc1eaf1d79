//! What logging costs a request: the server of `clutch serve` with the prediction log and without it, in one process, rounds
//! in turn. The log's own threads, which write the tables, are told apart from those of the requests.
//!
//! Run: `cargo bench --bench prediction_log`

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
use std::time::{Duration, Instant};

use features::project::Project;
use models::registry::{MemoryRegistry, publish_and_maybe_promote};
use serving::clock::SystemClock;
use serving::http::Limits;
use serving::instance::{Instance, Places};
use serving::server::ServerParts;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

use play::Play;

const ROUNDS: usize = 9;
const ROUND: Duration = Duration::from_secs(2);
const CONNECTIONS: [usize; 2] = [2, 32];
/// The threads of each server that answer requests; and those that write the log.
const SERVERS: [(&str, bool); 2] = [("without-log", false), ("with-log", true)];
const WRITERS: [&str; 2] = ["clutch-log", "clutch-tables"];

fn main() {
    // `cargo test --benches` only asks whether it starts.
    let quick = std::env::args().any(|argument| argument == "--test");
    let (rounds, length) = if quick { (1, Duration::from_millis(50)) } else { (ROUNDS, ROUND) };
    let body =
        format!(r#"{{"endpoint":"win_probability","event":{}}}"#, serde_json::to_string(&Play::new(1)).expect("JSON"));
    let request = closed_loop::post("/predict", &body);
    let shutdown = CancellationToken::new();
    let folders = SERVERS.map(|_| tempfile::tempdir().expect("folder"));
    let servers: Vec<(Runtime, SocketAddr)> = SERVERS
        .iter()
        .zip(&folders)
        .map(|((name, logs), folder)| start(folder.path(), name, *logs, &shutdown))
        .collect();
    for connections in CONNECTIONS {
        let mut figures = SERVERS.map(|(name, _)| Figures::new(name));
        for _ in 0..=rounds {
            for (figures, (_, address)) in figures.iter_mut().zip(&servers) {
                figures.add(closed_loop::round(*address, &request, connections, length));
            }
        }
        println!("\n{connections} connections, {rounds} rounds of {} s in turn", length.as_secs_f64());
        figures.iter().for_each(Figures::print);
        let [without, with] = &figures;
        let ratio = |of: fn(&Figures) -> &Vec<f64>| {
            let each = of(with).iter().zip(of(without)).skip(1).map(|(with, without)| with / without);
            median(each.collect())
        };
        println!("  with / without       {:.3} of the requests/s", ratio(|figures| &figures.per_second));
        let more = median(with.cpu[1..].to_vec()) - median(without.cpu[1..].to_vec());
        println!("  on the request's own thread {more:+.2} µs of CPU a request");
    }
    println!("\ndropped: {}", metric(servers[1].1, "became=\"dropped\""));
    println!("written: {}", metric(servers[1].1, "became=\"written\""));
    shutdown.cancel();
    for (runtime, _) in servers {
        runtime.shutdown_timeout(Duration::from_secs(30));
    }
}

/// The first round of each is for warming up.
struct Figures {
    threads: &'static str,
    per_second: Vec<f64>,
    p50: Vec<f64>,
    p99: Vec<f64>,
    cpu: Vec<f64>,
    writers: Vec<f64>,
    before: (Duration, Duration),
}

fn spent(threads: &str) -> (Duration, Duration) {
    (cpu::of_threads(threads), WRITERS.iter().map(|name| cpu::of_threads(name)).sum())
}

impl Figures {
    fn new(threads: &'static str) -> Figures {
        let before = spent(threads);
        let (per_second, p50, p99, cpu, writers) = Default::default();
        Figures { threads, per_second, p50, p99, cpu, writers, before }
    }

    fn add(&mut self, round: closed_loop::Round) {
        let now = spent(self.threads);
        let each =
            |now: Duration, before: Duration| now.saturating_sub(before).as_secs_f64() * 1e6 / round.requests() as f64;
        self.per_second.push(round.per_second());
        self.p50.push(round.quantile(0.5).as_secs_f64() * 1e6);
        self.p99.push(round.quantile(0.99).as_secs_f64() * 1e6);
        self.cpu.push(each(now.0, self.before.0));
        self.writers.push(each(now.1, self.before.1));
        self.before = now;
    }

    fn print(&self) {
        let middle = |values: &[f64]| median(values[1..].to_vec());
        println!(
            "  {:<20} {:>8.0} requests/s   p50 {:>5.0} µs   p99 {:>6.0} µs   {:>5.1} µs CPU a request, {:.1} of the log's threads",
            self.threads,
            middle(&self.per_second),
            middle(&self.p50),
            middle(&self.p99),
            middle(&self.cpu),
            middle(&self.writers)
        );
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

fn start(folder: &Path, name: &'static str, logs: bool, shutdown: &CancellationToken) -> (Runtime, SocketAddr) {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("notebooks-data/nfl");
    let mut project = Project::load(&source, &|_| None).unwrap_or_else(|problems| panic!("{problems}"));
    project.prediction_log.enabled = logs;
    let registry = MemoryRegistry::new(Arc::new(|| 0));
    publish_and_maybe_promote(&registry, &champion::artifact(&project)).expect("publish");
    let places = Places { state_dir: folder.join(".clutch"), temporary: folder.to_path_buf() };
    let instance = Instance::open(&places, Arc::new(SystemClock)).expect("instance");
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name(name)
        .enable_all()
        .build()
        .expect("runtime");
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).expect("bind");
    let address = listener.local_addr().expect("address");
    let parts = ServerParts {
        listener,
        instance,
        project: Arc::new(project),
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

/// The value of the first metric whose line has this.
fn metric(address: SocketAddr, part: &str) -> String {
    // What has been handed over is written soon.
    let deadline = Instant::now() + Duration::from_secs(5);
    let request = format!("GET /metrics HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    let mut value = String::new();
    while Instant::now() < deadline && (value.is_empty() || value == "0") {
        let answer = closed_loop::once(address, request.as_bytes());
        let found = answer.lines().find(|line| line.contains("prediction_log_records") && line.contains(part));
        value = found.and_then(|line| line.rsplit(' ').next()).unwrap_or_default().trim().to_owned();
        if part.contains("dropped") {
            break;
        }
    }
    value
}
