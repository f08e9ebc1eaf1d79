//! A responder on its thread: from step to step, and from failure to failure.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use super::responder::{Responder, Step};
use crate::back_off::BackOff;
use crate::causes::with_causes;
use crate::metrics::RequestMetrics;
use crate::stop::Stop;
use crate::worker::{Phase, StatusCell};

/// How long an idle responder waits before it looks whether it is to stop. New questions wake it at once.
const IDLE: Duration = Duration::from_millis(50);
const FIRST_BACK_OFF: Duration = Duration::from_millis(20);
const LONGEST_BACK_OFF: Duration = Duration::from_secs(5);

pub(super) struct Runner {
    pub(super) responder: Responder,
    pub(super) stop: Arc<Stop>,
    pub(super) status: Arc<StatusCell>,
    pub(super) metrics: RequestMetrics,
    pub(super) name: String,
}

impl Runner {
    pub(super) fn run(mut self) {
        let mut back_off = BackOff::new(FIRST_BACK_OFF, LONGEST_BACK_OFF);
        while !self.stop.requested() {
            let Runner { responder, .. } = &mut self;
            let step = catch_unwind(AssertUnwindSafe(|| responder.step()));
            let idle = match step {
                Ok(Ok(step)) => {
                    // That the partition was taken says nothing of whether its questions can be answered.
                    if step != Step::Ready {
                        back_off.went_well();
                    }
                    self.report(step)
                }
                Ok(Err(error)) => {
                    self.failed(&with_causes(&error), back_off.failed());
                    false
                }
                Err(_) => {
                    self.failed("the responder panicked: see the log", back_off.failed());
                    false
                }
            };
            if idle && let Err(error) = self.responder.wait(IDLE) {
                self.failed(&with_causes(&error), back_off.failed());
            }
        }
        self.status.update(|status| status.phase = Phase::Stopped);
    }

    /// True if there is nothing to do.
    fn report(&self, step: Step) -> bool {
        if let Step::Answered(answered) = step {
            self.metrics.predictions.inc_by(answered.predictions);
            self.metrics.problems.inc_by(answered.problems);
        }
        self.status.update(|status| {
            status.phase = Phase::Running;
            status.next = self.responder.next_offset();
            if step == Step::Idle {
                status.idle_at = self.responder.reached();
            }
            if step != Step::Ready {
                status.error = None;
            }
        });
        step == Step::Idle
    }

    fn failed(&mut self, error: &str, back_off: Duration) {
        self.responder.retake();
        self.metrics.restarts.inc();
        self.status.update(|status| {
            status.phase = Phase::Failing;
            status.restarts += 1;
            status.error = Some(error.to_owned());
        });
        let wait_ms = u64::try_from(back_off.as_millis()).unwrap_or(u64::MAX);
        tracing::warn!(partition = self.name, error, wait_ms, "the requests' partition is taken again");
        self.stop.wait(back_off);
    }
}
