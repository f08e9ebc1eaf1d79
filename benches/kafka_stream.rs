//! From Kafka to predictions in Kafka: `clutch serve` on the `nfl` project, exactly once, over a topic that is loaded
//! beforehand; with states embedded, and with states in Redis and many keys in turn. Beside it, on the same broker in the
//! same run, the limit that Kafka sets: a process that copies the same events in the same transactions. And two peers:
//! `benches/peers/quix_stream.py` in Quix Streams, `benches/peers/spark_stream.py` in PySpark Structured Streaming; what they
//! do and leave out stands there. The predictions of all are read back with `read_committed`: ours must be one for each
//! event that the view keeps, those of the peers are compared with ours.
//!
//! Rates count from the first commit to the last, so that no start is among them. Rounds alternate between the copy and
//! `clutch`, so that a busy machine is busy for both.
//!
//! Run: `scripts/services.sh run cargo bench --bench kafka_stream`. CLUTCH_DATA points at real plays, else they are simulated;
//! CLUTCH_PYTHON names a Python with the packages of benches/peers/requirements.txt. PARTS=copy,clutch,keys,redis,quix,spark
//! chooses what is measured (`keys`: embedded states, many keys), EVENTS, KEYS, PEER_EVENTS and ROUNDS how much of it
//! (PySpark needs more than the 50,000 events of its first batch). TRAINED names a copy of the project that has its model
//! already, which spares the training.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::expect_used,
    clippy::panic,
    reason = "a benchmark prints its figures and may fail loudly"
)]

#[path = "kafka_stream/broker.rs"]
mod broker;
#[path = "kafka_stream/copy.rs"]
mod copy;
#[path = "support/environment.rs"]
mod environment;
#[path = "kafka_stream/plays.rs"]
mod plays;
#[path = "support/plays.rs"]
mod plays_of;
#[path = "kafka_stream/predictions.rs"]
mod predictions;
#[path = "kafka_stream/processes.rs"]
mod processes;
#[path = "kafka_stream/rows.rs"]
mod rows;
#[path = "kafka_stream/runs.rs"]
mod runs;
#[path = "support/scratch_project.rs"]
mod scratch;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use features::batch::History;
use features::project::Project;
use indicatif::{ProgressBar, ProgressStyle};

use broker::Broker;
use copy::Copy;
use environment::environment;
use plays::{Id, Load};
use plays_of::{PROJECT, seasons};
use predictions::Predictions;
use processes::Services;
use rows::{EMBEDDED, Rows};
use runs::{Ground, States};

const EVENTS: usize = 300_000;
const KEYS: usize = 100_000;
const ROUNDS: usize = 3;
const PARTS: &str = "copy,clutch,redis,quix,spark";

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Some(("--copy", copy)) = arguments.split_first().map(|(first, rest)| (first.as_str(), rest)) {
        Copy::from_arguments(copy).run();
        return;
    }
    // `cargo test --benches` only asks whether it starts.
    let quick = arguments.iter().any(|argument| argument == "--test");
    let (Some(kafka), Some(redis)) = (environment("KAFKA"), environment("REDIS_URL")) else {
        let why = "KAFKA and REDIS_URL are not set: run it by scripts/services.sh run";
        assert!(environment("CI").is_none() || quick, "{why}");
        println!("SKIPPED: {why}");
        return;
    };
    let folder = tempfile::tempdir().expect("folder");
    let bench = Bench::new(kafka, redis, folder.path(), quick);
    let mut rows = Rows::default();
    let ours = bench.rounds(&mut rows);
    bench.peers(&mut rows, ours.as_ref());
    rows.print();
}

/// A topic that is loaded, and what a view keeps of it.
struct Loaded {
    topic: String,
    kept: HashSet<Id>,
}

struct Bench {
    ground: Ground,
    history: History,
    events: usize,
    rounds: usize,
    parts: Vec<String>,
}

fn number(name: &str, default: usize) -> usize {
    environment(name).map_or(default, |text| text.replace('_', "").parse().unwrap_or_else(|_| panic!("{name}={text}?")))
}

pub(crate) fn bar(name: &str, length: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg} {wide_bar} {human_pos}/{human_len} {elapsed}").expect("a template");
    ProgressBar::new(length).with_style(style).with_message(name.to_owned())
}

impl Bench {
    fn new(kafka: String, redis: String, folder: &Path, quick: bool) -> Bench {
        let project = Project::load(Path::new(PROJECT), &|_| None).unwrap_or_else(|problems| panic!("{problems}"));
        let broker = Broker { address: kafka, partitions: project.streams["plays"].partitions };
        let seasons = seasons(folder);
        let history = plays::read(&project, &seasons);
        let parts = environment("PARTS").unwrap_or_else(|| if quick { "copy,clutch" } else { PARTS }.to_owned());
        println!(
            "{} partitions, {} cores; {}",
            broker.partitions,
            std::thread::available_parallelism().map_or(1, usize::from),
            versions().join(", "),
        );
        let ground = Ground {
            broker,
            redis,
            services: Services::find(),
            trained: train(&seasons, folder),
            folder: folder.to_path_buf(),
            own: format!("bench{}", std::process::id()),
        };
        Bench {
            ground,
            history,
            events: number("EVENTS", if quick { 20_000 } else { EVENTS }),
            rounds: number("ROUNDS", if quick { 1 } else { ROUNDS }),
            parts: parts.split(',').map(|part| part.trim().to_owned()).collect(),
        }
    }

    fn wants(&self, part: &str) -> bool {
        self.parts.iter().any(|wanted| wanted == part)
    }

    fn load(&self, name: &str, load: &Load) -> Loaded {
        let (broker, topic) = (&self.ground.broker, format!("{}-{name}", self.ground.own));
        eprintln!("loading {} events into {topic}", load.len());
        broker.create(&topic);
        let loading = broker.load(&topic);
        let (kept, bytes) = load.send(&self.history, &loading, broker.partitions);
        loading.finish();
        println!("topic {name}: {} plays of {bytes} bytes, of which the view keeps {}", load.len(), kept.len());
        Loaded { topic, kept }
    }

    /// Copy and `clutch` in turn; what `clutch` predicted last of the games as they are.
    fn rounds(&self, rows: &mut Rows) -> Option<Predictions> {
        let mut ours = None;
        let games = ["copy", "clutch"].iter().any(|part| self.wants(part));
        let games = games.then(|| self.load("games", &Load::of_games(&self.history, self.events)));
        let many = Load::of_many_keys(&self.history, self.events, number("KEYS", KEYS).min(self.events));
        let keys = ["keys", "redis"].iter().any(|part| self.wants(part)).then(|| self.load("keys", &many));
        for round in 0..self.rounds {
            if let Some(loaded) = &games {
                let copied = self.wants("copy").then(|| self.ground.copy(&loaded.topic, &format!("copy-{round}")));
                rows.copied("copy, the games as they are", copied);
                if self.wants("clutch") {
                    ours = Some(self.ours(rows, EMBEDDED, loaded, States::Embedded, round));
                }
            }
            if let Some(loaded) = &keys {
                let copied = self.wants("copy").then(|| self.ground.copy(&loaded.topic, &format!("copy-keys-{round}")));
                rows.copied("copy, many keys", copied);
                if self.wants("keys") {
                    self.ours(rows, "clutch, embedded states, many keys", loaded, States::Embedded, round);
                }
                if self.wants("redis") {
                    self.ours(rows, "clutch, Redis states, many keys", loaded, States::Redis, round);
                }
            }
        }
        ours
    }

    fn ours(&self, rows: &mut Rows, name: &str, loaded: &Loaded, states: States, round: usize) -> Predictions {
        let own = format!("{}-{round}", name.replace("clutch, ", "").replace([',', ' '], "").to_lowercase());
        let done = self.ground.clutch(&loaded.topic, &own, states);
        let predictions = Predictions::read(&self.ground.broker, &done.output);
        println!("{name}: {}", predictions.assert_exactly_once(&loaded.kept, &done.totals));
        rows.ours(name, done.measured);
        predictions
    }

    /// Over fewer events where they are slow: a rate does not depend on it.
    fn peers(&self, rows: &mut Rows, ours: Option<&Predictions>) {
        let Some(python) = environment("CLUTCH_PYTHON") else {
            println!("Quix Streams and PySpark: left out (CLUTCH_PYTHON names no Python that has them)");
            return;
        };
        if !(self.wants("quix") || self.wants("spark")) {
            return;
        }
        let events = number("PEER_EVENTS", self.events);
        let loaded = self.load("peers", &Load::of_games(&self.history, events));
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        if self.wants("quix") {
            let name = format!("Quix Streams, {cores} processes");
            let done = self.ground.quix(&python, &loaded.topic, cores);
            let predictions = Predictions::read(&self.ground.broker, &done.output);
            println!("{name}: {}", predictions.compare(&loaded.kept, ours));
            rows.peer(&name, done.measured);
        }
        let jars = Path::new(&python).with_file_name("../spark-jars");
        if self.wants("spark") && !jars.is_dir() {
            println!("PySpark: left out (there is no {}, which scripts/spark.sh fetches)", jars.display());
        } else if self.wants("spark") {
            let done = self.ground.spark(&python, &loaded.topic);
            let predictions = Predictions::read(&self.ground.broker, &done.output);
            println!("PySpark: {}", predictions.compare(&loaded.kept, ours));
            rows.peer("PySpark Structured Streaming", done.measured);
        }
    }
}

/// The model that all of them serve.
fn train(seasons: &Path, folder: &Path) -> PathBuf {
    let project = scratch::scratch_project(Path::new(PROJECT), &folder.join("trained"), |manifest| manifest);
    if let Some(trained) = environment("TRAINED") {
        return PathBuf::from(trained);
    }
    eprintln!("training the model");
    let trained = Command::new(env!("CARGO_BIN_EXE_clutch"))
        .args(["train", "--model", "win_probability", "--data"])
        .arg(format!("plays={}/*.parquet", seasons.display()))
        .arg("--project")
        .arg(&project)
        .output()
        .expect("clutch runs");
    assert!(trained.status.success(), "{}", String::from_utf8_lossy(&trained.stderr));
    project
}

/// Of everything that is measured, as far as it says.
fn versions() -> Vec<String> {
    let said = |program: &str, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).output().ok().filter(|output| output.status.success())?;
        Some(String::from_utf8_lossy(&output.stdout).lines().next()?.to_owned())
    };
    let services = Path::new(env!("CARGO_MANIFEST_DIR")).join(".clutch/services/kafka/lib");
    let jars = std::fs::read_dir(services).into_iter().flatten().flatten();
    let names = jars.filter_map(|jar| Some(jar.file_name().to_str()?.strip_prefix("kafka-clients-")?.to_owned()));
    let kafka = names.map(|name| format!("Apache Kafka {}", name.trim_end_matches(".jar"))).next();
    let redis = environment("CLUTCH_REDIS_SERVER").and_then(|server| said(&server, &["--version"]));
    let redis = redis.map(|told| told.split(" sha=").next().unwrap_or_default().to_owned());
    let python = environment("CLUTCH_PYTHON");
    let peers =
        "import quixstreams, pyspark; print(f'Quix Streams {quixstreams.__version__}, PySpark {pyspark.__version__}')";
    let peers = python.and_then(|python| said(&python, &["-c", peers]));
    [said(env!("CARGO_BIN_EXE_clutch"), &["--version"]), kafka, redis, peers].into_iter().flatten().collect()
}
