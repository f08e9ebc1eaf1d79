//! The log of a running server: takes what requests hand over, and gives everything to the tables in time.

use std::path::PathBuf;
use std::sync::mpsc::{channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use features::project::Project;
use smol_str::SmolStr;

use super::collector::Collector;
use super::logged::Logged;
use super::queue::Queue;
use super::record::Record;
use super::spool::{Spool, SpoolError};
use super::to_topic::ToTopic;
use super::writer::Writer;
use crate::clock::Clock;
use crate::log::EventLog;
use crate::metrics::PredictionLogMetrics;
use crate::outcome::Labels;
use crate::stop::Stop;
use crate::tables::TablesPlace;

/// How long somebody who has a unit erased waits for what the tables are writing just then.
const FORGET_WITHIN: Duration = Duration::from_secs(30);
/// How often the queue is looked at. Nobody is woken for it.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// While something waits.
const BUSY_EVERY: Duration = Duration::from_millis(2);
/// How long a server that stops waits for its tables.
const STOP_WITHIN: Duration = Duration::from_secs(10);
/// How long it waits for a thread beyond that: one that hangs in a connection holds up nobody.
const WRITER_WITHIN: Duration = Duration::from_secs(15);

#[derive(Debug, thiserror::Error)]
pub enum LogStartError {
    #[error("the spool cannot be used")]
    Spool(#[from] SpoolError),
    #[error("a thread of the prediction log could not be started")]
    Thread(#[source] std::io::Error),
}

/// What the log is made from.
#[derive(Debug, Clone)]
pub struct LogParts {
    pub place: TablesPlace,
    /// Where the spool is, if there is one.
    pub spool: PathBuf,
    pub labels: Arc<Labels>,
    pub log: Arc<dyn EventLog>,
    pub clock: Arc<dyn Clock>,
    pub metrics: PredictionLogMetrics,
}

/// Takes predictions until it is stopped. Shared by all requests.
#[derive(Debug)]
pub struct PredictionLog {
    queue: Arc<Queue<Logged>>,
    orders: Arc<Mutex<Vec<Order>>>,
    stop: Arc<Stop>,
    metrics: PredictionLogMetrics,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

/// What the collector's thread is asked to do.
#[derive(Debug)]
struct Order {
    unit: SmolStr,
    reply: std::sync::mpsc::Sender<Result<u64, SpoolError>>,
}

impl PredictionLog {
    pub fn start(project: &Project, parts: LogParts) -> Result<PredictionLog, LogStartError> {
        let settings = &project.prediction_log;
        let LogParts { place, spool, labels, log, clock, metrics } = parts;
        let spool = match settings.spool {
            Some(limit) => Some(Spool::open(&spool, limit)?),
            None => None,
        };
        // What waits is here, or with the collector.
        let half = settings.queue.div_ceil(2);
        let queue = Arc::new(Queue::new(half));
        let (to_writer, batches) = sync_channel(1);
        let (told, from_writer) = channel();
        let writer = Writer::new(place, Arc::clone(&labels), clock, settings.keep, settings.pending);
        let collector = Collector::new(half, spool, to_writer, from_writer, metrics.clone());
        let to_topic = ToTopic::of(project, log, &metrics);
        let (stop, orders) = (Arc::<Stop>::default(), Arc::<Mutex<Vec<Order>>>::default());
        let collecting = Collecting {
            queue: Arc::clone(&queue),
            orders: Arc::clone(&orders),
            stop: Arc::clone(&stop),
            labels,
            collector,
            to_topic,
        };
        let started = |name: &str, work: Box<dyn FnOnce() + Send>| {
            let thread = std::thread::Builder::new().name(name.to_owned());
            thread.spawn(work).map_err(LogStartError::Thread)
        };
        let threads = vec![
            started("clutch-tables", Box::new(move || writer.run(&batches, &told)))?,
            started("clutch-log", Box::new(move || collecting.run()))?,
        ];
        Ok(PredictionLog { queue, orders, stop, metrics, threads: Mutex::new(threads) })
    }

    /// Logs predictions. Never waits: what there is no room for is dropped and counted.
    pub fn put(&self, predictions: impl IntoIterator<Item = Logged>) {
        let dropped = self.queue.put(predictions);
        if dropped > 0 {
            self.metrics.dropped.inc_by(dropped);
        }
    }

    /// Takes what belongs to a unit away from memory and from the spool; how many predictions. Waits for the log's thread.
    pub fn forget(&self, unit: &str) -> Result<u64, SpoolError> {
        let (reply, told) = channel();
        self.orders.lock().unwrap_or_else(PoisonError::into_inner).push(Order { unit: unit.into(), reply });
        told.recv_timeout(FORGET_WITHIN).unwrap_or(Err(SpoolError::Unanswered))
    }

    /// Has everything written, for as long as a stopping server waits; what is left then is in the spool, or lost.
    pub fn stop(&self) {
        self.stop.request();
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        // The collector first: with it the writer gets no more.
        for thread in threads.into_iter().rev() {
            if !ends_within(&thread, WRITER_WITHIN) {
                tracing::warn!("the tables do not answer; what they were given is in the spool, or counted as lost");
                continue;
            }
            if thread.join().is_err() {
                tracing::error!("a thread of the prediction log panicked");
            }
        }
    }
}

fn ends_within(thread: &JoinHandle<()>, within: Duration) -> bool {
    let deadline = Instant::now() + within;
    while !thread.is_finished() {
        if Instant::now() >= deadline {
            return false;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    true
}

impl Drop for PredictionLog {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The collector on its thread.
struct Collecting {
    queue: Arc<Queue<Logged>>,
    orders: Arc<Mutex<Vec<Order>>>,
    stop: Arc<Stop>,
    labels: Arc<Labels>,
    collector: Collector,
    to_topic: Option<ToTopic>,
}

impl Collecting {
    fn run(mut self) {
        let (mut taken, mut fresh) = (Vec::new(), Vec::new());
        loop {
            let stopping = self.stop.wait(if self.collector.is_done() { LOOK_EVERY } else { BUSY_EVERY });
            self.turn(&mut taken, &mut fresh);
            if stopping {
                break;
            }
        }
        let deadline = Instant::now() + STOP_WITHIN;
        while !self.collector.is_done() && !self.collector.is_failing() && Instant::now() < deadline {
            std::thread::sleep(BUSY_EVERY);
            self.turn(&mut taken, &mut fresh);
        }
        let lost = self.collector.put_away();
        if lost > 0 {
            tracing::error!(
                lost,
                "predictions were answered and not logged: the server stopped before the tables came back"
            );
        }
    }

    fn turn(&mut self, taken: &mut Vec<Logged>, fresh: &mut Vec<Record>) {
        if self.collector.has_room() {
            self.queue.take(taken);
            fresh.extend(taken.drain(..).map(|logged| logged.into_record(&self.labels)));
            if let Some(to_topic) = &mut self.to_topic {
                to_topic.send(fresh);
            }
        }
        let asked = !self.orders.lock().unwrap_or_else(PoisonError::into_inner).is_empty();
        self.collector.hold(asked);
        self.collector.turn(fresh, Instant::now());
        // What the writer has would come after what is erased: its word is waited for.
        if self.collector.is_with_the_writer() {
            return;
        }
        let orders = std::mem::take(&mut *self.orders.lock().unwrap_or_else(PoisonError::into_inner));
        for Order { unit, reply } in orders {
            // Whoever asked may have gone.
            let _ = reply.send(self.forget(&unit));
        }
    }

    fn forget(&mut self, unit: &SmolStr) -> Result<u64, SpoolError> {
        let is_wanted = |record: &Record| record.unit.as_ref() != Some(unit);
        let in_memory = self.collector.forget_in_memory(is_wanted);
        let in_spool = self.collector.spool().map_or(Ok(0), |spool| spool.retain(is_wanted))?;
        Ok(in_memory + in_spool)
    }
}
