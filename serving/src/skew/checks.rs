//! The checks of a project: one thread for each stream that declares one.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use features::plan::ViewHash;
use features::project::Project;
use indexmap::IndexMap;
use smol_str::SmolStr;

use super::report::SkewReport;
use super::share::Share;
use super::tray::{Tray, Trays};
use crate::clock::Clock;
use crate::log::{EventLog, LogError};
use crate::metrics::{Metrics, SkewViewMetrics};
use crate::worker::StreamPlan;

#[derive(Debug, thiserror::Error)]
pub enum CheckStartError {
    #[error("the topic of the skew of stream `{stream}` cannot be set up")]
    Topic { stream: SmolStr, source: LogError },
    #[error("the skew check of stream `{stream}` could not be started")]
    Thread { stream: SmolStr, source: std::io::Error },
}

/// Every declared check. Stopping checks first what is on the trays.
#[derive(Debug, Default)]
pub struct Checks {
    streams: IndexMap<SmolStr, Check>,
    /// Emptied when they are joined.
    threads: Mutex<Vec<JoinHandle<()>>>,
}

#[derive(Debug)]
struct Check {
    #[cfg_attr(not(feature = "skew-check"), expect(dead_code, reason = "nothing is checked in such a build"))]
    every: Duration,
    tray: Arc<Tray>,
    views: Arc<ViewCounts>,
    progress: Arc<Progress>,
}

impl Checks {
    /// Everything that is declared, not yet running.
    pub fn new(project: &Project, metrics: &Arc<Metrics>) -> Checks {
        let check = |(name, declared): (&SmolStr, &features::project::SkewCheck)| {
            let tray = Tray::new(Share::new(name, declared.share), metrics.skew.stream(name));
            let check = Check {
                every: Duration::from_micros(declared.every.max(0).cast_unsigned()),
                tray: Arc::new(tray),
                views: Arc::new(ViewCounts::new(Arc::clone(metrics))),
                progress: Arc::default(),
            };
            (name.clone(), check)
        };
        Checks { streams: project.skew_checks.iter().map(check).collect(), threads: Mutex::default() }
    }

    /// Where workers leave what they serve; none in a binary without the batch host, where nobody would look.
    pub fn trays(&self) -> Trays {
        let running = self.streams.iter().filter(|_| cfg!(feature = "skew-check"));
        running.map(|(name, check)| (name.clone(), Arc::clone(&check.tray))).collect()
    }

    /// Starts the threads. A binary that was built without the batch host says so instead.
    pub fn start(
        &self,
        plans: &[Arc<StreamPlan>],
        log: &Arc<dyn EventLog>,
        clock: &Arc<dyn Clock>,
    ) -> Result<(), CheckStartError> {
        for plan in plans.iter().filter(|plan| plan.has_endpoints()) {
            if let Some(check) = self.streams.get(&plan.stream.name) {
                self.start_one(check, plan, log, clock)?;
            }
        }
        Ok(())
    }

    #[cfg(not(feature = "skew-check"))]
    #[expect(clippy::unnecessary_wraps, reason = "it can fail in a build with the batch host")]
    fn start_one(
        &self,
        check: &Check,
        plan: &Arc<StreamPlan>,
        _log: &Arc<dyn EventLog>,
        _clock: &Arc<dyn Clock>,
    ) -> Result<(), CheckStartError> {
        const WHY: &str = "this binary was built without the batch host: use a full build to check for skew";
        tracing::warn!(stream = %plan.stream.name, "the declared skew check does not run: {WHY}");
        check.progress.set(Some(WHY.to_owned()));
        Ok(())
    }

    #[cfg(feature = "skew-check")]
    fn start_one(
        &self,
        check: &Check,
        plan: &Arc<StreamPlan>,
        log: &Arc<dyn EventLog>,
        clock: &Arc<dyn Clock>,
    ) -> Result<(), CheckStartError> {
        let stream = &plan.stream.name;
        let created = log.create_topic(&plan.stream.skew_topic(), plan.stream.partitions);
        created.map_err(|source| CheckStartError::Topic { stream: stream.clone(), source })?;
        let (tray, views) = (Arc::clone(&check.tray), Arc::clone(&check.views));
        let limits = super::index::Limits::default();
        let checker = super::checker::Checker::new(
            Arc::clone(log),
            Arc::clone(plan),
            Arc::clone(&tray),
            views,
            Arc::clone(clock),
            limits,
        );
        let runner = runner::Runner { checker, tray, every: check.every, progress: Arc::clone(&check.progress) };
        let name = format!("skew-{stream}");
        let thread = std::thread::Builder::new().name(name).spawn(move || runner.run());
        self.lock_threads().push(thread.map_err(|source| CheckStartError::Thread { stream: stream.clone(), source })?);
        Ok(())
    }

    /// What the check of a stream has found; `None` where none is declared.
    pub fn report(&self, stream: &str) -> Option<SkewReport> {
        let check = self.streams.get(stream)?;
        let mut report = SkewReport { share: check.tray.share.now(), ..SkewReport::default() };
        report.add_stream(&check.tray.metrics);
        for view in check.views.lock().values() {
            report.add_view(view);
        }
        report.error = check.progress.get();
        Some(report)
    }

    /// The counters of a view; `None` where nothing of it was checked.
    pub fn view(&self, hash: &ViewHash) -> Option<SkewViewMetrics> {
        self.streams.values().find_map(|check| check.views.lock().get(hash).cloned())
    }

    /// Stops every check once it has looked at what is on its tray, and waits until all have stopped. The workers should
    /// have stopped before.
    pub fn stop(&self) {
        for check in self.streams.values() {
            check.tray.stop();
        }
        let threads = std::mem::take(&mut *self.lock_threads());
        for thread in threads {
            if thread.join().is_err() {
                tracing::error!("the thread of a skew check panicked");
            }
        }
    }

    fn lock_threads(&self) -> MutexGuard<'_, Vec<JoinHandle<()>>> {
        self.threads.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Checks {
    fn drop(&mut self) {
        self.stop();
    }
}

/// What was found so far, by view.
#[derive(Debug)]
pub(super) struct ViewCounts {
    #[cfg_attr(not(feature = "skew-check"), expect(dead_code, reason = "nothing is checked in such a build"))]
    metrics: Arc<Metrics>,
    by_hash: Mutex<IndexMap<ViewHash, SkewViewMetrics>>,
}

impl ViewCounts {
    pub(super) fn new(metrics: Arc<Metrics>) -> ViewCounts {
        ViewCounts { metrics, by_hash: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, IndexMap<ViewHash, SkewViewMetrics>> {
        self.by_hash.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(feature = "skew-check")]
impl ViewCounts {
    pub(super) fn add(&self, found: &super::judge::ViewFound) {
        let mut by_hash = self.lock();
        let metrics = &self.metrics.skew;
        let counters = by_hash.entry(found.view.hash.clone()).or_insert_with(|| metrics.view(&found.view));
        counters.rows.inc_by(found.rows);
        counters.not_recomputed.inc_by(found.not_recomputed);
        counters.not_served.inc_by(found.not_served);
        for (counters, found) in counters.features.iter().zip(&found.features) {
            counters.mismatches.inc_by(found.mismatches);
            counters.nulls_served.inc_by(found.nulls_served);
            counters.nulls_recomputed.inc_by(found.nulls_recomputed);
        }
    }
}

/// Why the last pass failed, or why there are none.
#[derive(Debug, Default)]
struct Progress(Mutex<Option<String>>);

impl Progress {
    fn set(&self, error: Option<String>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = error;
    }

    fn get(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(feature = "skew-check")]
mod runner;
