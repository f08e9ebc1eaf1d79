//! The sinks' threads: one each.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use features::project::{Project, Sink, SinkFormat};
use fjall::Database;
use indexmap::IndexMap;
use smol_str::SmolStr;

use super::columns::columns_of;
use super::error::SinkError;
use super::position::Positions;
use super::runner::{Progress, Runner, ends};
use crate::admin::SinkReport;
use crate::clock::Clock;
use crate::log::EventLog;
use crate::metrics::Metrics;
use crate::stop::Stop;

#[derive(Debug, thiserror::Error)]
pub enum SinkStartError {
    #[error("sink `{sink}` writes Parquet, which this binary was built without: use csv or jsonl, or a full build")]
    NoParquet { sink: SmolStr },
    #[error("the sinks' positions cannot be read")]
    Positions(#[source] SinkError),
    #[error("a sink's thread could not be started")]
    Thread(#[source] std::io::Error),
}

/// What sinks are made from.
#[derive(Clone)]
pub struct SinkParts {
    pub log: Arc<dyn EventLog>,
    pub database: Database,
    pub clock: Arc<dyn Clock>,
    pub metrics: Arc<Metrics>,
}

/// The sinks of a project. Stopping writes what is there to be written first.
#[derive(Debug)]
pub struct Sinks {
    running: Vec<Running>,
    /// Emptied when they are joined.
    threads: Mutex<Vec<JoinHandle<()>>>,
    log: Arc<dyn EventLog>,
    stop: Arc<Stop>,
}

#[derive(Debug)]
struct Running {
    sink: Sink,
    topic: SmolStr,
    progress: Arc<Mutex<Progress>>,
}

impl Sinks {
    /// Starts every sink of the project. The topics of its endpoints must exist.
    pub fn start(project: &Project, parts: &SinkParts) -> Result<Sinks, SinkStartError> {
        let positions = Positions::open(&parts.database).map_err(SinkStartError::Positions)?;
        let (log, stop) = (Arc::clone(&parts.log), Arc::<Stop>::default());
        let mut sinks = Sinks { running: Vec::new(), threads: Mutex::default(), log, stop };
        for sink in project.sinks.values() {
            if sink.format == SinkFormat::Parquet && !cfg!(feature = "parquet") {
                return Err(SinkStartError::NoParquet { sink: sink.name.clone() });
            }
            let Some(endpoint) = project.endpoints.get(&sink.endpoint) else { continue };
            let topic = SmolStr::from(&endpoint.topic);
            let progress = Arc::new(Mutex::new(Progress::default()));
            let runner = Runner {
                key: format!("{}\u{0}{}", sink.name, sink.path.display()),
                columns: columns_of(project, endpoint),
                sink: sink.clone(),
                topic: topic.clone(),
                log: Arc::clone(&parts.log),
                positions: positions.clone(),
                clock: Arc::clone(&parts.clock),
                metrics: parts.metrics.sinks.sink(&sink.name),
                stop: Arc::clone(&sinks.stop),
                progress: Arc::clone(&progress),
            };
            let name = format!("sink-{}", sink.name);
            let thread = std::thread::Builder::new().name(name).spawn(move || runner.run());
            let thread = thread.map_err(SinkStartError::Thread)?;
            sinks.lock_threads().push(thread);
            sinks.running.push(Running { sink: sink.clone(), topic, progress });
        }
        Ok(sinks)
    }

    /// How far each sink has got.
    pub fn reports(&self) -> IndexMap<String, SinkReport> {
        let report = |running: &Running| {
            let progress = running.progress.lock().unwrap_or_else(PoisonError::into_inner);
            let end = ends(&*self.log, &running.topic).map(|ends| ends.iter().sum::<u64>()).unwrap_or_default();
            let report = SinkReport {
                endpoint: running.sink.endpoint.to_string(),
                path: running.sink.path.display().to_string(),
                written: progress.written,
                behind: end.saturating_sub(progress.offsets),
                error: progress.error.clone(),
            };
            (running.sink.name.to_string(), report)
        };
        self.running.iter().map(report).collect()
    }

    /// Stops every sink once it has written what there is, and waits until all have stopped.
    pub fn stop(&self) {
        self.stop.request();
        let threads = std::mem::take(&mut *self.lock_threads());
        for thread in threads {
            if thread.join().is_err() {
                tracing::error!("a sink's thread panicked");
            }
        }
    }

    fn lock_threads(&self) -> MutexGuard<'_, Vec<JoinHandle<()>>> {
        self.threads.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Sinks {
    fn drop(&mut self) {
        self.stop();
    }
}
