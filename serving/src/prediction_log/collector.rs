//! What waits for the tables, in order: in memory as long as they are written, in the spool while they are not.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError};
use std::time::{Duration, Instant};

use super::record::Record;
use super::spool::{Mark, Spool, SpoolError};
use crate::back_off::BackOff;
use crate::causes::with_causes;
use crate::metrics::PredictionLogMetrics;
use crate::tables::TablesError;

/// The most that one transaction writes.
const BATCH: usize = 4_000;
/// A batch that takes longer has its successors spooled, and itself too.
const SLOW: Duration = Duration::from_secs(1);
const FIRST_BACK_OFF: Duration = Duration::from_millis(100);
const LONGEST_BACK_OFF: Duration = Duration::from_secs(10);
/// How often it is said that records are lost.
const TELL_EVERY: Duration = Duration::from_secs(10);

/// The order of things; who calls it decides when.
pub(super) struct Collector {
    memory: Vec<Record>,
    /// The most that [`Collector::memory`] holds.
    limit: usize,
    spool: Option<Spool>,
    in_flight: Option<InFlight>,
    to_writer: SyncSender<Arc<Vec<Record>>>,
    from_writer: Receiver<Result<u64, TablesError>>,
    back_off: BackOff,
    retry_at: Option<Instant>,
    failing: bool,
    /// The writer gets nothing new for now.
    held: bool,
    lost: u64,
    told_lost: Option<Instant>,
    metrics: PredictionLogMetrics,
}

/// A batch that the writer has.
struct InFlight {
    batch: Arc<Vec<Record>>,
    since: Instant,
    /// Where it ends in the spool, if it comes from there.
    mark: Option<Mark>,
    /// It was put into the spool meanwhile.
    spooled: bool,
}

impl Collector {
    pub(super) fn new(
        limit: usize,
        spool: Option<Spool>,
        to_writer: SyncSender<Arc<Vec<Record>>>,
        from_writer: Receiver<Result<u64, TablesError>>,
        metrics: PredictionLogMetrics,
    ) -> Collector {
        let back_off = BackOff::new(FIRST_BACK_OFF, LONGEST_BACK_OFF);
        Collector {
            memory: Vec::new(),
            limit,
            spool,
            in_flight: None,
            to_writer,
            from_writer,
            back_off,
            retry_at: None,
            failing: false,
            held: false,
            lost: 0,
            told_lost: None,
            metrics,
        }
    }

    /// Whether there is room for more: with a spool always.
    pub(super) fn has_room(&self) -> bool {
        self.spool.is_some() || self.memory.len() < self.limit
    }

    pub(super) fn spool(&mut self) -> Option<&mut Spool> {
        self.spool.as_mut()
    }

    /// Everything that is here and not in the spool, to be looked through.
    pub(super) fn forget_in_memory(&mut self, is_wanted: impl Fn(&Record) -> bool) -> u64 {
        let before = self.memory.len();
        self.memory.retain(is_wanted);
        (before - self.memory.len()) as u64
    }

    /// Nothing waits any more.
    pub(super) fn is_done(&self) -> bool {
        self.memory.is_empty() && self.in_flight.is_none() && self.spool.as_ref().is_none_or(Spool::is_empty)
    }

    /// The writer has a batch of which nobody knows yet what becomes of it.
    pub(super) fn is_with_the_writer(&self) -> bool {
        self.in_flight.is_some()
    }

    /// While it is held the writer gets nothing new, so that it soon has nothing at all, however much waits.
    pub(super) fn hold(&mut self, held: bool) {
        self.held = held;
    }

    /// The tables do not take anything at the moment.
    pub(super) fn is_failing(&self) -> bool {
        self.failing
    }

    /// Takes `fresh` records, hears what the writer did, and gives it what comes next.
    pub(super) fn turn(&mut self, fresh: &mut Vec<Record>, now: Instant) {
        self.hear(now);
        self.take(fresh);
        self.make_way(now);
        self.send(now);
        self.metrics.waiting.set(i64::try_from(self.memory.len()).unwrap_or(i64::MAX));
        if let Some(spool) = &self.spool {
            self.metrics.spool_bytes.set(i64::try_from(spool.bytes()).unwrap_or(i64::MAX));
        }
        self.tell_lost(now);
    }

    fn hear(&mut self, now: Instant) {
        let told = match self.from_writer.try_recv() {
            Ok(told) => told,
            Err(TryRecvError::Empty | TryRecvError::Disconnected) => return,
        };
        let Some(InFlight { batch, mark, spooled, .. }) = self.in_flight.take() else { return };
        match told {
            Ok(written) => {
                self.metrics.written.inc_by(written);
                self.back_off.went_well();
                self.retry_at = None;
                if std::mem::take(&mut self.failing) {
                    tracing::info!("the prediction log is written again");
                }
                if let (Some(mark), Some(spool)) = (mark, &mut self.spool)
                    && let Err(error) = spool.written_to(mark)
                {
                    tracing::error!(
                        error = with_causes(&error),
                        "a part of the spool that is written stays on the disk"
                    );
                }
            }
            Err(error) => {
                self.metrics.failures.inc();
                let wait = self.back_off.failed();
                self.retry_at = now.checked_add(wait);
                if !std::mem::replace(&mut self.failing, true) {
                    let error = with_causes(&error);
                    let spool = self.spool.is_some();
                    tracing::error!(
                        error,
                        spool,
                        "the prediction log cannot be written; requests are answered all the same"
                    );
                }
                // What came from the spool is still there.
                if mark.is_none() && !spooled {
                    let batch = Arc::unwrap_or_clone(batch);
                    if self.spool.is_some() {
                        let later = std::mem::take(&mut self.memory);
                        self.put_into_spool(&batch);
                        self.put_into_spool(&later);
                    } else {
                        let later = std::mem::replace(&mut self.memory, batch);
                        self.memory.extend(later);
                    }
                }
            }
        }
    }

    fn take(&mut self, fresh: &mut Vec<Record>) {
        if fresh.is_empty() {
            return;
        }
        let spooling = self.spool.as_ref().is_some_and(|spool| !spool.is_empty());
        if spooling {
            self.put_into_spool(fresh);
        } else {
            let room = self.limit.saturating_sub(self.memory.len()).min(fresh.len());
            if self.spool.is_some() && room < fresh.len() {
                let memory = std::mem::take(&mut self.memory);
                self.put_into_spool(&memory);
                self.put_into_spool(fresh);
            } else {
                self.lost_some((fresh.len() - room) as u64);
                self.memory.extend(fresh.drain(..room));
            }
        }
        fresh.clear();
    }

    /// Tables that do not answer do not keep records in memory.
    fn make_way(&mut self, now: Instant) {
        if self.spool.is_none() {
            return;
        }
        let slow = |flight: &&mut InFlight| {
            flight.mark.is_none() && !flight.spooled && now.saturating_duration_since(flight.since) > SLOW
        };
        let Some(flight) = self.in_flight.as_mut().filter(slow) else { return };
        flight.spooled = true;
        let batch = Arc::clone(&flight.batch);
        let memory = std::mem::take(&mut self.memory);
        self.put_into_spool(&batch);
        self.put_into_spool(&memory);
    }

    fn send(&mut self, now: Instant) {
        if self.held || self.in_flight.is_some() || self.retry_at.is_some_and(|at| now < at) {
            return;
        }
        let (batch, mark) = match self.next(now) {
            Some(next) => next,
            None => return,
        };
        let batch = Arc::new(batch);
        if self.to_writer.try_send(Arc::clone(&batch)).is_ok() {
            self.in_flight = Some(InFlight { batch, since: now, mark, spooled: false });
        } else if mark.is_none() {
            // The writer has ended: what it did not get stays here.
            let later = std::mem::replace(&mut self.memory, Arc::unwrap_or_clone(batch));
            self.memory.extend(later);
        }
    }

    /// What is to be written next: the spool comes before memory.
    fn next(&mut self, now: Instant) -> Option<(Vec<Record>, Option<Mark>)> {
        if let Some(spool) = self.spool.as_mut().filter(|spool| !spool.is_empty()) {
            match spool.oldest(BATCH) {
                Ok((records, Some(mark))) if records.is_empty() => {
                    // Damage that was left out.
                    if let Err(error) = spool.written_to(mark) {
                        tracing::error!(error = with_causes(&error), "a damaged part of the spool stays on the disk");
                    }
                    return None;
                }
                Ok((records, mark)) => return Some((records, mark)),
                Err(error) => {
                    self.metrics.failures.inc();
                    self.retry_at = now.checked_add(self.back_off.failed());
                    if !std::mem::replace(&mut self.failing, true) {
                        tracing::error!(error = with_causes(&error), "the spool cannot be read");
                    }
                    return None;
                }
            }
        }
        if self.memory.is_empty() {
            return None;
        }
        let rest = self.memory.split_off(self.memory.len().min(BATCH));
        Some((std::mem::replace(&mut self.memory, rest), None))
    }

    fn put_into_spool(&mut self, records: &[Record]) {
        let Some(spool) = &mut self.spool else { return };
        let (written, problem) = spool.append(records);
        self.metrics.spooled.inc_by(written as u64);
        if let Some(problem) = problem {
            let lost = (records.len() - written) as u64;
            if !matches!(problem, SpoolError::Full { .. }) || self.lost == 0 {
                tracing::error!(
                    error = with_causes(&problem),
                    lost,
                    "predictions are not logged: the spool takes no more"
                );
            }
            self.lost_some(lost);
        }
    }

    pub(super) fn lost_some(&mut self, lost: u64) {
        self.lost += lost;
        self.metrics.dropped.inc_by(lost);
    }

    /// Loudly, and not for each.
    fn tell_lost(&mut self, now: Instant) {
        let due = self.told_lost.is_none_or(|at| now.saturating_duration_since(at) >= TELL_EVERY);
        if self.lost > 0 && due {
            tracing::error!(lost = self.lost, "predictions were answered and not logged: there was no room for them");
            (self.lost, self.told_lost) = (0, Some(now));
        }
    }

    /// At the end: what is in memory goes into the spool, or is lost. How many are.
    pub(super) fn put_away(&mut self) -> u64 {
        let mut left = Vec::new();
        if let Some(flight) = self.in_flight.take().filter(|flight| flight.mark.is_none() && !flight.spooled) {
            left = Arc::unwrap_or_clone(flight.batch);
        }
        left.append(&mut self.memory);
        if self.spool.is_none() {
            self.lost_some(left.len() as u64);
            return left.len() as u64;
        }
        self.put_into_spool(&left);
        0
    }
}
