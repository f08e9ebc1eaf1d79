//! Outcomes that clients tell: taken by a thread of its own, many in one transaction, and answered when they are kept.

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use features::value::Micros;
use tokio::sync::oneshot;

use super::{Labels, Told, Verdict};
use crate::causes::with_causes;
use crate::clock::Clock;
use crate::metrics::OutcomeMetrics;
use crate::prediction_log::oldest_kept;
use crate::stop::Stop;
use crate::tables::{Tables, TablesError, TablesPlace, transact};

/// Outcomes that wait at once; beyond it clients are told to come back.
const WAITING: usize = 4_096;
/// Outcomes of one transaction.
const AT_ONCE: usize = 256;
/// How long the thread waits before it looks whether it is to stop.
const IDLE: Duration = Duration::from_millis(100);

#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    #[error("too many outcomes wait for the tables")]
    Full,
    #[error("the tables cannot be written at the moment")]
    Tables,
}

type Reply = oneshot::Sender<Result<Verdict, IntakeError>>;

/// Takes outcomes until it is stopped. Shared by all requests.
#[derive(Debug)]
pub struct Intake {
    waiting: SyncSender<(Told, Reply)>,
    stop: Arc<Stop>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// What its thread works with.
struct Work {
    place: TablesPlace,
    tables: Option<Box<dyn Tables>>,
    labels: Arc<Labels>,
    clock: Arc<dyn Clock>,
    keep: Micros,
    metrics: OutcomeMetrics,
    failing: bool,
}

impl Intake {
    pub fn start(
        place: TablesPlace,
        labels: Arc<Labels>,
        clock: Arc<dyn Clock>,
        keep: Micros,
        metrics: OutcomeMetrics,
    ) -> std::io::Result<Intake> {
        let (waiting, incoming) = sync_channel(WAITING);
        let stop = Arc::<Stop>::default();
        let mut work = Work { place, tables: None, labels, clock, keep, metrics, failing: false };
        let stopping = Arc::clone(&stop);
        let thread = std::thread::Builder::new().name("clutch-outcomes".to_owned());
        let thread = thread.spawn(move || work.run(&incoming, &stopping))?;
        Ok(Intake { waiting, stop, thread: Mutex::new(Some(thread)) })
    }

    /// Returns once the outcome is kept, or it is known that it is not.
    pub async fn take(&self, told: Told) -> Result<Verdict, IntakeError> {
        let (reply, answer) = oneshot::channel();
        self.waiting.try_send((told, reply)).map_err(|error| match error {
            TrySendError::Full(_) => IntakeError::Full,
            TrySendError::Disconnected(_) => IntakeError::Tables,
        })?;
        answer.await.unwrap_or(Err(IntakeError::Tables))
    }

    /// Answers those that wait, and ends.
    pub fn stop(&self) {
        self.stop.request();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread
            && thread.join().is_err()
        {
            tracing::error!("the thread that takes outcomes panicked");
        }
    }
}

impl Drop for Intake {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Work {
    fn run(&mut self, incoming: &Receiver<(Told, Reply)>, stop: &Stop) {
        loop {
            match incoming.recv_timeout(IDLE) {
                Ok(first) => {
                    let mut batch = vec![first];
                    batch.extend(incoming.try_iter().take(AT_ONCE - 1));
                    self.answer(batch);
                }
                Err(RecvTimeoutError::Timeout) if !stop.requested() => {}
                Err(_) => return,
            }
        }
    }

    fn answer(&mut self, batch: Vec<(Told, Reply)>) {
        let (told, replies): (Vec<Told>, Vec<Reply>) = batch.into_iter().unzip();
        match self.take(&told) {
            Ok(verdicts) => {
                self.failing = false;
                for (verdict, reply) in verdicts.into_iter().zip(replies) {
                    self.metrics.told(&verdict);
                    // Whoever asked may have gone; what it told is kept all the same.
                    let _ = reply.send(Ok(verdict));
                }
            }
            Err(error) => {
                // Whatever is wrong with this connection, the next one may be well.
                self.tables = None;
                if !std::mem::replace(&mut self.failing, true) {
                    tracing::error!(
                        error = with_causes(&error),
                        "outcomes cannot be kept; clients are told to come back"
                    );
                }
                self.metrics.failures.inc();
                for reply in replies {
                    let _ = reply.send(Err(IntakeError::Tables));
                }
            }
        }
    }

    fn take(&mut self, told: &[Told]) -> Result<Vec<Verdict>, TablesError> {
        if self.tables.is_none() {
            self.tables = Some(self.place.open()?);
        }
        let Some(tables) = self.tables.as_deref_mut() else { return Ok(Vec::new()) };
        let now = self.clock.now();
        let oldest = oldest_kept(now, self.keep);
        transact(tables, |statements| {
            told.iter().map(|told| self.labels.take(statements, told, now, oldest)).collect::<Result<Vec<_>, _>>()
        })
    }
}
