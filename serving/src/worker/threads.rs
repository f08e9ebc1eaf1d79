//! The workers' threads: one per partition, joined when they are stopped.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use features::online::{Claim, OnlineStore};
use features::project::Project;
use features::value::Micros;
use smol_str::SmolStr;

use super::backend::Backend;
use super::machine::Worker;
use super::plan::StreamPlan;
use super::prepare::{StartError, prepare};
use super::status::{PartitionStatus, Phase, StatusCell};
use super::step::{Committed, Settings, Step};
use crate::back_off::BackOff;
use crate::causes::with_causes;
use crate::clock::Clock;
use crate::log::{EmbeddedLog, EventLog};
use crate::metrics::{Metrics, PartitionMetrics};
use crate::routing::Routes;
use crate::skew::Trays;
use crate::states::States;
use crate::stop::Stop;

/// How long an idle worker waits before it looks whether it is to stop. New events wake it at once.
const IDLE: Duration = Duration::from_millis(50);
/// The first wait after a failure, and the longest.
const FIRST_BACK_OFF: Duration = Duration::from_millis(20);
const LONGEST_BACK_OFF: Duration = Duration::from_secs(5);

/// The workers of a project, and what they do.
#[derive(Debug)]
pub struct Workers {
    plans: Vec<Arc<StreamPlan>>,
    running: Vec<Running>,
    /// Emptied when they are joined.
    threads: Mutex<Vec<JoinHandle<()>>>,
    stop: Arc<Stop>,
}

#[derive(Debug)]
struct Running {
    stream: SmolStr,
    partition: u32,
    status: Arc<StatusCell>,
}

/// What workers are made from.
#[derive(Debug, Clone)]
pub struct Parts {
    pub log: Arc<EmbeddedLog>,
    pub states: States,
    pub routes: Arc<Routes>,
    pub clock: Arc<dyn Clock>,
    pub metrics: Arc<Metrics>,
    pub settings: Settings,
    /// Where workers leave what they serve, for the skew checks.
    pub trays: Trays,
}

impl Workers {
    /// Creates the topics of every stream and starts a worker for each partition of those that have an endpoint.
    pub fn start(project: &Project, parts: &Parts) -> Result<Workers, StartError> {
        let plans = prepare(project, &parts.routes, &*parts.log)?;
        let mut workers = Workers { plans, running: Vec::new(), threads: Mutex::default(), stop: Arc::default() };
        let plans = workers.plans.clone();
        for plan in plans.iter().filter(|plan| plan.has_endpoints()) {
            for partition in 0..plan.stream.partitions {
                // What is running already is stopped and joined when `workers` is dropped.
                workers.spawn(plan, partition, parts).map_err(StartError::Thread)?;
            }
        }
        Ok(workers)
    }

    fn spawn(&mut self, plan: &Arc<StreamPlan>, partition: u32, parts: &Parts) -> std::io::Result<()> {
        let (log, consumer) = (Arc::clone(&parts.log), plan.consumer(partition));
        match &parts.states {
            States::Embedded(store) => {
                self.spawn_on(Backend::embedded(log, Arc::clone(store), consumer), plan, partition, parts)
            }
            #[cfg(feature = "redis")]
            States::Redis(store) => {
                self.spawn_on(Backend::separate(log, Arc::clone(store), consumer), plan, partition, parts)
            }
        }
    }

    fn spawn_on<L: EventLog + 'static, S: OnlineStore + 'static>(
        &mut self,
        backend: Backend<L, S>,
        plan: &Arc<StreamPlan>,
        partition: u32,
        parts: &Parts,
    ) -> std::io::Result<()> {
        let Parts { clock, metrics, settings, trays, .. } = parts;
        let worker = Worker::new(backend, Arc::clone(plan), Arc::clone(clock), *settings, new_claim);
        let worker = worker.checked_by(trays.of(&plan.stream.name));
        let status = Arc::new(StatusCell::default());
        let runner = Runner {
            worker,
            stop: Arc::clone(&self.stop),
            status: Arc::clone(&status),
            metrics: metrics.workers.partition(&plan.stream.name, partition),
            clock: Arc::clone(clock),
            name: format!("{}/{partition}", plan.stream.name),
        };
        let name = format!("worker-{}-{partition}", plan.stream.name);
        let thread = std::thread::Builder::new().name(name).spawn(move || runner.run())?;
        self.lock_threads().push(thread);
        self.running.push(Running { stream: plan.stream.name.clone(), partition, status });
        Ok(())
    }

    /// What is worked, in the order of the project's streams; streams without endpoints included.
    pub fn plans(&self) -> &[Arc<StreamPlan>] {
        &self.plans
    }

    /// How the worker of a partition stands; `None` where there is none.
    pub fn status(&self, stream: &str, partition: u32) -> Option<PartitionStatus> {
        let found = self.running.iter().find(|r| r.stream == stream && r.partition == partition)?;
        Some(found.status.get())
    }

    /// Whether every partition is taken and caught up.
    pub fn is_ready(&self) -> bool {
        self.running.iter().all(|running| running.status.get().phase == Phase::Running)
    }

    /// Stops every worker after its current batch and waits until all have stopped.
    pub fn stop(&self) {
        self.stop.request();
        let threads = std::mem::take(&mut *self.lock_threads());
        for thread in threads {
            if thread.join().is_err() {
                tracing::error!("a worker's thread panicked");
            }
        }
    }

    fn lock_threads(&self) -> MutexGuard<'_, Vec<JoinHandle<()>>> {
        self.threads.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A worker on its thread.
struct Runner<L, S> {
    worker: Worker<L, S>,
    stop: Arc<Stop>,
    status: Arc<StatusCell>,
    metrics: PartitionMetrics,
    clock: Arc<dyn Clock>,
    name: String,
}

impl<L: EventLog, S: OnlineStore> Runner<L, S> {
    fn run(mut self) {
        let mut back_off = BackOff::new(FIRST_BACK_OFF, LONGEST_BACK_OFF);
        while !self.stop.requested() {
            let Runner { worker, .. } = &mut self;
            // The worker's memory is dropped after a panic, as after any other crash: see `Runner::failed`.
            let step = catch_unwind(AssertUnwindSafe(|| worker.step()));
            let idle = match step {
                Ok(Ok(step)) => {
                    if is_progress(step) {
                        back_off.went_well();
                    }
                    self.report(step)
                }
                Ok(Err(error)) => {
                    self.failed(&with_causes(&error), back_off.failed());
                    false
                }
                Err(_) => {
                    self.failed("the worker panicked: see the log", back_off.failed());
                    false
                }
            };
            if idle && let Err(error) = self.worker.wait(IDLE) {
                self.failed(&with_causes(&error), back_off.failed());
            }
        }
        if let Err(error) = self.worker.leave() {
            tracing::warn!(
                partition = self.name,
                error = &error as &dyn std::error::Error,
                "the last states are not written"
            );
        }
        self.status.update(|status| status.phase = Phase::Stopped);
    }

    /// Tells what a step has done; true if there is nothing to do.
    fn report(&mut self, step: Step) -> bool {
        let next = self.worker.next_offset();
        match step {
            Step::Taking => self.enter(Phase::Taking, next),
            Step::CatchingUp => self.enter(Phase::CatchingUp, next),
            Step::Ready => {
                self.enter(Phase::Running, next);
                self.measure_lag();
                tracing::info!(partition = self.name, offset = next, "the partition is taken");
            }
            Step::Committed(committed) => {
                self.enter(Phase::Running, next);
                self.measure(&committed);
            }
            Step::Flushed | Step::Bootstrapping | Step::Removed => {}
            Step::Idle => return true,
        }
        false
    }

    fn enter(&self, phase: Phase, next: u64) {
        self.status.update(|status| {
            status.phase = phase;
            status.next = next;
            if phase == Phase::Running {
                status.error = None;
            }
        });
    }

    fn measure(&self, committed: &Committed) {
        let metrics = &self.metrics;
        let delta = &committed.decided;
        metrics.accepted.inc_by(delta.accepted);
        metrics.late.inc_by(delta.late);
        metrics.duplicate.inc_by(delta.duplicate);
        metrics.future.inc_by(delta.future);
        metrics.invalid.inc_by(delta.invalid);
        metrics.predictions.inc_by(delta.predictions);
        metrics.decode.observe(committed.decode.as_secs_f64());
        metrics.features.observe(committed.features.as_secs_f64());
        metrics.predict.observe(committed.predict.as_secs_f64());
        metrics.commit.observe(committed.commit.as_secs_f64());
        metrics.latency.observe(seconds(self.clock.now().saturating_sub(committed.appended_at)));
        self.measure_lag();
        metrics.keys.set(gauge(self.worker.cached_keys() as u64));
        metrics.overflows.set(gauge(self.worker.overflows()));
    }

    /// A log that cannot say leaves the gauge as it was.
    fn measure_lag(&self) {
        if let Ok(lag) = self.worker.lag() {
            self.metrics.lag.set(gauge(lag));
        }
    }

    fn failed(&mut self, error: &str, back_off: Duration) {
        self.worker.retake();
        // Who does not get on is the one whose lag must be seen to grow.
        self.measure_lag();
        self.metrics.restarts.inc();
        self.status.update(|status| {
            status.phase = Phase::Failing;
            status.restarts += 1;
            status.error = Some(error.to_owned());
        });
        tracing::warn!(
            partition = self.name,
            error,
            wait_ms = back_off.as_millis() as u64,
            "the partition is taken again"
        );
        self.stop.wait(back_off);
    }
}

/// Whether what failed before is behind. Taking the partition anew is not: a commit that fails would otherwise be tried
/// again at once, for ever.
fn is_progress(step: Step) -> bool {
    match step {
        Step::Committed(_) | Step::Flushed | Step::Bootstrapping | Step::Removed | Step::Idle => true,
        Step::Taking | Step::CatchingUp | Step::Ready => false,
    }
}

/// A random claim.
fn new_claim() -> Claim {
    Claim(*uuid::Uuid::new_v4().as_bytes())
}

#[expect(clippy::cast_precision_loss, reason = "a latency in seconds needs no more than 53 bits of microseconds")]
fn seconds(micros: Micros) -> f64 {
    micros.max(0) as f64 / 1e6
}

fn gauge(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
