//! The tray on which workers leave what they have served.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use features::host::ViewRow;
use features::plan::View;
use features::value::Micros;
use smol_str::SmolStr;

use super::share::Share;
use crate::metrics::SkewStreamMetrics;

/// The most rows that wait or are being checked.
const TRAY_ROWS: usize = 20_000;
/// The most stretches that wait: neighbours become one, so that there are rarely many.
const TRAY_STRETCHES: usize = 4_096;

/// What workers have served and nobody has checked yet: bounded. What does not fit is shed and counted; whoever hands
/// something over waits for nothing but a pointer to be moved.
#[derive(Debug)]
pub struct Tray {
    pub share: Share,
    pub metrics: SkewStreamMetrics,
    inner: Mutex<Inner>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Inner {
    served: Vec<Served>,
    /// On the tray.
    rows: usize,
    /// Taken from it and not yet checked.
    taken: usize,
    stopped: bool,
}

/// A stretch of a partition that a worker has committed, with the rows of the keys that are followed: an event of such a
/// key without a row here was not served.
#[derive(Debug, Clone)]
pub struct Served {
    pub partition: u32,
    /// Of the events' places, as [`features::schema::Stream::sequence`] numbers them.
    pub span: Range<u64>,
    /// In the order of [`ServedRow::views`]. Their states must have been folded from the log alone.
    pub views: Vec<Arc<View>>,
    /// In the order of the log.
    pub rows: Vec<ServedRow>,
}

/// What one event gave.
#[derive(Debug, Clone)]
pub struct ServedRow {
    pub sequence: u64,
    pub appended_at: Micros,
    /// Its message key.
    pub key: Vec<u8>,
    pub views: Vec<Option<ViewRow>>,
}

impl Tray {
    pub fn new(share: Share, metrics: SkewStreamMetrics) -> Tray {
        Tray { share, metrics, inner: Mutex::default(), changed: Condvar::new() }
    }

    /// Leaves a stretch here, or sheds it.
    pub fn put(&self, served: Served) {
        let rows = served.rows.len();
        let mut inner = self.lock();
        if inner.rows + inner.taken + rows > TRAY_ROWS || !inner.add(served) {
            drop(inner);
            self.metrics.shed.inc_by(rows as u64);
            return;
        }
        inner.rows += rows;
        self.metrics.waiting.set(gauge(inner.rows + inner.taken));
        let half_full = inner.rows >= TRAY_ROWS / 2;
        drop(inner);
        if half_full {
            self.changed.notify_all();
        }
    }

    /// Takes everything. It counts as waiting until [`Tray::checked`].
    pub fn take(&self) -> Vec<Served> {
        let mut inner = self.lock();
        inner.taken += std::mem::take(&mut inner.rows);
        std::mem::take(&mut inner.served)
    }

    /// What was taken is done with.
    pub fn checked(&self) {
        let mut inner = self.lock();
        inner.taken = 0;
        self.metrics.waiting.set(gauge(inner.rows));
    }

    /// What was taken is never checked, if there is any: a pass failed over it.
    pub fn give_up(&self) {
        let mut inner = self.lock();
        self.metrics.unchecked_failed.inc_by(std::mem::take(&mut inner.taken) as u64);
        self.metrics.waiting.set(gauge(inner.rows));
    }

    /// Waits until the tray is half full, `timeout` is over, or [`Tray::stop`]; says whether it was stopped.
    pub fn wait(&self, timeout: Duration) -> bool {
        let quiet = |inner: &mut Inner| !inner.stopped && inner.rows < TRAY_ROWS / 2;
        let waiting = self.changed.wait_timeout_while(self.lock(), timeout, quiet);
        waiting.unwrap_or_else(PoisonError::into_inner).0.stopped
    }

    /// Waits for `timeout` or until [`Tray::stop`], however much there is; says whether it was stopped.
    pub fn rest(&self, timeout: Duration) -> bool {
        let waiting = self.changed.wait_timeout_while(self.lock(), timeout, |inner| !inner.stopped);
        waiting.unwrap_or_else(PoisonError::into_inner).0.stopped
    }

    /// Nobody will put anything here any more.
    pub fn stop(&self) {
        self.lock().stopped = true;
        self.changed.notify_all();
    }

    pub fn is_stopped(&self) -> bool {
        self.lock().stopped
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Nothing that is done under this lock can stop halfway.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// False if there is no room.
    fn add(&mut self, served: Served) -> bool {
        let neighbour = self.served.iter_mut().rev().find(|other| other.partition == served.partition);
        if let Some(neighbour) = neighbour
            && neighbour.span.end == served.span.start
            && same_views(&neighbour.views, &served.views)
        {
            neighbour.span.end = served.span.end;
            neighbour.rows.extend(served.rows);
            return true;
        }
        if self.served.len() >= TRAY_STRETCHES {
            return false;
        }
        self.served.push(served);
        true
    }
}

fn same_views(a: &[Arc<View>], b: &[Arc<View>]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.hash == b.hash)
}

fn gauge(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}

/// The trays of the streams that are checked.
#[derive(Debug, Clone, Default)]
pub struct Trays(Arc<HashMap<SmolStr, Arc<Tray>>>);

impl Trays {
    pub fn of(&self, stream: &str) -> Option<Arc<Tray>> {
        self.0.get(stream).cloned()
    }
}

impl FromIterator<(SmolStr, Arc<Tray>)> for Trays {
    fn from_iter<T: IntoIterator<Item = (SmolStr, Arc<Tray>)>>(trays: T) -> Trays {
        Trays(Arc::new(trays.into_iter().collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Metrics;

    fn tray() -> Tray {
        Tray::new(Share::new("plays", 1.0), Metrics::new().skew.stream("plays"))
    }

    fn served(partition: u32, span: Range<u64>, rows: usize) -> Served {
        let row = |n: usize| ServedRow {
            sequence: span.start + n as u64,
            appended_at: 0,
            key: b"g".to_vec(),
            views: Vec::new(),
        };
        Served { partition, views: Vec::new(), rows: (0..rows).map(row).collect(), span: span.clone() }
    }

    #[test]
    fn stretches_that_follow_each_other_become_one() {
        let tray = tray();
        for next in [served(0, 0..10, 2), served(1, 5..6, 0), served(0, 10..12, 1), served(0, 20..22, 1)] {
            tray.put(next);
        }
        let taken = tray.take();
        let seen: Vec<_> = taken.iter().map(|s| (s.partition, s.span.clone(), s.rows.len())).collect();
        assert_eq!(seen, [(0, 0..12, 3), (1, 5..6, 0), (0, 20..22, 1)]);
    }

    #[test]
    fn what_does_not_fit_is_shed_until_what_was_taken_is_checked() {
        let tray = tray();
        tray.put(served(0, 0..20_000, TRAY_ROWS));
        tray.put(served(0, 20_000..20_001, 1));
        assert_eq!(tray.metrics.shed.get(), 1);
        assert_eq!(tray.take().len(), 1);
        tray.put(served(0, 20_001..20_003, 2));
        assert_eq!(tray.metrics.shed.get(), 3);
        tray.checked();
        tray.put(served(0, 20_003..20_004, 1));
        assert_eq!((tray.metrics.shed.get(), tray.metrics.waiting.get()), (3, 1));
    }

    #[test]
    fn a_tray_that_is_half_full_or_stopped_is_not_waited_for() {
        let forever = Duration::from_secs(3_600);
        let tray = tray();
        tray.put(served(0, 0..10_000, TRAY_ROWS / 2));
        assert!(!tray.wait(forever));
        tray.stop();
        assert!(tray.rest(forever) && tray.wait(forever));
    }
}
