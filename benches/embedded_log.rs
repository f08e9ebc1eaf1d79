//! From the embedded log to committed predictions, JSON on both sides: the `nfl` project's plays, its two views with
//! their windows, one model. Beside it, in the same run and through the same log, the limit that the log sets: threads
//! that read a batch, copy each event's bytes to an output and commit it. Then latency at a steady 1,000 events a second,
//! from the moment at which each event should have been sent.
//!
//! Run: `cargo bench --bench embedded_log`

#![expect(
    clippy::print_stdout,
    clippy::expect_used,
    clippy::panic,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a benchmark prints its figures and may fail loudly"
)]

#[path = "support/champion.rs"]
mod champion;
#[path = "support/play.rs"]
mod play;
#[path = "support/process_cpu.rs"]
mod process_cpu;

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use features::partition::partition_of;
use features::project::Project;
use models::registry::{MemoryRegistry, publish_and_maybe_promote};
use serving::clock::{Clock, SystemClock};
use serving::instance::{Instance, Places};
use serving::log::{
    Consumer, EmbeddedLog, Entry, EventLog, ReadLimit, RecordBatch, StoredBatch, TopicPartition, Transaction,
};
use serving::metrics::Metrics;
use serving::routing::{Binder, Routes, refresh};
use serving::skew::Trays;
use serving::worker::{Parts, Settings, Workers};

use play::Play;

const ROUNDS: usize = 5;
const EVENTS: usize = 400_000;
/// Games that are played at the same time; each has so many plays before the next begins.
const GAMES: usize = 16;
const PLAYS: usize = 150;
/// Events in one append.
const APPEND: usize = 500;
const STEADY: usize = 1_000;
const STEADY_SECONDS: usize = 10;
const FOREVER: Duration = Duration::from_secs(600);

fn main() {
    // `cargo test --benches` only asks whether it starts.
    let quick = std::env::args().any(|argument| argument == "--test");
    let (rounds, events, seconds) = if quick { (1, 5_000, 1) } else { (ROUNDS, EVENTS, STEADY_SECONDS) };
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("notebooks-data/nfl");
    let project = Project::load(&source, &|_| None).unwrap_or_else(|problems| panic!("{problems}"));
    let plays = plays(events);
    let bytes: usize = plays.iter().map(|(_, event)| event.len()).sum();
    println!(
        "{events} plays of {} bytes in {GAMES} games at a time, {} partitions, {} cores",
        bytes / events,
        project.streams[0].partitions,
        std::thread::available_parallelism().map_or(1, usize::from),
    );

    let (mut ours, mut limit) = (Figures::default(), Figures::default());
    for _ in 0..=rounds {
        limit.add(&project, &plays, copy_all);
        ours.add(&project, &plays, work_all);
    }
    limit.print("read, copy, commit");
    ours.print("clutch");
    let ratios = ours.seconds.iter().zip(&limit.seconds).skip(1).map(|(ours, limit)| limit / ours);
    println!("  ratio                {:.0} % of the bare pass", 100.0 * median(ratios.collect()));

    let latencies = steady(&project, &plays[..(STEADY * seconds).min(plays.len())]);
    let at = |share: f64| latencies[((latencies.len() - 1) as f64 * share) as usize] as f64 / 1_000.0;
    println!(
        "\n{STEADY} events/s for {seconds} s, each appended alone: to the commit p50 {:.2} ms, p95 {:.2} ms, p99 {:.2} ms, \
         max {:.2} ms",
        at(0.5),
        at(0.95),
        at(0.99),
        at(1.0)
    );
}

/// The first round is for warming up.
#[derive(Default)]
struct Figures {
    seconds: Vec<f64>,
    /// Microseconds an event, of the whole process: the database's own threads are among them.
    cpu: Vec<f64>,
    events: usize,
}

impl Figures {
    /// One round over a fresh log that holds all plays.
    fn add(&mut self, project: &Project, plays: &[(String, Vec<u8>)], run: fn(&Project, &Instance) -> Duration) {
        let folder = tempfile::tempdir().expect("folder");
        let instance = open(folder.path());
        append_all(project, instance.log(), plays);
        let before = process_cpu::so_far();
        self.seconds.push(run(project, &instance).as_secs_f64());
        let cpu = process_cpu::so_far().saturating_sub(before);
        self.cpu.push(cpu.as_secs_f64() * 1e6 / plays.len() as f64);
        self.events = plays.len();
    }

    fn print(&self, name: &str) {
        let middle = |values: &[f64]| median(values[1..].to_vec());
        println!(
            "  {name:<20} {:>9.0} events/s   {:>5.1} µs CPU an event",
            self.events as f64 / middle(&self.seconds),
            middle(&self.cpu)
        );
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Keys and events, game by game side by side.
fn plays(events: usize) -> Vec<(String, Vec<u8>)> {
    let play = |number: usize| {
        let (round, place) = (number / (GAMES * PLAYS), number % (GAMES * PLAYS));
        let game_id = format!("2024_{:02}_{}", round, place % GAMES);
        let mut play = Play::new((place / GAMES) as i64);
        play.game_id.clone_from(&game_id);
        (game_id, serde_json::to_vec(&play).expect("JSON"))
    };
    (0..events).map(play).collect()
}

fn open(folder: &Path) -> Instance {
    let places = Places { state_dir: folder.join(".clutch"), temporary: folder.to_path_buf() };
    Instance::open(&places, Arc::new(SystemClock)).expect("instance")
}

fn place(topic: &str, partition: u32) -> TopicPartition {
    TopicPartition { topic: topic.into(), partition }
}

fn append_all(project: &Project, log: &EmbeddedLog, plays: &[(String, Vec<u8>)]) {
    let stream = &project.streams[0];
    log.create_topic(&stream.topic, stream.partitions).expect("topic");
    for chunk in plays.chunks(APPEND) {
        let mut batches: HashMap<u32, RecordBatch> = HashMap::new();
        for (key, event) in chunk {
            let partition = partition_of(key.as_bytes(), stream.partitions);
            batches.entry(partition).or_default().push(key.as_bytes(), event).expect("fits");
        }
        let entries =
            batches.into_iter().map(|(partition, batch)| Entry { place: place(&stream.topic, partition), batch });
        log.append(None, entries.collect()).expect("append");
    }
}

fn start_workers(project: &Project, instance: &Instance) -> Workers {
    let metrics = Arc::new(Metrics::new());
    let registry = MemoryRegistry::new(Arc::new(|| 0));
    publish_and_maybe_promote(&registry, &champion::artifact(project)).expect("publish");
    let routes = Arc::new(Routes::new(project));
    refresh(&routes, &registry, &Binder::new(project, &routes, Arc::clone(&metrics)), &metrics);
    let parts = Parts {
        ground: instance.ground(),
        groups: None,
        routes,
        clock: Arc::new(SystemClock),
        metrics,
        settings: Settings::default(),
        trays: Trays::default(),
    };
    Workers::start(project, &parts).expect("workers")
}

/// Until every event has its prediction committed.
fn work_all(project: &Project, instance: &Instance) -> Duration {
    let stream = &project.streams[0];
    let log = instance.log();
    let ends =
        |topic: &str| (0..stream.partitions).map(|p| log.end(&place(topic, p)).expect("end")).collect::<Vec<_>>();
    let inputs = ends(&stream.topic);
    let started = Instant::now();
    let workers = start_workers(project, instance);
    // The view keeps every one of these plays.
    for (partition, end) in (0..).zip(inputs) {
        if end > 0 {
            let waited = log.wait("nfl-plays-win_probability", &[(partition, end - 1)], FOREVER);
            assert!(waited.expect("topic"), "{:?}", workers.status("plays", partition));
        }
    }
    let took = started.elapsed();
    workers.stop();
    took
}

/// The same with threads that only copy.
fn copy_all(project: &Project, instance: &Instance) -> Duration {
    let stream = &project.streams[0];
    let log = instance.log();
    log.create_topic("copies", stream.partitions).expect("topic");
    let started = Instant::now();
    std::thread::scope(|scope| {
        for partition in 0..stream.partitions {
            let copy = move || copy(log, &stream.topic, partition);
            std::thread::Builder::new().name(format!("copy-{partition}")).spawn_scoped(scope, copy).expect("thread");
        }
    });
    started.elapsed()
}

fn copy(log: &EmbeddedLog, topic: &str, partition: u32) {
    let consumer = Consumer { group: "copy".into(), place: place(topic, partition) };
    let epoch = log.open(&consumer).expect("open");
    let limit = Settings::default().batch;
    let mut next = 0;
    loop {
        let batches = log.read(&consumer.place, next, limit).expect("read").batches;
        let Some(last) = batches.last().map(StoredBatch::end) else { return };
        let mut batch = RecordBatch::new();
        for record in batches.iter().flat_map(|batch| batch.records_from(next)) {
            batch.push(record.key, record.value).expect("fits");
        }
        next = last;
        let outputs = vec![Entry { place: place("copies", partition), batch }];
        log.commit(Transaction { consumer: consumer.clone(), epoch, outputs, offset: next }).expect("commit");
    }
}

/// Appends each event at its time, whatever the workers do; from there to the commit of its prediction, sorted.
fn steady(project: &Project, plays: &[(String, Vec<u8>)]) -> Vec<i64> {
    let folder = tempfile::tempdir().expect("folder");
    let instance = open(folder.path());
    let (stream, log) = (&project.streams[0], instance.log());
    let workers = start_workers(project, &instance);
    let mut intended: HashMap<(u32, u64), i64> = HashMap::new();
    let (start, started) = (SystemClock.now(), Instant::now());
    for (number, (key, event)) in plays.iter().enumerate() {
        let after = Duration::from_micros((number * 1_000_000 / STEADY) as u64);
        if let Some(early) = after.checked_sub(started.elapsed()) {
            std::thread::sleep(early);
        }
        let partition = partition_of(key.as_bytes(), stream.partitions);
        let mut batch = RecordBatch::new();
        batch.push(key.as_bytes(), event).expect("fits");
        let place = place(&stream.topic, partition);
        let offset = log.end(&place).expect("end");
        intended.insert((partition, offset), start + after.as_micros() as i64);
        log.append(None, vec![Entry { place, batch }]).expect("append");
    }
    let mut latencies = Vec::with_capacity(plays.len());
    for partition in 0..stream.partitions {
        let end = log.end(&place(&stream.topic, partition)).expect("end");
        let output = place("nfl-plays-win_probability", partition);
        if end > 0 {
            assert!(log.wait(&output.topic, &[(partition, end - 1)], FOREVER).expect("topic"));
        }
        let all = ReadLimit { records: usize::MAX, bytes: usize::MAX };
        let predictions = log.read(&output, 0, all).expect("read").batches;
        // Every play has a prediction, so both topics count alike.
        let records = predictions.iter().flat_map(StoredBatch::records);
        latencies.extend(records.map(|record| record.append_time - intended[&(partition, record.offset)]));
    }
    workers.stop();
    latencies.sort_unstable();
    latencies
}
