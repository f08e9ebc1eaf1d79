//! A worker as a state machine. [`Worker::step`] does one thing at a time, in the order that makes every event count
//! exactly once whatever dies in between:
//!
//! 1. open the log's consumer, which fences the predecessor;
//! 2. put a new claim into the record of each slot: one for each version of a view that is kept, a [`Lane`];
//! 3. read up to where the log has committed, O; the records say up to where each lane has folded, L;
//! 4. fold what lies between in every lane that serves, publishing nothing;
//! 5. then, batch by batch: fold, predict, commit outputs with the offset; states follow, in the same write or in
//!    flushes of their own.
//!
//! A lane that nothing serves from yet is folded from its own L in small portions between the batches ([`course()`]). Once
//! it is level it folds each batch like the others, and only then may a version that needs it be made champion. Lanes of
//! versions that nobody keeps any more are removed when there is nothing else to do.
//!
//! Any error is a crash: the lanes go, and the worker begins again at 1.

mod lanes;
mod publish;

use std::sync::Arc;
use std::time::Duration;

use features::online::{Claim, Hold, Slot};
use features::value::Micros;
pub(super) use publish::LaneRows;

use super::backend::Backend;
use super::breaker::Breaker;
use super::champions::Champions;
use super::course::{self, Course, course};
use super::decode::Decoder;
use super::error::WorkerError;
use super::lane::Lane;
use super::plan::StreamPlan;
use super::step::{Settings, Step};
use crate::clock::Clock;
use crate::log::{RecordRef, StoredBatch};
use crate::skew::Tray;

/// The least that a lane which is behind is folded between two batches: a millisecond or so.
const LEAST_PORTION: usize = 256;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    Claim,
    ReadCommitted,
    CatchUp,
    Run,
}

/// Works one partition.
#[derive(Debug)]
pub struct Worker {
    backend: Backend,
    plan: Arc<StreamPlan>,
    clock: Arc<dyn Clock>,
    settings: Settings,
    claims: fn() -> Claim,
    decoder: Decoder,
    state: State,
    /// Where the partition stands: the first offset that is not committed.
    next: u64,
    /// No event lies between `next` and here: offsets that the log leaves out, or events that are read already.
    read_to: u64,
    lanes: Vec<Lane>,
    /// When states were last flushed in a write of their own.
    flushed_at: Micros,
    /// As of which change the lanes are those of the versions that are kept, and whether what serves was settled.
    seen: (u64, bool),
    champions: Champions,
    /// Events that a lane which is behind may fold before the next batch.
    owed: usize,
    /// Slots of versions that nobody keeps, and whether they have been looked for.
    unkept: Vec<(Slot, Option<Hold>)>,
    swept: bool,
    /// Batches of the log that were read and are not yet processed to their end.
    read: Vec<StoredBatch>,
    /// Kept when the partition is taken again: what stopped it stops it still.
    breaker: Breaker,
    /// Where what was served is left for the stream's skew check.
    tray: Option<Arc<Tray>>,
}

impl Worker {
    /// `claims` gives a new random claim each time.
    pub fn new(
        backend: Backend,
        plan: Arc<StreamPlan>,
        clock: Arc<dyn Clock>,
        settings: Settings,
        claims: fn() -> Claim,
    ) -> Worker {
        Worker {
            decoder: Decoder::new(&plan.stream, backend.partition()),
            champions: Champions::now(&plan),
            breaker: Breaker::new(plan.reject_limit),
            backend,
            plan,
            clock,
            settings,
            claims,
            state: State::Open,
            next: 0,
            read_to: 0,
            lanes: Vec::new(),
            flushed_at: 0,
            seen: (0, false),
            owed: 0,
            unkept: Vec::new(),
            swept: false,
            read: Vec::new(),
            tray: None,
        }
    }

    /// What is served is handed over to a skew check.
    pub fn checked_by(self, tray: Option<Arc<Tray>>) -> Worker {
        Worker { tray, ..self }
    }

    /// Does one thing. After an error the next step begins to take the partition again.
    pub fn step(&mut self) -> Result<Step, WorkerError> {
        let step = self.advance();
        if step.is_err() {
            self.retake();
        }
        step
    }

    /// Forgets everything, as a crash would; the next step begins to take the partition again.
    pub fn retake(&mut self) {
        self.lanes.clear();
        self.unkept.clear();
        self.swept = false;
        self.owed = 0;
        self.read.clear();
        self.state = State::Open;
    }

    /// Before it goes for good: writes what waits for a flush, so that the next owner has nothing to fold again.
    pub fn leave(&mut self) -> Result<(), WorkerError> {
        let due = |lane: &Lane| lane.live && lane.flush_due();
        if self.state == State::Run && !self.backend.commits_states() && self.lanes.iter().any(due) {
            self.flush()?;
        }
        Ok(())
    }

    /// Whether batches are being processed: everything committed before is folded in every lane that serves.
    pub fn is_ready(&self) -> bool {
        self.state == State::Run
    }

    /// The next offset to publish for.
    pub fn next_offset(&self) -> u64 {
        self.next
    }

    /// Waits for events, at most for `timeout`.
    pub fn wait(&self, timeout: Duration) -> Result<bool, WorkerError> {
        self.backend.wait(self.reached(), timeout)
    }

    /// How far the log has been read: with nothing to do, everything before it is worked off.
    pub fn reached(&self) -> u64 {
        self.read_to.max(self.next)
    }

    /// How far the log reaches beyond what is committed. Offsets that the log leaves out count as events until they are
    /// seen to be none.
    pub fn lag(&self) -> Result<u64, WorkerError> {
        let end = self.backend.end()?;
        let idle = self.read.is_empty() && end <= self.reached();
        Ok(if idle { 0 } else { end.saturating_sub(self.next) })
    }

    pub fn cached_keys(&self) -> usize {
        self.lanes.iter().map(Lane::cached_keys).max().unwrap_or_default()
    }

    /// Integer overflows turned into NULL so far.
    pub fn overflows(&self) -> u64 {
        self.lanes.iter().map(Lane::overflows).sum()
    }

    fn advance(&mut self) -> Result<Step, WorkerError> {
        match self.state {
            State::Open => {
                self.backend.open()?;
                self.state = State::Claim;
            }
            State::Claim => {
                self.champions = Champions::now(&self.plan);
                self.take_lanes()?;
                self.state = State::ReadCommitted;
            }
            State::ReadCommitted => {
                self.next = self.backend.committed()?;
                self.read_to = self.next;
                for place in 0..self.lanes.len() {
                    self.join(place)?;
                }
                self.state = State::CatchUp;
            }
            State::CatchUp => return self.catch_up(),
            State::Run => return self.run(),
        }
        Ok(Step::Taking)
    }

    /// Whether states have waited for a flush as long as they may: under steady load there is always something else to do.
    fn flush_is_late(&self) -> bool {
        // A clock that was set back makes it late too.
        let since = self.clock.now().saturating_sub(self.flushed_at);
        !(0..self.settings.flush_every).contains(&since) && self.lanes.iter().any(|lane| lane.live && lane.flush_due())
    }

    /// Step 4. With nothing between L and O this is where the partition becomes ready.
    fn catch_up(&mut self) -> Result<Step, WorkerError> {
        match course(&self.standings(), 0) {
            Course::CatchUp(lane) => {
                self.fold_behind(lane, self.settings.batch.records, self.backend.commits_states())?;
                Ok(Step::CatchingUp)
            }
            Course::Bootstrap { .. } | Course::Publish => {
                self.state = State::Run;
                Ok(Step::Ready)
            }
        }
    }

    /// Step 5.
    fn run(&mut self) -> Result<Step, WorkerError> {
        self.champions.refresh(&self.plan);
        if self.seen != (self.plan.views.changes(), self.plan.is_settled()) {
            self.take_lanes()?;
            for place in 0..self.lanes.len() {
                self.join(place)?;
            }
        }
        match course(&self.standings(), self.owed) {
            Course::CatchUp(_) => {
                self.state = State::CatchUp;
                return Ok(Step::CatchingUp);
            }
            Course::Bootstrap { lane, events } => return self.bootstrap(lane, events),
            Course::Publish => {}
        }
        let full = |lane: &Lane| lane.live && lane.unflushed() >= self.settings.flush_keys.max(1);
        if self.lanes.iter().any(full) || self.flush_is_late() {
            self.flush()?;
            return Ok(Step::Flushed);
        }
        if let Some(committed) = self.publish_next()? {
            self.owed = course::owed(committed.events, LEAST_PORTION);
            return Ok(Step::Committed(committed));
        }
        if self.lanes.iter().any(|lane| lane.live && lane.flush_due()) {
            self.flush()?;
            return Ok(Step::Flushed);
        }
        if let Course::Bootstrap { lane, events } = course(&self.standings(), self.settings.batch.records.max(1)) {
            return self.bootstrap(lane, events);
        }
        self.remove_unkept()
    }
}

/// The records of `batches` from `from` to before `end`, at most so many.
fn records(batches: &[StoredBatch], from: u64, end: u64) -> impl Iterator<Item = RecordRef<'_>> {
    batches.iter().flat_map(move |batch| batch.records_from(from)).take_while(move |record| record.offset < end)
}
