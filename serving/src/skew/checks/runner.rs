//! A check on its thread.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use features::batch::OneThread;

use super::Progress;
use crate::back_off::BackOff;
use crate::causes::with_causes;
use crate::skew::checker::{Checker, Pass};
use crate::skew::tray::Tray;

/// The first wait after a failure, and the longest.
const FIRST_BACK_OFF: Duration = Duration::from_millis(200);
const LONGEST_BACK_OFF: Duration = Duration::from_secs(30);

pub(super) struct Runner {
    pub(super) checker: Checker,
    pub(super) tray: Arc<Tray>,
    pub(super) every: Duration,
    pub(super) progress: Arc<Progress>,
}

impl Runner {
    /// One pass after the other, and a last one when it is stopped.
    pub(super) fn run(mut self) {
        // The workers have the other cores.
        let alone = OneThread::new();
        if let Err(error) = &alone {
            tracing::warn!(error = with_causes(error), "the skew check uses all cores");
        }
        let mut back_off = BackOff::new(FIRST_BACK_OFF, LONGEST_BACK_OFF);
        // The first pass is made at once: it learns where the events of the log stand.
        let mut stopped = false;
        loop {
            let checker = &mut self.checker;
            // What a pass had taken is lost with its panic; the index is as it was before an event, or after it.
            let passed = catch_unwind(AssertUnwindSafe(|| match &alone {
                Ok(alone) => alone.run(|| checker.pass()),
                Err(_) => checker.pass(),
            }));
            let error = match passed {
                Ok(Ok(Pass::Done | Pass::Interrupted)) => None,
                Ok(Err(error)) => Some(with_causes(&error)),
                Err(_) => Some("it panicked: see the log".to_owned()),
            };
            if stopped {
                return;
            }
            stopped = match error {
                None => {
                    back_off.went_well();
                    self.progress.set(None);
                    self.tray.wait(self.every)
                }
                Some(error) => {
                    let wait = back_off.failed();
                    self.failed(error, wait);
                    self.tray.rest(wait)
                }
            };
        }
    }

    fn failed(&self, error: String, wait: Duration) {
        let wait_ms = wait.as_millis() as u64;
        tracing::warn!(error, wait_ms, "a pass of the skew check failed and is made again");
        self.tray.metrics.failures.inc();
        self.progress.set(Some(error));
    }
}
