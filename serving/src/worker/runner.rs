//! A worker on its thread: from step to step, and from failure to failure.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use features::value::Micros;

use super::machine::Worker;
use super::status::{Phase, StatusCell};
use super::step::{Committed, Step};
use crate::back_off::BackOff;
use crate::causes::with_causes;
use crate::clock::Clock;
use crate::metrics::PartitionMetrics;
use crate::stop::Stop;

/// How long an idle worker waits before it looks whether it is to stop. New events wake it at once.
const IDLE: Duration = Duration::from_millis(50);
/// The first wait after a failure, and the longest.
const FIRST_BACK_OFF: Duration = Duration::from_millis(20);
const LONGEST_BACK_OFF: Duration = Duration::from_secs(5);
/// How often the lag is measured at most.
const MEASURE_EVERY: Duration = Duration::from_millis(200);

/// A worker on its thread.
pub(super) struct Runner {
    pub(super) worker: Worker,
    pub(super) stop: Arc<Stop>,
    pub(super) status: Arc<StatusCell>,
    pub(super) metrics: PartitionMetrics,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) name: String,
    /// When the lag was last measured: to ask for it may take a broker's answer.
    pub(super) measured: Option<Instant>,
}

impl Runner {
    pub(super) fn run(mut self) {
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
                self.measured = None;
                self.measure_lag();
                tracing::info!(partition = self.name, offset = next, "the partition is taken");
            }
            Step::Committed(committed) => {
                self.enter(Phase::Running, next);
                self.measure(&committed);
            }
            Step::Flushed | Step::Bootstrapping | Step::Removed => {}
            Step::Idle => {
                let reached = self.worker.reached();
                self.status.update(|status| status.idle_at = reached);
                self.measure_lag();
                return true;
            }
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

    fn measure(&mut self, committed: &Committed) {
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
        metrics.keys.set(gauge(self.worker.cached_keys() as u64));
        metrics.overflows.set(gauge(self.worker.overflows()));
        self.measure_lag();
    }

    /// Not after every batch. A log that cannot say leaves the gauge as it was.
    fn measure_lag(&mut self) {
        if self.measured.is_some_and(|measured| measured.elapsed() < MEASURE_EVERY) {
            return;
        }
        self.measured = Some(Instant::now());
        if let Ok(lag) = self.worker.lag() {
            self.metrics.lag.set(gauge(lag));
        }
    }

    fn failed(&mut self, error: &str, back_off: Duration) {
        self.worker.retake();
        // Who does not get on is the one whose lag must be seen to grow.
        self.measured = None;
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

#[expect(clippy::cast_precision_loss, reason = "a latency in seconds needs no more than 53 bits of microseconds")]
fn seconds(micros: Micros) -> f64 {
    micros.max(0) as f64 / 1e6
}

fn gauge(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn taking_the_partition_again_does_not_shorten_the_wait_before_the_next_attempt() {
        for step in [Step::Taking, Step::CatchingUp, Step::Ready] {
            assert!(!is_progress(step), "{step:?}");
        }
        for step in [Step::Committed(Committed::default()), Step::Flushed, Step::Bootstrapping, Step::Idle] {
            assert!(is_progress(step), "{step:?}");
        }
    }
}
